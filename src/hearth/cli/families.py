"""`hearth families` and `hearth sizes`: who makes which models, and how large is large."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from hearth.cli import console
from hearth.cli.options import AsJson

if TYPE_CHECKING:
    from hearth.models.catalogue import Family, Release

FamilyName = Annotated[
    str | None, typer.Argument(help="A family to show whole, such as `llama`; default: list all.")
]
WIDE = 100  # columns of a terminal from which on a table has room for its longest column


def families(name: FamilyName = None, *, as_json: AsJson = False) -> None:
    """Show the families of language models: who makes them, since when, under which licences."""
    from hearth.models import catalogue

    if name is not None:
        _show_family(catalogue.family(name), as_json)
        return
    rows = [(one, _released(one)) for one in catalogue.families()]
    if as_json:
        console.write_json([_family_data(one, released) for one, released in rows])
        return
    wide = console.out().width >= WIDE
    shown = console.table("id", "family", "publisher", "since", ">releases", *_if(wide, "licences"))
    for one, released in rows:
        since = str(released[0].date.year)
        licences = _if(wide, ", ".join(one.licences))
        shown.add_row(one.id, one.name, one.publisher, since, str(len(released)), *licences)
    console.out().print(shown)
    console.note(f"{len(rows)} families. `hearth families NAME` shows one with its releases.")


def sizes(*, as_json: AsJson = False) -> None:
    """Show what tiny, small, medium, large and enterprise mean, by the memory they need."""
    from hearth.models import catalogue

    classes = catalogue.sizes()
    if as_json:
        console.write_json(
            [
                {
                    "name": one.name,
                    "max_parameters": one.max_parameters,
                    "max_4bit_gb": one.max_4bit_gb,
                    "max_16bit_gb": one.max_16bit_gb,
                    "machine": one.machine,
                }
                for one in classes
            ]
        )
        return
    shown = console.table("size", ">parameters", ">at 4 bits", ">at 16 bits", "runs on")
    for one in classes:
        if one.max_parameters is None or one.max_4bit_gb is None or one.max_16bit_gb is None:
            limits = ("more", "more", "more")
        else:
            parameters = f"up to {one.max_parameters / 1e9:.3g}B"
            limits = (parameters, f"{one.max_4bit_gb:g} GB", f"{one.max_16bit_gb:.3g} GB")
        shown.add_row(one.name, *limits, one.machine)
    console.out().print(shown)
    console.note("Memory of the weights alone, in units of 10^9 bytes; the context comes on top.")


def release_table(rows: Sequence[Release], width: int) -> None:
    """Draw releases with their facts, in as many columns as the terminal has room for."""
    wide = width >= WIDE
    shown = console.table(
        "date", "model", "sizes", ">context", "weights", *_if(wide, "what was new")
    )
    for one in rows:
        facts = (str(one.date), one.name, size_words(one), context_words(one), one.weights or "—")
        shown.add_row(*map(console.literal, facts), *_if(wide, console.literal(one.novelty)))
    console.out().print(shown)


def size_words(release: Release) -> str:
    """Return the sizes of a release, as in `1B, 3B … 70B`; a dash where no source tells them."""
    texts = [str(size) for size in release.sizes]
    if len(texts) > 4:
        texts = [*texts[:2], "…", texts[-1]]
    return ", ".join(texts).replace(", …,", " …") or "—"


def context_words(release: Release) -> str:
    """Return the context of a release in tokens; a dash where no source tells it."""
    return f"{release.context_length:,}" if release.context_length else "—"


def _show_family(one: Family, as_json: bool) -> None:
    released = _released(one)
    if as_json:
        rows = [release.as_data() for release in released]
        console.write_json({**_family_data(one, released), "releases": rows})
        return
    out = console.out()
    out.print(f"[bold]{console.literal(one.name)}[/bold] by {console.literal(one.publisher)}")
    out.print(console.literal(one.about))
    facts = console.table("", "")
    facts.show_header = False
    for label, value in _facts(one):
        facts.add_row(label, console.literal(value))
    out.print()
    out.print(facts)
    out.print()
    release_table(released, out.width)


def _facts(one: Family) -> list[tuple[str, str]]:
    return [
        ("licences", ", ".join(one.licences) or "not stated"),
        ("in GGUF files", ", ".join(one.gguf) or "—"),
        ("in config.json", ", ".join(one.hub) or "—"),
        ("source", one.source),
    ]


def _family_data(one: Family, released: Sequence[Release]) -> dict[str, object]:
    from dataclasses import asdict

    first, last = str(released[0].date), str(released[-1].date)
    return {**asdict(one), "first_release": first, "last_release": last, "count": len(released)}


def _released(one: Family) -> Sequence[Release]:
    from hearth.models.catalogue import select_releases

    return select_releases(family_name=one.id)


def _if(wide: bool, *columns: str) -> tuple[str, ...]:
    return columns if wide else ()
