"""A plan as a page of tables: verdict, memory, speeds, choices, alternatives, what to type next."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from hearth.cli import console

if TYPE_CHECKING:
    from hearth.plan.arithmetic import Range
    from hearth.plan.choose import DeviceShare, ModelPlan, Offer
    from hearth.plan.roofline import Speed

BAR_CHARS = 10
_VERDICTS = {
    "fits": ("bold green", "FITS"),
    "too large": ("bold red", "TOO LARGE"),
    "not known": ("bold yellow", "MEMORY NOT KNOWN"),
}


def draw(plan: ModelPlan) -> None:
    """Draw a plan."""
    out = console.out()
    colour, verdict = _VERDICTS[plan.verdict]
    title = f"{plan.model} at {plan.offer.settings.quantization} on {plan.machine}"
    out.print(f"[{colour}]{verdict}[/]  [bold]{console.literal(title)}[/bold]")
    out.print(f"by {console.literal(plan.source)}", style="dim")
    _draw_memory(plan)
    _draw_speeds(plan)
    _draw_choices(plan)
    _draw_alternatives(plan)
    for note in plan.notes:
        out.print(f"[dim]note: {console.literal(note)}[/dim]")
    if plan.next_steps:
        out.print("\n[bold]Next[/bold]")
        for command in plan.next_steps:
            out.print(f"  {console.literal(command)}")


def _draw_memory(plan: ModelPlan) -> None:
    out = console.out()
    shown = console.table(
        "memory", ">weights", ">keys, values", ">rest", ">in all", ">may take", ""
    )
    for share in plan.offer.devices:
        shown.add_row(*_device_cells(share))
    out.print()
    out.print(shown)
    for share in plan.offer.devices:
        if not share.fits:
            free = share.budget.free_bytes or 0
            over = console.size(share.total_bytes - free)
            out.print(f"{console.literal(share.budget.name)} lacks {over}.")
    for share in plan.offer.devices:
        text = f"{share.budget.name}: {share.budget.reason}"
        out.print(f"[dim]{console.literal(text)}[/dim]")


def _device_cells(share: DeviceShare) -> Iterator[str]:
    free = share.budget.free_bytes
    yield console.literal(share.budget.name)
    yield console.size(share.weights_bytes)
    yield console.size(share.kv_bytes)
    yield console.size(share.other_bytes)
    yield f"[bold]{console.size(share.total_bytes)}[/bold]"
    yield "not known" if free is None else console.size(free)
    yield bar(share.total_bytes / free) if free else ""


def bar(part: float) -> str:
    """Return a bar that is filled to a part, with the part in words."""
    full, empty = "█░" if (sys.stdout.encoding or "").casefold().startswith("utf") else "#."
    filled = min(BAR_CHARS, max(1, round(part * BAR_CHARS)))
    return f"{full * filled}{empty * (BAR_CHARS - filled)} {part:.0%}"


def _draw_speeds(plan: ModelPlan) -> None:
    out = console.out()
    speeds = plan.offer.speeds
    out.print()
    if speeds is None:
        out.print(f"[bold]speed[/bold]  not known: {console.literal(plan.missing or '')}")
        return
    shown = console.table("speed", ">likely", ">between", "what limits it")
    for cells in _speed_rows(plan, plan.offer):
        shown.add_row(*map(console.literal, cells))
    out.print(shown)
    for correction in plan.corrections:
        out.print(f"[dim]corrected: {console.literal(correction)}[/dim]")


def _speed_rows(plan: ModelPlan, offer: Offer) -> Iterator[tuple[str, str, str, str]]:
    from hearth.plan.units import duration

    speeds = offer.speeds
    assert speeds is not None  # the caller has looked
    tokens = min(plan.wishes.prompt_tokens, offer.settings.context)
    yield f"prompt of {tokens:,}", *_speed_cells(speeds.prompt)
    first = speeds.first_token_s
    yield "first token", *_range_cells(first, duration), "the prompt, then one step"
    many = f"{offer.settings.users} answers" if offer.settings.users > 1 else "answer"
    yield f"{many} behind it", *_speed_cells(speeds.decode)
    for name, time in (("cold", speeds.load.cold_s), ("warm", speeds.load.warm_s)):
        if time is not None:
            source = "the disk" if name == "cold" else "memory, from the system's cache"
            yield f"loading, {name}", *_range_cells(time, duration), source


def _speed_cells(speed: Speed) -> tuple[str, str, str]:
    from hearth.plan.units import digits

    cells = _range_cells(speed.estimate, digits)
    if speed.estimate is None:
        return *cells, "how fast its devices compute is not known"
    likely = f"{cells[0]} tokens/s"
    used = f", {speed.limit_share:.0%} of it used" if speed.limit_share is not None else ""
    return likely, cells[1], f"{speed.limit}{used}"


def _range_cells(figure: Range | None, words: Callable[[float], str]) -> tuple[str, str]:
    if figure is None:
        return "not known", ""
    if figure.low == figure.high:
        return words(figure.likely), ""
    return words(figure.likely), f"{words(figure.low)} to {words(figure.high)}"


def _draw_choices(plan: ModelPlan) -> None:
    from hearth.plan.choose import quality_words

    out = console.out()
    shown = console.table("choice", "", "why")
    for name, choice in plan.choices.items():
        shown.add_row(name, console.literal(choice.value), console.literal(choice.reason))
    shown.add_row("quality", quality_words(plan.offer.loss), "against the model as trained")
    out.print()
    out.print(shown)


def _draw_alternatives(plan: ModelPlan) -> None:
    out = console.out()
    out.print()
    if not plan.alternatives:
        out.print("Nothing else fits, either." if not plan.fits else "There is no other choice.")
        return
    shown = console.table("ways out" if not plan.fits else "instead", "", "what it changes")
    last = ""
    for each in plan.alternatives:
        kind = each.kind if each.kind != last else ""
        last = each.kind
        shown.add_row(kind, console.literal(each.what), console.literal(each.cost))
    out.print(shown)
