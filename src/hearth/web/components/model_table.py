"""The library as rows: filtered by words, sorted by a column, a part of it drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from markupsafe import Markup

from hearth.core import ModelStatus
from hearth.errors import InvalidRequest
from hearth.models.library import ModelEntry
from hearth.web import figures
from hearth.web.parts import part

PAGE_SIZE = 100  # rows drawn at first, and added by each "more"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRow:
    """One model as the table shows it.

    Args:
        places: Where it lies, one word for each place, the place it is run from first.
        used: When it was last used, or None.
        problem: Why its file cannot be used, as a sentence.
        state: "ready", "loading", "failed", or "" for one that is not in memory.
        progress: Part of the weights that is loaded, 0 to 1.
    """

    name: str
    size_bytes: int
    quantization: str
    context_length: int | None
    format: str
    places: tuple[str, ...]
    used: datetime | None
    problem: str
    state: str
    progress: float

    @property
    def path(self) -> str:
        """Address of the model's own page."""
        return model_path(self.name)

    @property
    def words(self) -> str:
        """Everything that the filter looks into, in small letters."""
        state = {"ready": "loaded in memory"}.get(self.state, self.state)
        problem = "damaged" if self.problem else ""
        words = (self.name, self.quantization, self.format, *self.places, state, problem)
        return " ".join(words).casefold()


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column that rows can be sorted by; `key` gives None for what sorts last either way."""

    name: str
    word: str
    key: Callable[[ModelRow], object]
    numeric: bool = False
    largest_first: bool = False


COLUMNS = (
    Column(name="name", word="Name", key=lambda row: row.name.casefold()),
    Column(name="size", word="Size", key=lambda row: row.size_bytes, numeric=True),
    Column(name="quantization", word="Quantization", key=lambda row: row.quantization or None),
    Column(name="context", word="Context", key=lambda row: row.context_length, numeric=True),
    Column(name="place", word="Where", key=lambda row: row.places[:1] or None),
    Column(name="used", word="Last used", key=lambda row: row.used, largest_first=True),
    Column(
        name="state",
        word="In memory",
        key=lambda row: {"ready": 2, "loading": 1}.get(row.state),
        largest_first=True,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorting:
    """The column that the table is sorted by, and the direction."""

    column: str = "name"
    descending: bool = False

    def by(self, name: str) -> Sorting:
        """Return the sorting after a press on a column's head: its own order, then the reverse.

        Raises:
            InvalidRequest: There is no such column.
        """
        column = _column(name)
        descending = not self.descending if name == self.column else column.largest_first
        return Sorting(column=name, descending=descending)


def model_path(name: str) -> str:
    """Return the address of a model's own page."""
    return f"/models/{quote(name)}"


def row_of(entry: ModelEntry, statuses: Iterable[ModelStatus]) -> ModelRow:
    """Return the row of one model of the library."""
    status = status_of(entry, statuses)
    return ModelRow(
        name=entry.name,
        size_bytes=entry.size_bytes,
        quantization=entry.quantization or "",
        context_length=entry.context_length,
        format=entry.format or "",
        places=tuple(dict.fromkeys(place.source.value for place in entry.locations)),
        used=datetime.fromtimestamp(entry.last_used_s).astimezone() if entry.last_used_s else None,
        problem=entry.problem or "",
        state=status.state.value if status else "",
        progress=status.progress if status else 0.0,
    )


def status_of(entry: ModelEntry, statuses: Iterable[ModelStatus]) -> ModelStatus | None:
    """Return how a model of the library is in memory, if it is."""
    paths = {str(entry.path), *(str(place.path) for place in entry.locations)}
    return next((status for status in statuses if status.path in paths), None)


def arranged(rows: Sequence[ModelRow], query: str, sorting: Sorting) -> list[ModelRow]:
    """Return the rows that have all words of a query, sorted; what has no value comes last."""
    words = query.casefold().split()
    found = [row for row in rows if all(word in row.words for word in words)]
    key = _column(sorting.column).key
    known = [row for row in found if key(row) is not None]
    known.sort(key=key, reverse=sorting.descending)  # type: ignore[arg-type]  # one type per column
    return known + [row for row in found if key(row) is None]


def draw_table(
    rows: Sequence[ModelRow], query: str, sorting: Sorting, limit: int, folder: str
) -> Markup:
    """Return the table, or what stands in its place when there is nothing to show.

    Args:
        rows: Every model of the library.
        query: Words that a shown row must have.
        sorting: Order of the rows.
        limit: Most rows that are drawn.
        folder: Where a person can put model files.
    """
    found = arranged(rows, query, sorting)
    today = datetime.now().astimezone()
    return part(
        "model_table",
        rows=found[:limit],
        num_found=len(found),
        num_all=len(rows),
        query=query,
        columns=COLUMNS,
        sorting=sorting,
        folder=folder,
        since=lambda moment: figures.since(moment, today),
    )


def summary(rows: Sequence[ModelRow], free_bytes: int | None) -> str:
    """Return the library in one sentence."""
    loaded = sum(row.state == "ready" for row in rows)
    parts = [
        figures.count(len(rows), "model"),
        figures.size(sum(row.size_bytes for row in rows)),
        f"{loaded} in memory",
    ]
    if free_bytes is not None:
        parts.append(f"{figures.size(free_bytes)} of memory free for more")
    return " · ".join(parts)


def _column(name: str) -> Column:
    for column in COLUMNS:
        if column.name == name:
            return column
    raise InvalidRequest(
        f"The table has no column {name!r}.",
        hint=f"It has {', '.join(column.name for column in COLUMNS)}.",
    )
