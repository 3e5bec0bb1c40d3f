"""A card as Markdown: to read, to paste into an issue or a page, and to import again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from hearth.measure.evidence.cards.card import MARKDOWN_FENCE, Card, card_json
from hearth.measure.evidence.commands import command_line
from hearth.measure.evidence.record import NO_RECORD, Record
from hearth.measure.evidence.text import canonical
from hearth.measure.evidence.wording import (
    circumstance_facts,
    interval_text,
    number_text,
    subject_facts,
    value_text,
)
from hearth.models.labels import plain

MAX_CHARS = 400
MAX_REPEATS = 20  # shown; all are in the record

_ESCAPED = str.maketrans({char: f"\\{char}" for char in "\\`*_[]<>|#~&"})


def card_markdown(card: Card) -> str:
    """Return a card as Markdown, its JSON within."""
    return "\n".join(_lines(card)) + "\n"


def _lines(card: Card) -> Iterator[str]:
    record = card.record
    yield f"# Evidence {record.id}: {_text(record.kind)} of {_text(record.names)}"
    yield ""
    yield from _figures(record)
    for note in record.notes:
        yield f"- {_text(note)}"
    yield from ("", "## What was measured", "")
    for subject in record.subjects:
        yield from _table(_text(subject.name), subject_facts(subject))
    if record.settings or record.seed is not None:
        settings = {name: canonical(value) for name, value in record.settings.items()}
        seed = {} if record.seed is None else {"seed": str(record.seed)}
        yield from _table("Setting", settings | seed)
    yield from ("## Where, and when", "")
    yield from _table("Circumstance", circumstance_facts(record.circumstances))
    yield from _again(record)
    yield from _check(card)


def _figures(record: Record) -> Iterator[str]:
    yield "| figure | value | 95 % interval | how | better |"
    yield "| --- | ---: | --- | --- | --- |"
    for name, figure in record.summary.items():
        better = f"more is {figure.higher_is}" if figure.higher_is else ""
        cells = (name, value_text(figure), interval_text(figure), figure.how, better)
        yield _row(cells)
    yield ""
    for name, repeats in record.repeats.items():
        shown = ", ".join(number_text(value) for value in islice(repeats, MAX_REPEATS))
        more = f", and {len(repeats) - MAX_REPEATS:,} more" if len(repeats) > MAX_REPEATS else ""
        yield f"- {_text(name)}, {len(repeats):,} repeats: {shown}{more}"
    if record.num_items:
        yield f"- {record.num_items:,} items, each with what was found of it, are in the record"


def _again(record: Record) -> Iterator[str]:
    yield from ("## Run it again", "")
    yield "With this card as `card.md` and [Hearth](https://pypi.org/project/hearth-llm/):"
    yield ""
    yield "    hearth evidence import card.md"
    yield f"    hearth evidence replay {record.id}"
    if record.command:
        yield from ("", "It was made by:", "")
        yield f"    {plain(command_line(record.command), MAX_CHARS)}"
    yield ""


def _check(card: Card) -> Iterator[str]:
    record = card.record
    follows = "is the first" if record.previous == NO_RECORD else f"follows {record.previous[:12]}"
    yield from ("## Check it", "")
    yield (
        f"Digest `{record.digest}`; record {record.number} of its ledger, {follows}. "
        "`hearth evidence verify card.md` tells whether the text below still has that digest. It "
        "shows that nothing was changed since; that the figures are true, only a replay shows."
    )
    yield from ("", MARKDOWN_FENCE, card_json(card, indent=None), "```")


def _table(title: str, facts: Mapping[str, str]) -> Iterator[str]:
    yield f"| {title} | |"
    yield "| --- | --- |"
    for name, value in facts.items():
        yield _row((name, value))
    yield ""


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(_text(cell) for cell in cells)} |"


def _text(text: str) -> str:
    """Return text that Markdown shows as it is."""
    return plain(text, MAX_CHARS).translate(_ESCAPED)
