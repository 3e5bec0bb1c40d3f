"""The catalogue as tables: which names a description may use, and their figures."""

from __future__ import annotations

from hearth.cli import console
from hearth.cli.machine.figures import rate, time_words


def draw_catalogue() -> None:
    """Draw GPUs, kinds of memory, and links."""
    from hearth.machine import catalogue

    out = console.out()
    shown = console.table("GPU or chip", ">memory", ">bandwidth", ">16 bits", "")
    for gpu in catalogue.gpus():
        flops = rate(gpu.flops_f16())
        memory = f"{gpu.memory_gb:g} GB"
        note = "shares memory" if gpu.shares_memory else ""
        shown.add_row(console.literal(gpu.name), memory, rate(gpu.bandwidth()), flops, note)
    out.print(shown)
    shown = console.table("memory", ">one channel", ">MT/s", ">bandwidth of one channel")
    for row in catalogue.memory_kinds():
        slow, fast = (
            row.bandwidth(rate, row.channel_bits) for rate in (row.min_mt_s, row.max_mt_s)
        )
        rates = f"{row.min_mt_s} to {row.max_mt_s}"
        shown.add_row(row.kind, f"{row.channel_bits} bits", rates, f"{rate(slow)} to {rate(fast)}")
    out.print()
    out.print(shown)
    shown = console.table("link or disk", "", ">one direction", ">latency")
    for link in catalogue.links():
        lane = " a lane" if link.per_lane else ""
        shown.add_row(
            link.name, link.group, f"{rate(link.bandwidth())}{lane}", time_words(link.latency())
        )
    out.print()
    out.print(shown)
