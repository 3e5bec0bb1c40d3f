"""From what the child told to a record's figures, items and notes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from hearth.measure.asking import figure, table
from hearth.measure.controls import against_chance
from hearth.measure.evidence import Figure, Table
from hearth.measure.statistics import Interval, wilson
from hearth.measure.statistics.interval import LEVEL, normal_quantile


def told_from_chance(tasks: Mapping[str, Any], chance: Mapping[str, float]) -> list[str]:
    """Return for each task with right and wrong answers whether its score says anything."""
    return [
        f"{task}: {against_chance(round(sum(values)), len(values), chance[task])}."
        for task, told in tasks.items()
        for metric, values in told["values"].items()
        if metric in ("acc", "exact_match") and set(values) <= {0.0, 1.0}
    ]


def summary(tasks: Mapping[str, Any]) -> dict[str, Figure]:
    """Return every figure of every task, with its interval."""
    return {
        f"{task}: {metric}": _figure(one, found["values"].get(metric))
        for task, found in tasks.items()
        for metric, one in found["figures"].items()
    }


def _figure(one: Mapping[str, Any], values: list[float] | None) -> Figure:
    """Return a share with Wilson's interval, and any other mean with the harness's own error."""
    if values and set(values) <= {0.0, 1.0}:
        return figure(wilson(sum(values), len(values)))
    if one["stderr"] is None:
        return Figure(value=one["value"], how="of lm-evaluation-harness, without an error")
    half = normal_quantile(LEVEL) * one["stderr"]
    value = one["value"]
    return figure(
        Interval(
            value=value,
            low=value - half,
            high=value + half,
            level=LEVEL,
            how="standard error of lm-evaluation-harness",
        )
    )


def items(tasks: Mapping[str, Any]) -> Table:
    """Return a row for each item of each task."""
    return table(
        [
            {
                "task": task,
                "id": item["id"],
                "filter": item["filter"],
                "target": item["target"],
                "answers": json.dumps(item["answers"]),
                "prompt": item["prompt"],
            }
            for task, found in tasks.items()
            for item in found["items"]
        ]
    )
