"""A measurement as evidence: what was found, of what, in which circumstances, and how to repeat it.

A `Draft` is what a measuring package hands in; a `Record` is a draft that the ledger has taken,
with its place in the chain. Neither holds secrets, folders, or anything else that only this machine
understands: records are shown to others.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from hearth.errors import InvalidRequest

if TYPE_CHECKING:
    from hearth.measure.statistics import Interval

FORMAT = 1  # of a record's text; see `hearth.measure.evidence.text`
NO_RECORD = "0" * 64  # what the first record follows
ID_CHARS = 12

_KIND = re.compile(r"[a-z][a-z0-9_-]{0,31}")

Cell = str | int | float | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One of the things that were measured: a model with its template and adapter, or a server.

    Args:
        name: What a person typed, without folders: a name of the library, or an address.
        role: Its part where there are several, such as "reference", "candidate" or "a".
        digest: SHA-256 of the model's bytes; of several files, of their digests, one per line.
            Empty where the bytes cannot be seen, as with a server elsewhere.
        identity: The library's, of size and samples (`hearth.models.library.identity`).
        template: SHA-256 of the chat template's text; empty where none was used.
        adapter: SHA-256 of an adapter's bytes; empty where none was used.
        architecture: As the model's header names it ("llama").
        quantization: The type that most weights have ("Q4_K_M").
        size_bytes: Of the weights.
    """

    name: str
    role: str = ""
    digest: str = ""
    identity: str = ""
    template: str = ""
    adapter: str = ""
    architecture: str = ""
    quantization: str = ""
    size_bytes: int | None = None

    def is_same_as(self, other: Subject) -> bool:
        """Tell whether both are the same bytes; without digests, whether they have one name."""
        mine = (self.digest or self.identity or self.name, self.template, self.adapter)
        return mine == (other.digest or other.identity or other.name, other.template, other.adapter)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A result that people are shown, with the interval that makes it one.

    Args:
        value: What was found; finite.
        low: Lower end of the interval at 95 %; None where the figure is from one run.
        high: Upper end, likewise.
        unit: As it is printed: "tokens/s", "s", "bits/byte", "%", or empty for a plain number.
        how: Where value and interval come from: "median of 7 runs, bootstrap".
        within: How closely another run on the same data must come, as a part of the value: 1e-6
            for what is computed and not timed. None where chance is part of each run: then the
            intervals decide.
        higher_is: Whether more is "better" or "worse"; empty where it is neither.
    """

    value: float
    low: float | None = None
    high: float | None = None
    unit: str = ""
    how: str = ""
    within: float | None = None
    higher_is: str = ""

    def __post_init__(self) -> None:
        ends = [end for end in (self.value, self.low, self.high) if end is not None]
        if not all(map(math.isfinite, ends)):
            raise InvalidRequest(f"A figure of {ends} is no evidence: it must be finite.")
        if (self.low is None) != (self.high is None):
            raise InvalidRequest("A figure has both ends of its interval, or none.")
        if self.higher_is not in ("", "better", "worse"):
            raise InvalidRequest(f"`higher_is` is {self.higher_is!r}: better, worse or empty.")

    @classmethod
    def of(
        cls,
        interval: Interval,
        *,
        unit: str = "",
        higher_is: str = "",
        within: float | None = None,
    ) -> Figure:
        """Return the figure of an estimate; one without a level is from one run."""
        is_one_run = interval.level == 0
        return cls(
            value=float(interval.value),
            low=None if is_one_run else float(interval.low),
            high=None if is_one_run else float(interval.high),
            unit=unit,
            how=interval.how,
            within=within,
            higher_is=higher_is,
        )

    @property
    def is_one_run(self) -> bool:
        """Whether it has no interval."""
        return self.low is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What was found of each item: one row for a question, a token or a turn.

    Args:
        columns: Their names.
        rows: As many cells each as there are columns.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def __post_init__(self) -> None:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise InvalidRequest(f"Each row of a table has {len(self.columns)} cells: its columns.")

    def column(self, name: str) -> tuple[Cell, ...]:
        """Return the cells of one column.

        Raises:
            InvalidRequest: There is no such column.
        """
        if name not in self.columns:
            raise InvalidRequest(f"There is no column {name!r}: {', '.join(self.columns)}.")
        place = self.columns.index(name)
        return tuple(row[place] for row in self.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """Where and when something was measured, and what disturbed it; see `watch`.

    Args:
        begun_at: In UTC.
        seconds: How long it took.
        machine: The machine's fingerprint.
        machine_facts: What a reader wants to know of it: processor, memory, GPUs, system.
        engine: The build of the engine (`hearth.machine.engine_build`); empty where none was used.
        hearth: Version of Hearth.
        load_before: Processes that wanted to run, the system's average over one minute.
        load_after: The same at the end; both None where the system does not tell.
        disturbances: What was seen to disturb the machine, a sentence each, such as throttling.
    """

    begun_at: datetime
    seconds: float
    machine: str
    machine_facts: Mapping[str, str] = field(default_factory=dict)
    engine: str = ""
    hearth: str = ""
    load_before: float | None = None
    load_after: float | None = None
    disturbances: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A measurement that the ledger has yet to take.

    Args:
        kind: What was measured: "speed", "perplexity", "truth"; chooses what replays it.
        subjects: Of what, at least one.
        circumstances: Where, when, and what disturbed it.
        summary: The results by name, at least one.
        repeats: The raw numbers behind them by name, in the order in which they were taken.
        items: What was found of each item, where there are items.
        settings: Everything that was chosen, as plain data; no secret and no folder.
        seed: Of whatever was drawn; None where nothing was.
        command: What to type to run it again, word by word, beginning with "hearth".
        notes: What a reader must know beside the figures, a sentence each.
        replay_of: Digest of the record that this one repeats.
    """

    kind: str
    subjects: tuple[Subject, ...]
    circumstances: Circumstances
    summary: Mapping[str, Figure]
    repeats: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    items: Table | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    seed: int | None = None
    command: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    replay_of: str = ""

    def __post_init__(self) -> None:
        if not _KIND.fullmatch(self.kind):
            raise InvalidRequest(f"{self.kind!r} is no kind of evidence: a lower-case word is.")
        if not self.subjects or not self.summary:
            raise InvalidRequest("A record says of what it is, and has at least one figure.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record(Draft):
    """A measurement in the ledger, or one that came as a card from elsewhere.

    Args:
        number: Its place in the chain of the ledger that took it, from 1 on.
        previous: Digest of the record before it there; `NO_RECORD` for the first.
        digest: SHA-256 of the record's text, which holds all of the above.
        num_items: Rows of `items`, which are read only where they are asked for.
        is_card: Whether it came from another ledger, as a card.
    """

    number: int
    previous: str
    digest: str
    num_items: int = 0
    is_card: bool = False

    @property
    def id(self) -> str:
        """What it is called by: the beginning of its digest."""
        return self.digest[:ID_CHARS]

    @property
    def made_at(self) -> datetime:
        """When it was begun, in UTC."""
        return self.circumstances.begun_at

    @property
    def names(self) -> str:
        """Names of all that was measured, for titles and lists."""
        return " against ".join(dict.fromkeys(subject.name for subject in self.subjects))


def measured(values: Iterable[float]) -> tuple[float, ...]:
    """Return raw numbers as a record keeps them, of whatever numeric type they are.

    Raises:
        InvalidRequest: One of them is not finite.
    """
    found = tuple(float(value) for value in values)
    if not all(map(math.isfinite, found)):
        raise InvalidRequest("A repeat that is not finite is no evidence.")
    return found
