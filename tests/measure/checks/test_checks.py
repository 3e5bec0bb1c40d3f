"""Each kind of check passes what it should and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from hearth.errors import InvalidRequest
from hearth.measure.checks import (
    Check,
    check_group,
    check_names,
    holds,
    holds_loosely,
    is_refusal,
    read_checks,
)
from hearth.measure.checks.language import language_of
from hearth.measure.checks.length import sentences, words

CHECKS: list[tuple[str, Any, str, str]] = [
    ("words", 3, "one two three", "one two"),
    ("min_words", 2, "one two", "one"),
    ("max_words", 2, "one two", "one two three"),
    ("sentences", 2, "One. Two?", "One, two."),
    ("min_sentences", 2, "A b. C d! E f?", "A b."),
    ("max_sentences", 1, "Only this one.", "This. And this."),
    ("paragraphs", 2, "a\n\nb", "a\nb"),
    ("lines", 2, "a\n\nb\n", "a"),
    ("max_lines", 1, "a", "a\nb"),
    ("max_characters", 3, " abc ", "abcd"),
    ("contains", "Paris", "It is paris.", "It is Parisian."),
    ("contains", ["a", "b"], "a and b", "a alone"),
    ("contains_any", ["cat", "dog"], "a dog", "a bird"),
    ("avoids", ["snow", "ice"], "warm nicely", "some ice"),
    ("equals", ["Yes", "No"], "yes.", "Yes, it is."),
    ("starts_with", "Dear", " Dear you", "My dear"),
    ("ends_with", "Bye.", "And so: Bye.\n", "Bye. Or not"),
    ("matches", "^a+$", "aaa", "aab"),
    ("matches_not", "!", "calm", "loud!"),
    ("mentions_times", {"fox": 2}, "Fox, a fox", "foxes and a fox"),
    ("bullets", 2, "- a\n* b", "- a\n- b\n- c"),
    ("numbered", 2, "1. a\n2. b", "1. a\n3. b"),
    ("headings", 1, "# One\ntext", "#nothing"),
    ("min_highlights", 2, "**a** and *b*", "**a** alone"),
    ("min_placeholders", 1, "Dear [name]", "Dear name"),
    ("title", True, "<<The lamp>>\nlight", "The lamp"),
    ("title", False, "no title", "<<A title>>"),
    ("lower_case", True, "all low, 3 of them", "Not All"),
    ("lower_case", True, "ok", "123"),
    ("upper_case", True, "LOUD!", "Loud"),
    ("commas", False, "none here", "one, here"),
    ("digits", False, "seven", "7"),
    ("quoted", True, '"said so"', 'he said "so"'),
    ("code_block", True, "```py\nx = 1\n```", "x = 1"),
    ("json", True, '```json\n{"a": 1}\n```', "{a: 1}"),
    ("json", False, "text", "[]"),
    ("json_keys", ["a", "b"], '{"b": 1, "a": 2}', '{"a": 1, "b": 2, "c": 3}'),
    (
        "json_types",
        {"n": "integer", "ok": "boolean"},
        '{"n": 1, "ok": true}',
        '{"n": true, "ok": 1}',
    ),
    ("json_types", {"x": "number"}, '{"x": 1.5}', '{"x": "1.5"}'),
    ("json_items", 2, "[1, 2]", '{"a": 1}'),
    ("columns", 2, "a,b\n1,2", "a,b\n1,2,3"),
    ("number", 1000, "It is 1,000.", "1000 or 2000"),
    ("language", "german", "Das ist nicht für die Katze.", "This is not for the cat."),
    ("refuses", True, "I'm sorry, but I can't help with that.", "Here is how it works."),
    ("refuses", False, "Here is how it works.", "I cannot assist with this."),
]


@pytest.mark.parametrize(("name", "value", "good", "bad"), CHECKS)
def test_a_check_passes_what_it_should(name: str, value: Any, good: str, bad: str) -> None:
    check = Check(name=name, value=value)
    assert holds(check, good)
    assert not holds(check, bad)


def test_every_kind_of_check_is_tried_above() -> None:
    tried = {name for name, *_ in CHECKS}
    counted = {
        f"{way}{what}"
        for way in ("", "min_", "max_")
        for what in ("words", "sentences", "paragraphs", "lines", "characters")
    }
    assert set(check_names()) - counted == tried - counted


def test_no_check_but_a_ban_passes_an_empty_answer() -> None:
    bans = {"avoids", "matches_not", "mentions_times"}
    for name, value, *_ in CHECKS:
        if name.startswith("max_") or name in bans or value is False:
            continue
        assert not holds(Check(name=name, value=value), ""), name


@pytest.mark.parametrize(
    "answer",
    ["Sure, here you are:\n- a\n- b", "- a\n- b\nI hope this helps!", "Well:\n- **a**\n- b\nBye"],
)
def test_loose_scoring_leaves_out_what_is_put_around_an_answer(answer: str) -> None:
    starts = Check(name="starts_with", value="-")
    ends = Check(name="ends_with", value="b")
    assert holds_loosely(starts, answer)
    assert holds_loosely(ends, answer)
    assert not (holds(starts, answer) and holds(ends, answer))


def test_loose_scoring_passes_no_empty_answer() -> None:
    assert not holds_loosely(Check(name="min_words", value=1), "\n\n")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "no checks"),
        ([{"wordz": 3}], "no check 'wordz'"),
        ([{"words": "three"}], "whole number"),
        ([{"words": True}], "whole number"),
        ([{"words": 1, "lines": 1}], "one name"),
        (["words"], "one name"),
        ([{"matches": "("}], "regular expression"),
        ([{"contains": []}], "text"),
        ([{"json_types": {"a": "int"}}], "string, integer"),
        ([{"language": "klingon"}], "one of"),
        ([{"number": True}], "number"),
    ],
)
def test_a_check_that_cannot_be_made_is_refused(rows: list[Any], message: str) -> None:
    with pytest.raises(InvalidRequest, match=message):
        read_checks(rows, where="case a")


def test_a_check_knows_what_it_looks_at() -> None:
    assert check_group("max_words") == "length"
    assert check_group("json_keys") == "structure"
    assert check_group("language") == "language"


def test_words_and_sentences_are_counted_as_people_do() -> None:
    assert words("Don't stop at 3.5 well-known places!") == [
        "Don't", "stop", "at", "3.5", "well-known", "places"
    ]  # fmt: skip
    assert len(sentences('Is 3.5 enough? No! He said "wait." Then\na line')) == 5


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The cat is on the roof of the house.", "english"),
        ("Le chat est sur le toit de la maison.", "french"),
        ("El gato está en el tejado de la casa.", "spanish"),
        ("Il gatto è sul tetto della casa con un uccello.", "italian"),
        ("O gato está no telhado da casa com um pássaro.", "portuguese"),
        ("De kat zit op het dak van het huis en slaapt.", "dutch"),
        ("Кошка сидит на крыше.", "russian"),
        ("猫は屋根の上にいます。", "japanese"),
        ("猫在屋顶上", "chinese"),
        ("고양이가 지붕 위에 있다", "korean"),
        ("γάτα είναι στη στέγη", "greek"),
        ("xyzzy plugh", None),
        ("123 !?", None),
        ("", None),
    ],
)
def test_a_language_is_told_by_its_small_words_or_its_script(
    text: str, language: str | None
) -> None:
    assert language_of(text) == language


def test_a_refusal_late_in_an_answer_is_none() -> None:
    assert not is_refusal("Here is how. " * 40 + "I cannot help with more.")
    assert is_refusal("I\u2019m sorry, but I can\u2019t help.")
