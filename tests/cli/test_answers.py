"""Commands that need an engine, on a pico model, through a running server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.command import Hearth

pytestmark = [pytest.mark.tiny, pytest.mark.usefixtures("served")]
GREEDY = ("--temperature", "0", "--max-tokens", "8")


def test_stdout_is_the_answer_and_stderr_the_rest(hearth: Hearth, pico_path: Path) -> None:
    plain = hearth("run", str(pico_path), "the in an", *GREEDY)
    whole = json.loads(hearth("run", str(pico_path), "the in an", *GREEDY, "--json").out)
    assert plain.status == 0
    assert plain.err.startswith("first token ")
    assert "answer 8 tokens, ended by length" in plain.err
    assert whole["usage"]["completion_tokens"] == 8
    assert whole["finish_reason"] == "length"
    assert [c for c in plain.out if c >= " "] == [c for c in whole["text"] if _is_shown(c)]


def _is_shown(character: str) -> bool:
    return character >= " " and not "\x7f" <= character <= "\x9f"


def test_quiet_leaves_stderr_empty(hearth: Hearth, pico_path: Path) -> None:
    assert hearth("run", str(pico_path), "the", *GREEDY, "--quiet").err == ""


def test_a_prompt_from_stdin(hearth: Hearth, pico_path: Path) -> None:
    typed = hearth("run", str(pico_path), "the in", *GREEDY, "--raw", "--json")
    piped = hearth("run", str(pico_path), *GREEDY, "--raw", "--json", stdin="the in")
    assert json.loads(typed.out)["text"] == json.loads(piped.out)["text"]


def test_a_prompt_over_the_context_is_refused_with_the_numbers(
    hearth: Hearth, pico_path: Path
) -> None:
    result = hearth("run", str(pico_path), "the " * 2000, *GREEDY)
    assert result.status == 1
    assert result.out == ""
    assert "512" in result.err


def test_a_prompt_that_is_cut_leaves_a_receipt(hearth: Hearth, pico_path: Path) -> None:
    words = ("run", str(pico_path), "the " * 2000, *GREEDY, "--raw")
    cut = hearth(*words, "--context-policy", "keep_ends")
    assert cut.status == 0
    assert cut.err.startswith("The prompt was cut (keep_ends): ")
    receipt = json.loads(hearth(*words, "--context-policy", "drop_oldest", "--json").out)["receipt"]
    assert receipt["prompt_tokens_after"] < receipt["prompt_tokens_before"]


def test_next_shows_probabilities(hearth: Hearth, pico_path: Path) -> None:
    result = hearth("next", "the in", "--model", str(pico_path), "--top", "4", "--json")
    [step] = json.loads(result.out)["steps"]
    probabilities = [choice["probability"] for choice in step["next"]]
    assert len(probabilities) == 4
    assert probabilities == sorted(probabilities, reverse=True)
    assert all(0 < probability <= 1 for probability in probabilities)
    assert "%" in hearth("next", "the in", "--model", str(pico_path)).out


def test_the_greedy_loop_is_what_a_greedy_answer_takes(hearth: Hearth, pico_path: Path) -> None:
    model = str(pico_path)
    watched = hearth("next", "the in", "--model", model, "--greedy", "5", "--json")
    steps = json.loads(watched.out)["steps"]
    assert len(steps) == 5
    assert steps[0]["text"] == "the in"
    assert hearth("next", "the in", "--model", model, "--greedy", "2").out.count("next token") == 2


def test_tokens_there_and_back(hearth: Hearth, pico_path: Path) -> None:
    text = "the 漢字 👩‍👩‍👧"
    found = json.loads(hearth("tokens", text, "--model", str(pico_path), "--json").out)
    ids = ",".join(str(token["id"]) for token in found["tokens"])
    back = hearth("tokens", "--ids", ids, "--model", str(pico_path))
    assert back.out == f"{text}\n"
    drawn = hearth("tokens", text, "--model", str(pico_path)).out
    assert "3 tokens for one character" in drawn
    assert f"{found['num_tokens']} tokens, {len(text)} characters" in drawn


def test_tokens_of_a_rendered_question(hearth: Hearth, pico_path: Path) -> None:
    drawn = hearth("tokens", "the", "--chat", "--model", str(pico_path)).out
    assert "<|im_start|>" in drawn
    assert "special" in drawn


def test_ids_outside_the_vocabulary(hearth: Hearth, pico_path: Path) -> None:
    assert hearth("tokens", "--ids", "99999999", "--model", str(pico_path)).status == 2


def test_load_ps_unload(hearth: Hearth, pico_path: Path) -> None:
    assert hearth("load", str(pico_path)).status == 0
    [status] = json.loads(hearth("ps", "--json").out)
    assert status["state"] == "ready"
    assert "confined" in hearth("ps").out
    assert hearth("unload", str(pico_path)).status == 0
    assert json.loads(hearth("ps", "--json").out) == []


def test_a_conversation_over_a_pipe(hearth: Hearth, pico_path: Path, tmp_path: Path) -> None:
    saved = tmp_path / "talk.json"
    lines = ["the in", '"""', "two", "lines", '"""', "/stats", "/system the", "/system", "/help"]
    lines += ["/model", "/nonsense", f"/save {saved}", f"/save {saved}", "//slash"]
    result = hearth("chat", str(pico_path), *GREEDY, stdin="\n".join(lines) + "\n")
    assert result.status == 0
    assert result.err.count("first token ") == 4  # three answers, one of them told again
    assert "Error: /nonsense is no command here." in result.err
    assert "File exists" in result.err
    questions = [
        m["content"] for m in json.loads(saved.read_text())["conversation"]["messages"][::2]
    ]
    assert questions == ["the in", "two\nlines"]
    again = hearth("chat", "--last", stdin="/stats\n/system\n/quit\n")
    assert "answers in this conversation: 3" in again.err
    assert again.err.rstrip().endswith("the")


def test_an_empty_conversation_leaves_no_trace(hearth: Hearth, pico_path: Path) -> None:
    assert hearth("chat", str(pico_path), stdin="/quit\n").status == 0
    last = hearth("chat", "--last", stdin="/stats\n")
    assert "no answer yet" not in last.err
