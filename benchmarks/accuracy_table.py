"""The tables of `plan_accuracy.py`: errors by group, and the worst."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

# Per cent: the median of the errors' sizes, and their 90th percentile.
TARGETS = {"memory": (1.0, 3.0), "decode": (6.0, 12.0), "prompt": (8.0, 15.0)}


def report(rows: Sequence[dict[str, object]]) -> str:
    """Return the tables: all of it, by group, and the worst."""
    lines = ["", f"{len(rows)} combinations; errors in per cent, P50 / P90 of their sizes", ""]
    groups: defaultdict[str, list[dict[str, object]]] = defaultdict(list)
    for row in rows:
        groups["all"].append(row)
        for name in ("architecture", "quantization", "kv_type"):
            groups[f"{name} {row[name]}"].append(row)
    lines.append(f"{'group':<30} {'n':>3}  {'memory':>13}  {'decode':>13}  {'prompt':>13}")
    for name, members in sorted(groups.items(), key=lambda pair: (pair[0] != "all", pair[0])):
        cells = "  ".join(f"{_pair(members, what):>13}" for what in TARGETS)
        lines.append(f"{name:<30} {len(members):>3}  {cells}")
    lines += ["", "targets: " + ", ".join(f"{k} {a:g} / {b:g}" for k, (a, b) in TARGETS.items())]
    once = ", ".join(f"{what} {_pair(rows, what, '_once')}" for what in ("decode", "prompt"))
    lines.append(f"from kernels that were timed once, at the beginning: {once}")
    for what in TARGETS:
        worst = sorted(rows, key=lambda row: -abs(error_of(row, what)))[:5]
        lines.append(f"worst {what}:")
        lines += [f"  {row['key']:<50} {error_of(row, what):+6.1f}" for row in worst]
    return "\n".join(lines)


def _pair(rows: Sequence[dict[str, object]], what: str, how: str = "") -> str:
    sizes = [abs(error_of(row, what, how)) for row in rows]
    return f"{percentile(sizes, 0.5):.1f} / {percentile(sizes, 0.9):.1f}"


def error_of(row: dict[str, object], what: str, how: str = "") -> float:
    """Return by how many per cent a prediction of a row was off.

    Args:
        row: Of the results file.
        what: "memory", "decode" or "prompt".
        how: "_once" for one from kernels that were timed at the beginning, of a speed.
    """
    return float(row[f"{what}_error{how}"])  # type: ignore[arg-type]


def percentile(values: Sequence[float], part: float) -> float:
    """Return a percentile by the nearest rank."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, max(0, -(-int(part * len(ranked) * 1000) // 1000) - 1))]
