"""`hearth bench distance`: how far a model is from a reference."""

from __future__ import annotations

from typing import Annotated

import typer

from hearth.cli import console
from hearth.cli.bench.perplexity import MaxTokens, Text, Threads, absolute, draw_figures
from hearth.cli.bench.running import run_bench, show_notes
from hearth.cli.options import AsJson


def bench_distance(
    reference: Annotated[str, typer.Argument(help="The model that counts as right.")],
    candidate: Annotated[
        str, typer.Argument(help="The one that is compared with it; it may be the same.")
    ],
    *,
    text: Text = None,
    context: Annotated[int, typer.Option(help="Tokens of each window.")] = 512,
    kv_type: Annotated[str, typer.Option(help="Keys and values of the candidate.")] = "f16",
    rope: Annotated[str, typer.Option(help="Scaling of positions of the candidate.")] = "none",
    reference_kv_type: Annotated[
        str, typer.Option(help="Keys and values of the reference.")
    ] = "f16",
    reference_rope: Annotated[
        str, typer.Option(help="Scaling of positions of the reference.")
    ] = "none",
    max_tokens: MaxTokens = None,
    threads: Threads = None,
    as_json: AsJson = False,
) -> None:
    """Measure what a quantization, or another setting, changes in what a model expects.

    Both models run side by side on the same text: divergence (KL) of their distributions, how often
    both find the same token most likely, and what the right token loses.
    """
    from hearth.measure.perplexity import DistancePlan, Side

    plan = DistancePlan(
        reference=reference,
        candidate=candidate,
        text=absolute(text),
        context=context,
        reference_side=Side(kv_type=reference_kv_type, rope=reference_rope),
        candidate_side=Side(kv_type=kv_type, rope=rope),
        max_tokens=max_tokens,
        threads=threads,
    )
    record = run_bench("distance", " ".join(plan.command[3:]), plan.arguments())
    if as_json:
        console.write_json(record)
        return
    draw_figures(record)
    show_notes(record)
