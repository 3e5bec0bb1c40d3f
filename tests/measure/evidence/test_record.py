"""What a record may hold, and the one text that its digest is of."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearth.errors import InvalidRequest
from hearth.measure.evidence import Figure, Table, command_line, kept_command, measured
from hearth.measure.evidence.record import NO_RECORD
from hearth.measure.evidence.text import canonical, digest_of, items_text, read_record, record_text
from hearth.measure.statistics import wilson
from support.evidence import ITEMS, PICO, draft

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def plain_json(text: str) -> str:
    """Write JSON again as a reader without Hearth would."""
    return json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def test_a_record_says_what_the_draft_said() -> None:
    made = draft(items=ITEMS, notes=("odd",))
    items = items_text(made)
    record = read_record(record_text(made, 3, "a" * 64, items), items)
    for name in type(made).__dataclass_fields__:
        expected, found = getattr(made, name), getattr(record, name)
        assert found == expected, name
    assert (record.number, record.previous, record.num_items) == (3, "a" * 64, 2)
    assert record.id == record.digest[:12]


def test_figures_keep_their_order() -> None:
    names = ["z", "a", "10", "9", "ä"]
    made = draft(summary={name: Figure(value=1.0) for name in names})
    record = read_record(record_text(made, 1, NO_RECORD, None))
    assert list(record.summary) == names
    assert list(record.settings) == ["prompt_tokens", "kv_type", "number"]


def test_numbers_of_numpy_become_plain() -> None:
    made = draft(
        repeats={"decode": measured(np.array([1.5, 2.0], dtype=np.float32))},
        settings={"count": np.int64(3), "share": np.float64(0.1)},
        items=Table(columns=("p",), rows=((np.float64(0.5),),)),
    )
    record = read_record(record_text(made, 1, NO_RECORD, items_text(made)), items_text(made))
    assert record.repeats == {"decode": (1.5, 2.0)}
    assert record.settings == {"count": 3, "share": 0.1}
    assert record.items is not None
    assert record.items.column("p") == (0.5,)


@given(JSON)
def test_anybody_can_write_the_text_again(value: object) -> None:
    text = canonical(value)
    assert canonical(json.loads(text)) == text
    assert plain_json(text) == text
    # A printer that writes whole floats as whole numbers changes nothing.
    assert canonical(json.loads(text, parse_int=float)) == canonical(json.loads(text))


def test_a_digest_is_the_sha256_of_the_text() -> None:
    text = record_text(draft(), 1, NO_RECORD, None)
    assert digest_of(text) == hashlib.sha256(plain_json(text).encode()).hexdigest()


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_no_evidence(value: float) -> None:
    with pytest.raises(InvalidRequest, match="finite"):
        Figure(value=value)
    with pytest.raises(InvalidRequest, match="finite"):
        measured([1.0, value])
    made = draft(settings={"x": [value]})
    with pytest.raises(InvalidRequest, match="finite"):
        record_text(made, 1, NO_RECORD, None)


def test_what_json_has_no_word_for_is_refused() -> None:
    for value in (Path("x"), object(), np.array([1.0, 2.0])):
        with pytest.raises(InvalidRequest, match="plain data"):
            record_text(draft(settings={"x": value}), 1, NO_RECORD, None)
    with pytest.raises(InvalidRequest, match="half characters"):
        record_text(draft(notes=("\ud800",)), 1, NO_RECORD, None)


def test_a_draft_says_of_what_it_is() -> None:
    for changes in ({"kind": "Speed Test"}, {"subjects": ()}, {"summary": {}}):
        with pytest.raises(InvalidRequest):
            draft(**changes)
    with pytest.raises(InvalidRequest, match="both ends"):
        Figure(value=1.0, low=0.5)
    with pytest.raises(InvalidRequest, match="higher_is"):
        Figure(value=1.0, higher_is="faster")
    with pytest.raises(InvalidRequest, match="2 cells"):
        Table(columns=("a", "b"), rows=((1,),))
    with pytest.raises(InvalidRequest, match="no column 'c'"):
        Table(columns=("a", "b"), rows=()).column("c")


def test_a_text_that_is_none_is_refused() -> None:
    text = record_text(draft(), 1, NO_RECORD, None)
    for spoiled in ("", "[]", "3", "{}", text[:-2], text.replace('"speed"', "1"), "[" * 100_000):
        with pytest.raises(InvalidRequest, match="no record"):
            read_record(spoiled)
    with pytest.raises(InvalidRequest, match="format 2"):
        read_record(text.replace('"format":1', '"format":2'))


def test_an_interval_becomes_a_figure() -> None:
    figure = Figure.of(wilson(45, 50), unit="%", higher_is="better")
    assert figure.low is not None
    assert figure.low < 0.9 < (figure.high or 0)
    assert figure.how
    assert not figure.is_one_run


def test_subjects_are_the_same_by_their_bytes() -> None:
    assert PICO.is_same_as(replace(PICO, name="another"))
    assert not PICO.is_same_as(replace(PICO, digest="00" * 32))
    assert not PICO.is_same_as(replace(PICO, adapter="00" * 32))


def test_a_kept_command_names_no_home() -> None:
    typed = ["hearth", "bench", "speed", "/home/ada/my models/a.gguf", "/home/adam", "/home/ada"]
    kept = kept_command(typed, Path("/home/ada"))
    assert kept == ("hearth", "bench", "speed", "~/my models/a.gguf", "/home/adam", "~")
    assert command_line(kept) == "hearth bench speed ~/'my models/a.gguf' /home/adam ~"
