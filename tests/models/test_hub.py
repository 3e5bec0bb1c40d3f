"""Asking the hub through its own client: what it has, who may see it, what makes no sense."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hearth.errors import AccessDenied, InvalidRequest, ModelNotFound, Offline, SourceError
from hearth.models.hub import Hub, HubSettings, SearchFilter, hub_settings
from hearth.models.hub.client import REQUEST_TIMEOUT_S
from support.hub_server import HubServer, hub_server

REPO = "me/tiny-GGUF"
TOKEN = "hf_a-token-that-nobody-may-see"


@pytest.fixture
def server() -> Iterator[HubServer]:
    with hub_server() as server:
        yield server


def hub_of(server: HubServer, tmp_path: Path, **settings: object) -> Hub:
    return Hub(HubSettings(endpoint=server.url, cache_dir=tmp_path, **settings))  # type: ignore[arg-type]


def test_settings_are_those_that_all_programs_of_the_hub_share(tmp_path: Path) -> None:
    environment = {
        "HF_ENDPOINT": "https://hub.example.org/",
        "HF_TOKEN": f" {TOKEN}\n",
        "HF_HUB_OFFLINE": "1",
        "HF_HOME": str(tmp_path),
    }
    settings = hub_settings(environment)
    assert settings.endpoint == "https://hub.example.org"
    assert settings.token == TOKEN
    assert settings.offline
    assert settings.cache_dir == tmp_path / "hub"
    assert TOKEN not in repr(settings)
    other = hub_settings(
        {**environment, "HF_HUB_CACHE": str(tmp_path / "x"), "HF_HUB_OFFLINE": "0"}
    )
    assert other.cache_dir == tmp_path / "x"
    assert not other.offline


def test_a_saved_login_is_used(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN)
    assert hub_settings({"HF_HOME": str(tmp_path)}).token == TOKEN
    assert hub_settings({"HF_HOME": str(tmp_path / "none")}).token is None


def test_files_come_with_what_they_must_hash_to(server: HubServer, tmp_path: Path) -> None:
    commit = server.add(REPO, {"a.gguf": b"x" * 5000, "README.md": b"small"})
    repo = hub_of(server, tmp_path).repo(REPO)
    assert repo.commit == commit
    large, small = sorted(repo.files, key=lambda file: -file.size_bytes)
    assert (large.size_bytes, large.git_id) == (5000, None)
    assert len(large.sha256 or "") == 64
    assert small.sha256 is None
    assert len(small.git_id or "") == 40


def test_search_passes_the_filters_on_and_says_what_is_known(
    server: HubServer, tmp_path: Path
) -> None:
    facts = {"gguf": {"total": 135_000_000, "architecture": "llama", "context_length": 2048}}
    server.add(REPO, {}, tags=["gguf", "license:mit"], facts=facts)
    server.add("me/tiny-other", {}, tags=["safetensors"])
    hub = hub_of(server, tmp_path)
    wanted = SearchFilter(
        words="tiny",
        author="me",
        format="gguf",
        license="mit",
        task="text-generation",
        min_parameters="100M",
        max_parameters="1B",
        gated=False,
        sort="downloads",
        limit=5,
    )
    (hit,) = hub.search(wanted)
    assert hit.reference == f"hf:{REPO}"
    assert (hit.license, hit.formats) == ("mit", ("gguf",))
    assert (hit.num_parameters, hit.architecture) == (135_000_000, "llama")
    assert hit.context_length == 2048
    query = server.asked[-1][1]
    for part in ("sort=downloads", "num_parameters=min%3A100M%2Cmax%3A1B", "gated=false"):
        assert part in query.replace("False", "false")
    assert len(hub.search(SearchFilter(words="tiny"))) == 2
    assert hub.search(SearchFilter(words="nothing like it")) == []
    assert server.sent_bytes() == 0


@pytest.mark.parametrize("limit", [0, -1, 201])
def test_a_limit_out_of_range_is_refused(server: HubServer, tmp_path: Path, limit: int) -> None:
    with pytest.raises(InvalidRequest):
        hub_of(server, tmp_path).search(SearchFilter(limit=limit))


def test_who_may_not_see_a_model_is_told_how_to_log_in(server: HubServer, tmp_path: Path) -> None:
    """D11: gated, private, gone; the token appears nowhere."""
    server.add(REPO, {"a.gguf": b"x"}, token=TOKEN, gated=True)
    with pytest.raises(AccessDenied) as raised:
        hub_of(server, tmp_path).repo(REPO)
    assert "hf auth login" in (raised.value.hint or "")
    wrong = "hf_another-token"
    with pytest.raises(AccessDenied) as raised:
        hub_of(server, tmp_path, token=wrong).repo(REPO)
    assert wrong not in raised.value.message + (raised.value.hint or "")
    assert hub_of(server, tmp_path, token=TOKEN).repo(REPO).gated
    server.repos[REPO].gated = False
    with pytest.raises(ModelNotFound, match="only to its members"):
        hub_of(server, tmp_path).repo(REPO)


def test_a_missing_revision_is_named(server: HubServer, tmp_path: Path) -> None:
    server.add(REPO, {"a.gguf": b"x"})
    with pytest.raises(ModelNotFound, match="no revision 'v9'"):
        hub_of(server, tmp_path).repo(REPO, "v9")
    with pytest.raises(ModelNotFound, match="no model"):
        hub_of(server, tmp_path).repo("me/other")


@pytest.mark.parametrize("name", ["a/b/c", "../x", "a--b/c", "", "a b/c", "x" * 200])
def test_names_that_no_repository_has_are_refused(
    server: HubServer, tmp_path: Path, name: str
) -> None:
    with pytest.raises((InvalidRequest, ModelNotFound)):
        hub_of(server, tmp_path).repo(name)


def test_offline_means_that_nothing_is_asked(server: HubServer, tmp_path: Path) -> None:
    server.add(REPO, {"a.gguf": b"x"})
    hub = hub_of(server, tmp_path, offline=True)
    with pytest.raises(Offline, match="HF_HUB_OFFLINE"):
        hub.repo(REPO)
    with pytest.raises(Offline):
        hub.search(SearchFilter())
    assert server.asked == []


def test_a_hub_that_does_not_answer_is_named(tmp_path: Path) -> None:
    with hub_server() as server:
        url = server.url
    with pytest.raises(Offline, match="does not answer"):
        Hub(HubSettings(endpoint=url, cache_dir=tmp_path)).repo(REPO)
    assert REQUEST_TIMEOUT_S < 60


@pytest.mark.parametrize("status", [429, 500, 503, 418])
def test_a_hub_that_fails_is_named(server: HubServer, tmp_path: Path, status: int) -> None:
    server.fail(path="/api/", times=None, status=status)
    with pytest.raises(SourceError):
        hub_of(server, tmp_path).repo(REPO)


NONSENSE = {
    "no commit": {"sha": None},
    "a commit that is a path": {"sha": "../" * 13 + "x"},
    "no size": {"siblings": [{"rfilename": "a", "blobId": "0" * 40}]},
    "a negative size": {"siblings": [{"rfilename": "a", "size": -1, "blobId": "0" * 40}]},
    "a digest that is a path": {
        "siblings": [
            {
                "rfilename": "a",
                "size": 1,
                "lfs": {"sha256": "../" * 21 + "x", "size": 1, "pointerSize": 1},
            }
        ]
    },
    "a git id that is a path": {"siblings": [{"rfilename": "a", "size": 1, "blobId": "../x"}]},
    "half an entry": {"siblings": [{"size": 1}]},
}


@pytest.mark.parametrize("answer", NONSENSE.values(), ids=NONSENSE)
def test_answers_that_make_no_sense_are_refused(
    server: HubServer, tmp_path: Path, answer: dict[str, object]
) -> None:
    """R-01: a digest becomes a path, so nothing but 64 or 40 hexadecimal digits is one."""
    server.add(REPO, {"a.gguf": b"x"}, facts=answer)
    with pytest.raises(SourceError):
        hub_of(server, tmp_path).repo(REPO)


def test_a_redirect_to_elsewhere_is_not_followed(server: HubServer, tmp_path: Path) -> None:
    server.fail(path="/api/", times=None, redirect_to="http://10.0.0.1/api/models/x")
    with pytest.raises(SourceError, match="Nothing is fetched"):
        hub_of(server, tmp_path).repo(REPO)
