"""Downloads as lines: which are shown, and what can be done with each; and what the hub offers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hearth.errors import InvalidRequest, SourceError
from hearth.jobs import JobRecord, JobState
from hearth.models.hub import HubFile, HubRepo, SearchHit
from hearth.web.components.downloads import Download, downloads_of, draw_downloads
from hearth.web.components.hub_results import draw_hit, offers_of

NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)
TARGET = "hf:owner/repo:sub/model-Q4_K_M.gguf"
EVIL = '"><script>alert(1)</script>'


def job(state: JobState, *, target: str = TARGET, ago: timedelta = timedelta(0), **changes):
    fields = {
        "id": f"{state}-{target}",
        "kind": "pull",
        "target": target,
        "arguments": {"reference": target},
        "state": state,
        "created_at": NOW - ago,
        "updated_at": NOW - ago,
        "finished_at": NOW - ago if state.ended else None,
    }
    return JobRecord(**(fields | changes))


def shown(*jobs: JobRecord, dismissed: frozenset[str] = frozenset()) -> list[Download]:
    return downloads_of(jobs, NOW, dismissed)


def test_a_running_one_tells_rate_and_remaining_time() -> None:
    running = job(
        JobState.RUNNING, done=10**9, total=4 * 10**9, rate_per_s=1e8, doing="sub/model-Q4_K_M.gguf"
    )
    (one,) = shown(running)
    assert one.title == "model-Q4_K_M.gguf"
    assert one.doing == ""  # the title says it
    assert one.progress.words == ["1.0 GB of 4.0 GB", "100 MB/s", "30 s left"]
    html = draw_downloads([one])
    assert 'aria-valuenow="25"' in html
    assert 'data-do="stop-pull"' in html


def test_one_that_is_done_leads_to_its_model() -> None:
    (one,) = shown(job(JobState.DONE, result={"name": "owner/repo/model"}, total=5))
    assert one.path == "/models/owner/repo/model"
    html = draw_downloads([one])
    assert "Here, and verified" in html
    assert "progress-bar" not in html


@pytest.mark.parametrize("state", [JobState.CANCELLED, JobState.INTERRUPTED, JobState.FAILED])
def test_what_ended_early_can_be_gone_on_with(state: JobState) -> None:
    error = SourceError("The hub failed.", hint="Try again.").as_data()
    (one,) = shown(job(state, error=error))
    html = draw_downloads([one])
    assert 'data-do="resume-pull"' in html
    assert ("The hub failed. Try again." in html) is (state is JobState.FAILED)


def test_a_very_large_one_waits_for_a_word() -> None:
    error = InvalidRequest("It is 80 GB to fetch.", param="allow_large").as_data()
    (one,) = shown(job(JobState.FAILED, error=error))
    html = draw_downloads([one])
    assert "Download it all the same" in html
    assert 'data-do="resume-pull"' not in html


def test_old_dismissed_and_earlier_ones_are_out_of_sight() -> None:
    assert shown(job(JobState.DONE, ago=timedelta(hours=1))) == []
    assert shown(job(JobState.FAILED, ago=timedelta(days=2))) == []
    failed = job(JobState.FAILED)
    assert shown(failed, dismissed=frozenset({failed.id})) == []
    (newest,) = shown(job(JobState.RUNNING), job(JobState.FAILED, ago=timedelta(minutes=1)))
    assert newest.state is JobState.RUNNING
    assert shown(job(JobState.RUNNING, kind="bench")) == []
    assert draw_downloads([]) == ""


# --- what the hub offers ----------------------------------------------------------------------


def repo(*names: str, revision: str = "main") -> HubRepo:
    files = tuple(
        HubFile(name=name, size_bytes=1000 + i, sha256=f"{i:064x}", git_id=None)
        for i, name in enumerate(names)
    )
    return HubRepo(repo="o/r", revision=revision, commit="c" * 40, files=files, gated=False)


def test_each_quantization_is_an_offer_and_parts_are_one() -> None:
    offers = offers_of(
        repo(
            "m-Q8_0.gguf",
            "m-Q4_K_M.gguf",
            "big-F16-00001-of-00002.gguf",
            "big-F16-00002-of-00002.gguf",
            "lost-Q2_K-00001-of-00002.gguf",
            "README.md",
        )
    )
    assert [(one.word, one.num_files, one.best) for one in offers] == [
        ("Q8_0", 1, False),
        ("Q4_K_M", 1, True),
        ("F16", 2, False),
    ]
    assert offers[1].reference == "hf:o/r:m-Q4_K_M.gguf"
    assert offers[2].sha256 is None


def test_a_repository_of_safetensors_is_one_offer() -> None:
    (offer,) = offers_of(repo("model.safetensors", "config.json", revision="v1"))
    assert (offer.word, offer.reference, offer.num_files) == ("safetensors", "hf:o/r@v1", 2)


def hit(**changes: object) -> SearchHit:
    fields: dict[str, object] = {
        "repo": "o/r",
        "reference": "hf:o/r",
        "downloads": 12_345,
        "likes": 1,
        "updated_at": None,
        "gated": False,
        "task": None,
        "license": "mit",
        "formats": ("gguf",),
        "num_parameters": 596_000_000,
        "architecture": "qwen3",
        "context_length": 40_960,
    }
    return SearchHit(**(fields | changes))


def draw(one: SearchHit, **changes: object) -> str:
    given = {
        "opened": False,
        "offers": None,
        "error": None,
        "pulling": frozenset(),
        "here": {},
        "free_bytes": None,
    }
    return draw_hit(one, **(given | changes))


def test_a_hit_tells_its_facts() -> None:
    html = draw(hit())
    assert "596 million parameters · qwen3 · context 40,960 · mit" in html
    assert "12.3k downloads" in html
    assert "<script>" not in draw(hit(repo=f"o/{EVIL}", license=EVIL, gated=True))


def test_an_offer_says_when_it_is_here_on_its_way_or_too_large() -> None:
    offers = offers_of(repo("a-Q2_K.gguf", "b-Q4_K_M.gguf", "c-Q8_0.gguf"))
    html = draw(
        hit(),
        opened=True,
        offers=offers,
        pulling=frozenset({"hf:o/r:b-Q4_K_M.gguf"}),
        here={f"{0:064x}": "my/model"},
        free_bytes=1001,
    )
    assert 'href="/models/my/model"' in html
    assert "downloading" in html
    assert html.count('data-do="pull"') == 1
    assert "larger than the 1 kB of memory that are free" in html
