"""Questions that stand in training data."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearth.errors import InvalidRequest
from hearth.measure.leaks import RUN, check_leaks

SHORT = "The Moon orbits Earth."
LONG = " ".join(f"word{number}" for number in range(RUN + 7))


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_case_punctuation_and_line_breaks_do_not_hide_a_leak(tmp_path: Path) -> None:
    path = write(tmp_path, "data.txt", "I read: «the MOON,\n\norbits -- earth»; so what?")
    (leak,) = check_leaks(["Nothing of the kind here.", SHORT], [path])
    assert (leak.place, leak.run, leak.file) == (1, "the moon orbits earth", "data.txt")


def test_most_of_a_short_question_is_no_leak(tmp_path: Path) -> None:
    path = write(tmp_path, "data.txt", "The Moon orbits. The Earth turns. Moon orbits Earth.")
    assert check_leaks([SHORT], [path]) == ()


def test_thirteen_words_of_a_long_question_are_one(tmp_path: Path) -> None:
    words = LONG.split()
    part = write(tmp_path, "part.txt", " ".join(["before", *words[3 : 3 + RUN], "after"]))
    less = write(tmp_path, "less.txt", " ".join(["before", *words[3 : 2 + RUN], "after"]))
    assert [leak.place for leak in check_leaks([LONG], [part])] == [0]
    assert check_leaks([LONG], [less]) == ()


def test_every_string_of_jsonl_is_looked_at_and_rows_are_kept_apart(tmp_path: Path) -> None:
    rows = [{"messages": [{"content": "the moon"}, {"content": ["He said:\nThe moon orbits"]}]}]
    rows += [{"text": "earth, and the moon\torbits\nthe Earth", "n": 1}]
    lines = [json.dumps(row) for row in rows]
    assert check_leaks([SHORT], [write(tmp_path, "data.jsonl", "\n".join(lines))]) == ()
    lines.append(json.dumps({"a": {"b": f"x {SHORT} y"}}))
    assert len(check_leaks([SHORT], [write(tmp_path, "data.jsonl", "\n".join(lines))])) == 1


def test_questions_of_few_words_are_not_looked_for(tmp_path: Path) -> None:
    assert check_leaks(["Is it?"], [write(tmp_path, "data.txt", "is it is it is it")]) == ()


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match=r"none\.txt"):
        check_leaks([SHORT], [tmp_path / "none.txt"])


@given(
    st.lists(st.sampled_from("abcd"), min_size=4, max_size=20),
    st.lists(st.sampled_from("abcd"), max_size=80),
)
def test_it_finds_what_looking_at_every_place_finds(
    tmp_path_factory: pytest.TempPathFactory, question: list[str], data: list[str]
) -> None:
    path = tmp_path_factory.mktemp("leaks") / "data.txt"
    path.write_text(" ".join(data), encoding="utf-8")
    length = min(RUN, len(question))
    runs = [question[begin : begin + length] for begin in range(len(question) - length + 1)]
    there = any(data[at : at + length] in runs for at in range(len(data) - length + 1))
    assert bool(check_leaks([" ".join(question)], [path])) == there
