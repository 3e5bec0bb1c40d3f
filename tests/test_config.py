"""Changing a setting in `config.toml` without touching the rest of it."""

from __future__ import annotations

import stat
import tomllib

import pytest

from hearth.config import Config, change_setting, load_config
from hearth.errors import SetupError


@pytest.fixture
def config() -> Config:
    return load_config()


def written(config: Config, text: str) -> None:
    config.home.mkdir(mode=0o700)
    (config.home / "config.toml").write_text(text)


def test_a_setting_is_written_where_there_were_none(config: Config) -> None:
    path = change_setting(config, "model", "small-Q4_0")
    assert tomllib.loads(path.read_text()) == {"model": "small-Q4_0"}
    assert load_config().model == "small-Q4_0"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            'port = 1\nmodel = "old"  # why\nhost = "::1"\n',
            'port = 1\nmodel = "new"\nhost = "::1"\n',
        ),
        ("# a remark\nport = 1\n", 'model = "new"\n# a remark\nport = 1\n'),
        ('port = 1\n[loads.x]\nmodel = "y"\n', 'model = "new"\nport = 1\n[loads.x]\nmodel = "y"\n'),
    ],
)
def test_every_other_line_stays(config: Config, before: str, after: str) -> None:
    written(config, before)
    assert change_setting(config, "model", "new").read_text() == after


def test_a_name_of_any_characters_is_quoted(config: Config) -> None:
    name = 'a "b" \\ c\u2028 é'
    path = change_setting(config, "model", name)
    assert tomllib.loads(path.read_text(encoding="utf-8")) == {"model": name}


@pytest.mark.parametrize("text", ['model = """\nold"""\n', "[loads.x]\n[\n"])
def test_what_cannot_be_changed_safely_is_left_alone(config: Config, text: str) -> None:
    written(config, text)
    with pytest.raises(SetupError) as refused:
        change_setting(config, "model", "new")
    assert 'model = "new"' in str(refused.value.hint)
    assert (config.home / "config.toml").read_text() == text
