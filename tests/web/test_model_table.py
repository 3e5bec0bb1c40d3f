"""The library as rows: what each shows, and how it is filtered and sorted."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from hearth.core import ModelState, ModelStatus
from hearth.errors import InvalidRequest
from hearth.models.library import Location, ModelEntry
from hearth.models.sources import ModelFile, Source
from hearth.web.components.model_table import (
    COLUMNS,
    PAGE_SIZE,
    ModelRow,
    Sorting,
    arranged,
    draw_table,
    model_path,
    row_of,
    summary,
)

EVIL = '"><script>alert(1)</script>'


def place(source: Source, path: str) -> Location:
    file = ModelFile(path=Path(path), size_bytes=10, mtime_ns=0)
    return Location(
        source=source, name="m", path=Path(path), files=(file,), place="p", reference="r"
    )


def entry(name: str, size_bytes: int = 1000, **facts: object) -> ModelEntry:
    return ModelEntry(
        name=name,
        path=Path(f"/models/{name}.gguf"),
        size_bytes=size_bytes,
        source=Source.HEARTH,
        **{"locations": (place(Source.HEARTH, f"/models/{name}.gguf"),), **facts},
    )


def rows(*entries: ModelEntry) -> list[ModelRow]:
    return [row_of(one, ()) for one in entries]


def names(found: list[ModelRow]) -> list[str]:
    return [row.name for row in found]


def test_a_row_tells_where_it_lies_and_how_it_is_in_memory() -> None:
    places = (place(Source.OLLAMA, "/o/blob"), place(Source.LM_STUDIO, "/l/m.gguf"))
    status = ModelStatus(name="m", path="/l/m.gguf", state=ModelState.LOADING, progress=0.4)
    row = row_of(entry("m", locations=places, quantization="Q4_K_M"), [status])
    assert row.places == ("ollama", "lm studio")
    assert (row.state, row.progress) == ("loading", 0.4)


def test_facts_that_are_not_known_yet_are_dashes() -> None:
    html = draw_table(rows(entry("new")), "", Sorting(), PAGE_SIZE, "/models")
    assert html.count(">\u2013<") == 2  # quantization and context
    assert "never" in html


def test_a_damaged_file_says_so() -> None:
    html = draw_table(
        rows(entry("bad", problem="it is cut off")), "", Sorting(), PAGE_SIZE, "/models"
    )
    assert "damaged" in html
    assert "it is cut off" in html


def test_all_words_of_a_filter_must_be_there_in_any_column() -> None:
    shelf = rows(
        entry("Llama-3B", quantization="Q4_K_M", locations=(place(Source.OLLAMA, "/a"),)),
        entry("Llama-8B", quantization="Q8_0"),
        entry("Qwen", quantization="Q4_K_M"),
    )
    assert names(arranged(shelf, "LLAMA q4", Sorting())) == ["Llama-3B"]
    assert names(arranged(shelf, "ollama", Sorting())) == ["Llama-3B"]
    assert names(arranged(shelf, " ", Sorting())) == ["Llama-3B", "Llama-8B", "Qwen"]
    assert arranged(shelf, "nowhere", Sorting()) == []


@pytest.mark.parametrize("column", [column.name for column in COLUMNS])
@pytest.mark.parametrize("descending", [False, True])
def test_every_column_sorts_and_what_is_unknown_comes_last(column: str, descending: bool) -> None:
    now = time.time()
    full = {"quantization": "F16", "context_length": 4096, "last_used_s": now}
    status = ModelStatus(name="b", path="/models/b.gguf", state=ModelState.READY, progress=1)
    shelf = [
        row_of(entry("c", 3, locations=()), ()),
        row_of(entry("b", 2, **full), [status]),
        row_of(entry("a", 1, **{**full, "last_used_s": now - 9, "context_length": 512}), ()),
    ]
    found = names(arranged(shelf, "", Sorting(column=column, descending=descending)))
    assert sorted(found) == ["a", "b", "c"]
    if column in ("quantization", "context", "used", "place"):
        assert found[-1] == "c"
    if column in ("name", "size"):
        assert found == (["c", "b", "a"] if descending else ["a", "b", "c"])
    if column == "state":
        assert found[0] == "b"


def test_a_second_press_on_a_column_turns_it_round() -> None:
    by_use = Sorting().by("used")
    assert by_use == Sorting(column="used", descending=True)
    assert by_use.by("used") == Sorting(column="used", descending=False)
    with pytest.raises(InvalidRequest, match="__class__"):
        Sorting().by("__class__")


def test_a_thousand_models_are_drawn_a_hundred_at_a_time() -> None:
    shelf = rows(*(entry(f"m{n:04}") for n in range(1000)))
    html = draw_table(shelf, "", Sorting(), PAGE_SIZE, "/models")
    assert html.count("<tr data-key") == PAGE_SIZE
    assert "Show more of 1,000 models" in html


def test_an_empty_library_and_an_empty_filter_say_what_to_do() -> None:
    assert "No model is here yet" in draw_table([], "", Sorting(), PAGE_SIZE, "/models")
    html = draw_table(rows(entry("m")), EVIL, Sorting(), PAGE_SIZE, "/models")
    assert "Search the hub for it" in html
    assert "<script>" not in html


def test_hostile_names_are_escaped_and_stay_in_their_address() -> None:
    html = draw_table(rows(entry(EVIL)), "", Sorting(), PAGE_SIZE, "/models")
    assert "<script>" not in html
    assert model_path("a b/c?d#e%f") == "/models/a%20b/c%3Fd%23e%25f"


def test_the_summary_counts() -> None:
    words = summary(rows(entry("a", 10**9), entry("b", 2 * 10**9)), 5 * 10**9)
    assert words == "2 models · 3.0 GB · 0 in memory · 5.0 GB of memory free for more"
