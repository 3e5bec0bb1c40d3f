"""The group `hearth bench`: which measurements there are. One line for each."""

from __future__ import annotations

import typer

from hearth.cli.bench.compare import bench_compare
from hearth.cli.bench.distance import bench_distance
from hearth.cli.bench.perplexity import bench_perplexity
from hearth.cli.bench.quants import bench_quants
from hearth.cli.bench.speed import bench_speed

app = typer.Typer(help="Measure models, so that others would believe it.", no_args_is_help=True)
app.command("speed")(bench_speed)
app.command("compare")(bench_compare)
app.command("perplexity")(bench_perplexity)
app.command("distance")(bench_distance)
app.command("quants")(bench_quants)


@app.callback()
def bench() -> None:
    """Measure models, so that others would believe it: each figure has its record and replays."""
