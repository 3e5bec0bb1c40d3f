"""What a person types, and which target it is; keys, and where they go."""

from __future__ import annotations

import pytest

from hearth.errors import HearthError, InvalidRequest, ModelNotFound, NotAllowed
from hearth.measure.speed.targets import ApiKeys, api_keys, is_address, open_target
from hearth.measure.speed.targets.address import parse_address
from support.live import make_config


@pytest.mark.parametrize(
    ("text", "dialect", "url", "model"),
    [
        ("http://127.0.0.1:8080#m", "openai", "http://127.0.0.1:8080/v1/chat/completions", "m"),
        ("https://h/v1#a/b:c", "openai", "https://h/v1/chat/completions", "a/b:c"),
        ("https://h/v1/#m", "openai", "https://h/v1/chat/completions", "m"),
        ("http://localhost:11434#m:1b", "ollama", "http://localhost:11434/api/chat", "m:1b"),
        ("ollama+http://h/api#m", "ollama", "http://h/api/chat", "m"),
        ("openai+http://h:11434#m", "openai", "http://h:11434/v1/chat/completions", "m"),
        ("https://api.anthropic.com#m", "anthropic", "https://api.anthropic.com/v1/messages", "m"),
        ("anthropic+http://[::1]:9/v1#m", "anthropic", "http://[::1]:9/v1/messages", "m"),
    ],
)
def test_an_address_names_dialect_server_and_model(text, dialect, url, model) -> None:
    found = parse_address(text)
    assert is_address(text)
    assert (found.dialect.name, found.dialect.url(found.base), found.model) == (dialect, url, model)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("http://h", "names no model"),
        ("http://#m", "with a host"),
        ("ftp://h#m", "http or https"),
        ("http://h/v1?key=1#m", "without a query"),
        ("http://h:99999#m", "no address"),
        ("http://me:secret@h#m", "must not have a name or a password"),
        ("gemini+http://h#m", "no dialect"),
    ],
)
def test_what_is_no_address_is_refused_without_repeating_secrets(text: str, said: str) -> None:
    with pytest.raises(InvalidRequest, match=said) as refused:
        parse_address(text)
    assert "secret" not in refused.value.message


def test_whoever_comes_over_the_network_names_neither_servers_nor_paths(own_home) -> None:
    config = make_config(own_home)
    for text, error in (("http://h#m", NotAllowed), ("/etc/passwd", ModelNotFound)):
        with pytest.raises(error):
            open_target(config, text, ApiKeys(), is_trusted=False)


def test_a_key_goes_to_its_own_host_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONE_KEY", "1")
    monkeypatch.setenv("OTHER_KEY", "2")
    keys = api_keys(["Api.one.com=ONE_KEY", "api.other.com=OTHER_KEY"], num_servers=2)
    assert (keys.of("api.one.com"), keys.of("api.other.com"), keys.of("h")) == ("1", "2", None)
    assert api_keys(["ONE_KEY"], num_servers=1).of("any.host") == "1"
    assert "1" not in repr(keys.by_host)


@pytest.mark.parametrize(
    ("spec", "num_servers", "said"),
    [
        ("ONE_KEY", 2, "which of 2 servers"),
        ("sk-1234/5678", 1, "neither VARIABLE nor"),
        ("NOT_SET_ANYWHERE", 1, "is not set"),
    ],
)
def test_a_key_that_cannot_be_used_is_refused(spec, num_servers, said, monkeypatch) -> None:
    monkeypatch.setenv("ONE_KEY", "1")
    with pytest.raises(HearthError, match=said):
        api_keys([spec], num_servers)
