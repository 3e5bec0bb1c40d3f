"""`hearth advise`: what to buy for a model, ranked by what it would do for its answers."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hearth.cli import console, door
from hearth.cli.options import AsJson
from hearth.cli.plan import Context, On, Users

if TYPE_CHECKING:
    from hearth.plan.advise import Advice, Advised, Prices
    from hearth.plan.choose import Offer

WIDE = 110  # columns of a terminal from which on there is room for what binds next

Model = Annotated[
    str, typer.Option("--model", "-m", help="A model, as `hearth plan` takes it.", metavar="MODEL")
]
Quant = Annotated[
    str | None, typer.Option("--quant", help="Quantization; default: the file's, else Q4_K_M.")
]
Budget = Annotated[float | None, typer.Option("--budget", help="The most that may be spent.")]
Currency = Annotated[
    str | None, typer.Option("--currency", help="The word for money; default: EUR.")
]
Price = Annotated[
    list[str] | None,
    typer.Option(
        "--price", help='What something costs: "RTX 4090=1600"; may be repeated.', metavar="ITEM=N"
    ),
]
PriceFile = Annotated[
    Path | None,
    typer.Option("--prices", help="A TOML file with a table [prices].", metavar="FILE"),
]
Top = Annotated[int, typer.Option("--top", help="Rows of each kind.", min=1)]


def advise(
    *,
    model: Model,
    quant: Quant = None,
    context: Context = None,
    users: Users = None,
    budget: Budget = None,
    currency: Currency = None,
    price: Price = None,
    prices: PriceFile = None,
    on: On = None,
    top: Top = 5,
    as_json: AsJson = False,
) -> None:
    """Rank upgrades for a model: capacity first, then bandwidth; and say what would not help.

    Prices are yours to enter: nothing is looked up. Without any, upgrades rank by gain alone.
    """
    from hearth.plan.advise import advice_data, advise_by_name
    from hearth.plan.choose.wishes import wishes_of

    found = advise_by_name(
        door.settings(),
        model,
        wishes_of(quantization=quant, context=context, users=users),
        machine=on,
        budget=budget,
        prices=_prices(price or [], prices),
        currency=currency,
    )
    if as_json:
        console.write_json(advice_data(found))
    else:
        _draw(found, top)


def _prices(entries: Iterable[str], file: Path | None) -> Prices:
    from hearth.plan.advise import Prices, parse_prices, read_prices

    kept = read_prices(file) if file else Prices()
    return kept.and_more(parse_prices(entries))


def _draw(found: Advice, top: int) -> None:
    from hearth.plan.advise import KINDS

    out = console.out()
    out.print(f"[bold]{console.literal(f'{found.model} on {found.machine}')}[/bold]")
    out.print(console.literal(_now(found.now)))
    for kind in KINDS:
        rows = found.of_kind(kind)
        if rows:
            _draw_kind(found, kind, rows, top)
    if not found.rows:
        out.print(
            "\nNo upgrade of the catalogue helps" + (" within the budget." if found.budget else ".")
        )
    out.print("\n[bold]Would not help[/bold]")
    for sentence in found.useless:
        out.print(f"  {console.literal(sentence)}")
    for sentence in found.unknown:
        out.print(f"[dim]Not weighed: {console.literal(sentence)}.[/dim]")
    _note_prices(found)


def _now(now: Offer) -> str:
    if not now.fits:
        lacks = sum(
            max(0, share.total_bytes - (share.budget.free_bytes or share.total_bytes))
            for share in now.devices
        )
        return f"Now: too large, {console.size(lacks)} of memory are missing."
    if now.decode is None or now.speeds is None:
        return "Now: it fits; its speed is not known (`hearth machine measure` measures)."
    from hearth.plan.units import digits

    speed = now.speeds.decode
    share = f", {speed.limit_share:.0%} of it used" if speed.limit_share else ""
    return f"Now: {digits(now.decode)} tokens/s, limited by {speed.limit}{share}."


def _draw_kind(found: Advice, kind: str, rows: list[Advised], top: int) -> None:
    out = console.out()
    wide = out.width >= WIDE
    money = (f">{console.literal(found.currency)}",) if found.has_prices else ()
    binds = ("then limited by",) if wide else ()
    shown = console.table(kind, ">tokens/s", ">gain", *money, "lifts", *binds)
    for row in rows[:top]:
        price = ("—" if row.price is None else f"{row.price:,.0f}",) if money else ()
        then = (console.literal(row.next_limit),) if wide else ()
        cells = (console.literal(row.name), *_speed_cells(row), *price, console.literal(row.lifts))
        shown.add_row(*cells, *then)
    out.print()
    out.print(shown)
    if len(rows) > top:
        out.print(f"[dim]and {len(rows) - top} others; --top shows more[/dim]")


def _speed_cells(row: Advised) -> tuple[str, str]:
    from hearth.plan.units import digits

    speed = digits(row.tokens_per_s) if row.tokens_per_s else "not known"
    return speed, "fits" if row.gain is None else f"x {row.gain:.2g}"


def _note_prices(found: Advice) -> None:
    if not found.has_prices:
        wish = "the budget cannot be applied" if found.budget is not None else "ranked by gain"
        console.note(f'No prices were entered: {wish}. For example --price "RTX 4090=1600".')
        return
    if found.over_budget:
        console.note(f"Over the budget, though they would help: {found.over_budget}.")
    if found.budget is not None:
        console.note("A dash for a price: none was entered, so that the budget says nothing of it.")
