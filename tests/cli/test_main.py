"""The border: exit statuses, Error and Hint, the short form, and what an import costs."""

from __future__ import annotations

import subprocess
import sys

import pytest

import hearth as package
from hearth.cli.app import command_names
from hearth.cli.shortform import expand
from hearth.errors import InvalidRequest
from support.command import Hearth

HEAVY = {"torch", "transformers", "llama_cpp", "nicegui", "fastapi", "pydantic", "sqlalchemy"}
COMMANDS = {"up", "serve", "run", "prompt", "ask", "chat", "ps", "load", "unload", "models", "next"}


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from hearth.cli.main import run\n"
        "assert run(['--help']) == 0\n"
        "print(' '.join({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not HEAVY & set(done.stderr.split())


def test_help_names_every_command(hearth: Hearth) -> None:
    result = hearth("--help")
    assert result.status == 0
    assert command_names() >= COMMANDS | {"tokens", "doctor", "config"}
    assert all(name in result.out for name in command_names())


@pytest.mark.parametrize("name", sorted(command_names()))
def test_every_command_explains_itself(hearth: Hearth, name: str) -> None:
    result = hearth(name, "--help")
    assert result.status == 0
    assert "Usage: hearth" in result.out


def test_no_words_show_the_help(hearth: Hearth) -> None:
    assert "Usage: hearth" in hearth().out


def test_version(hearth: Hearth) -> None:
    assert hearth("--version").out == f"hearth {package.__version__}\n"


@pytest.mark.parametrize(
    "words",
    [
        ["run"],
        ["run", "starter", "x", "--temperature", "warm"],
        ["run", "starter", "x", "--nonsense"],
        ["run", "starter", "x", "--context-policy", "guess"],
        ["run", "starter", "x", "--logit-bias", "much"],
        ["run", "starter", "x", "--system", "a", "--raw"],
        ["run", "starter"],
        ["models", "sohw"],
        ["tokens", "text", "--ids", "1"],
        ["tokens", "--ids", "one"],
        ["next", "text", "--top", "21"],
        ["next", "text", "--greedy", "0"],
        ["chat", "--stop", "x"],
        ["--nonsense"],
    ],
)
def test_wrong_usage_is_status_2_with_error_and_hint(hearth: Hearth, words: list[str]) -> None:
    result = hearth(*words)
    assert result.status == 2
    assert result.out == ""
    assert result.err.startswith("Error: ")


@pytest.mark.parametrize("name", ["temperature", "top-k", "min-p", "mirostat", "seed"])
@pytest.mark.parametrize("value", ["-1", "1e999", "99999999999999999999"])
def test_sampling_values_out_of_range_name_the_field(hearth: Hearth, name: str, value: str) -> None:
    result = hearth("run", "starter", "x", f"--{name}", value)
    assert result.status == 2
    assert name.replace("-", "_") in result.err.replace("-", "_")


def test_a_failure_is_status_1(hearth: Hearth) -> None:
    result = hearth("models", "show", "startre")
    assert result.status == 1
    assert result.err.splitlines()[0].startswith("Error: ")
    assert "Hint: Did you mean starter?" in result.err


def test_a_bad_setting_is_reported(hearth: Hearth, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEARTH_PORT", "99999999")
    result = hearth("config")
    assert result.status == 1
    assert "port" in result.err


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["why is the sky blue?"], ["prompt", "why is the sky blue?"]),
        (["hello"], ["prompt", "hello"]),
        (["Why", "is", "that"], ["prompt", "Why", "is", "that"]),
        (["-"], ["prompt", "-"]),
        (["hello there", "--json"], ["prompt", "hello there", "--json"]),
        (["ps"], ["ps"]),
        (["models", "list"], ["models", "list"]),
        (["--version"], ["--version"]),
        ([], ["--help"]),
    ],
)
def test_the_short_form(words: list[str], expected: list[str]) -> None:
    assert expand(words, command_names()) == expected


@pytest.mark.parametrize(
    ("word", "meant"), [("modles", "models"), ("dotcor", "doctor"), ("Ps", "ps"), ("chta", "chat")]
)
def test_a_mistyped_command_is_no_prompt(word: str, meant: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        expand([word, "list"], command_names())
    assert f"hearth {meant} list" in (caught.value.hint or "")


def test_completion_lists_the_commands() -> None:
    environment = {
        "_HEARTH_COMPLETE": "complete_bash",
        "COMP_WORDS": "hearth do",
        "COMP_CWORD": "1",
    }
    done = subprocess.run(
        [sys.executable, "-m", "hearth"], env=environment, capture_output=True, text=True
    )
    assert done.stdout.split() == ["doctor"]
