"""docs/benchmarks.md: every row that was measured, the losing ones too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from workloads.cases import SPEED, Case, Workload
from workloads.results import Conditions, Results
from workloads.summary import MISSED, OPEN, Row, against_steps, summarize

HEAD = """\
# Benchmarks

Each row compares two sides that were measured in turn, seconds apart, in the order A B B A. *Times
better* is the median over such blocks of how many times faster the first side was, with its 95 %
interval (percentile bootstrap over blocks); *best* is the ratio of each side's best sample, which
nothing disturbed. A block counts only if the machine was quiet before each of its samples: nobody
else computing, and a fixed piece of work about as fast as it has ever been there. Rows whose target
the interval does not reach say so.

    python benchmarks/run.py                  # all of it, some hours; goes on where it was stopped
    python benchmarks/run.py --list           # what there is
    python benchmarks/run.py --only W1,W6 --models starter --out mine.jsonl
    python benchmarks/run.py --peer starter llama-server http://127.0.0.1:8081 default
    python benchmarks/run.py --page mine.jsonl   # this page, from the figures of that file

The model files are made by the benchmark: the starter as it is shipped (Q4_1) and as Q4_0, and a
llama shape of 1.07 billion random weights (16 layers, width 2,048, 32 heads of which 8 for keys,
49,152 tokens) in three quantizations. Speed does not depend on what the weights are; what is copied
or guessed does, and is measured with the starter. Counters (tokens computed, tokens guessed) are
medians of the first side; what they must be is also tested without a clock.
"""
EMPTY = "Nothing was measured yet."


def render(results: Sequence[Results], workloads: Sequence[Workload]) -> str:
    """Return the page.

    Args:
        results: Files of blocks.
        workloads: What can be measured, in the order of the page.
    """
    parts = [HEAD]
    for each in results:
        parts.append("\n".join(_section(each, workloads)))
    if not results:
        parts.append(EMPTY)
    return "\n".join(parts).rstrip("\n") + "\n"


def rows_of(results: Results, workloads: Sequence[Workload]) -> list[Row]:
    """Return the rows of a file in the order of the page."""
    rows: list[Row] = []
    for workload in workloads:
        found = (
            summarize(workload, case, results.of(workload.key(case))) for case in workload.cases
        )
        rows += against_steps([row for row in found if row is not None])
    return rows


def _section(results: Results, workloads: Sequence[Workload]) -> Iterator[str]:
    yield from _conditions(results.conditions)
    rows = rows_of(results, workloads)
    yield from _lost(rows)
    titles = dict.fromkeys((row.workload.number, row.workload.title) for row in rows)
    for number, title in sorted(titles, key=lambda each: int(each[0][1:])):
        group = [
            row for row in rows if (row.workload.number, row.workload.title) == (number, title)
        ]
        yield f"\n### {number}: {title}\n"
        yield "| model | case | first | second | unit | first | second | times better | best |"
        yield "|---|---|---|---|---|---:|---:|---|---:|"
        for row in group:
            yield _line(row)
        yield ""
        yield from _details(group)


def _conditions(found: Sequence[Conditions]) -> Iterator[str]:
    conditions = found[-1]
    commits = ", ".join(dict.fromkeys(each.commit for each in found))
    yield f"\n## {conditions.processor}, {conditions.cores} cores\n"
    yield (
        f"Hearth {conditions.hearth} at {commits}; {conditions.engine}; "
        f"{conditions.memory_gb:g} GB of memory; {conditions.system}. The fixed work before "
        f"a sample was within {conditions.tolerance:.0%} of its best time."
    )


def _lost(rows: Sequence[Row]) -> Iterator[str]:
    judged = [row for row in rows if row.verdict]
    missed = [row for row in judged if row.verdict == MISSED]
    open_ones = [row for row in judged if row.verdict == OPEN]
    yield (
        f"\n{len(judged) - len(missed) - len(open_ones)} of {len(judged)} targets are reached, "
        f"{len(missed)} are missed, {len(open_ones)} cannot be told from these blocks."
    )
    for name, group in (("Missed", missed), ("Cannot be told", open_ones)):
        for row in group:
            found = _ratio(row) if row.ratio else _figure(row.value.value, row.case)
            where = f"{row.workload.number}, {row.workload.model}, {row.case.name}"
            yield f"\n- {name}: {where} ({row.target}): {found}"


def _line(row: Row) -> str:
    against = row.workload.baseline.label if row.workload.baseline else "-"
    other = "-" if row.baseline is None else _figure(row.baseline, row.case)
    best = "-" if row.best_ratio is None else f"{row.best_ratio:.3g}"
    return (
        f"| {row.workload.model} | {row.case.name} | {row.workload.subject.label} | {against} "
        f"| {row.case.unit} | {_figure(row.subject, row.case)} | {other} | {_ratio(row)} | {best} |"
    )


def _details(rows: Sequence[Row]) -> Iterator[str]:
    yield "| model | case | blocks | left out | target | reached | counters |"
    yield "|---|---|---:|---:|---|---|---|"
    for row in rows:
        yield (
            f"| {row.workload.model} | {row.case.name} | {row.num_counted} | {row.num_left_out} "
            f"| {row.target} | {row.verdict} | {'; '.join(_counters(row.counters))} |"
        )


def _counters(counters: dict[str, float]) -> Iterable[str]:
    return (f"{name.replace('_', ' ')} {value:.4g}" for name, value in counters.items())


def _ratio(row: Row) -> str:
    if row.ratio is None:
        return f"{row.value.low:.3g} to {row.value.high:.3g} {row.case.unit}"
    return f"**{row.ratio.value:.3f}** ({row.ratio.low:.3f} to {row.ratio.high:.3f})"


def _figure(value: float, case: Case) -> str:
    return f"{value:.1f}" if case.unit == SPEED else f"{value:.3f}"
