"""What the child tells of the harness's scores: figures, and what they are made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from lm_eval.api.task import Task

from hearth.measure.harness.answerers import gold, num_choices, target

# What the harness must find for texts of which each byte takes a known number of bits.
_PER_BYTE: Mapping[str, Callable[[float], float]] = {
    "bits_per_byte": lambda bits: bits,
    "byte_perplexity": lambda bits: 2.0**bits,
}
CLOSE = 1e-6
RIGHT = ("acc", "exact_match", "acc_norm")  # what counts as right, the first that a task has


def told(results: Mapping[str, Any]) -> dict[str, Any]:
    """Return figures and items of every task, as plain data."""
    return {
        name: {
            "figures": _figures(found),
            "items": [_item(sample) for sample in results["samples"][name]],
            "values": _values(results["samples"][name]),
        }
        for name, found in results["results"].items()
        if name in results["samples"]
    }


def tally(name: str, task: Task, results: Mapping[str, Any], bits_per_byte: float) -> list[int]:
    """Return how many answers of a task were scored as right, and of how many.

    A task that measures texts counts as one answer: right where it finds the bits for each byte
    that were put in.
    """
    samples = results["samples"][name]
    metric = next((metric for metric in RIGHT if metric in samples[0]), None)
    if metric is not None:
        first = [sample for sample in samples if sample["filter"] == samples[0]["filter"]]
        return [sum(float(sample[metric]) == 1.0 for sample in first), len(first)]
    found = _figures(results["results"][name])
    for metric, expected in _PER_BYTE.items():
        value = found[metric]["value"] if metric in found else None
        if value is not None:
            wanted = expected(bits_per_byte)
            return [int(abs(value - wanted) <= CLOSE * wanted), 1]
    return [0, 0]  # of which no control passes


def chance(task: Task) -> float:
    """Return the share of a task's answers that is right by guessing."""
    if task.OUTPUT_TYPE == "multiple_choice":
        firsts = [each for each in task.instances if each.idx == 0]
        return sum(len(gold(task, each)) / num_choices(task, each) for each in firsts) / len(firsts)
    if task.OUTPUT_TYPE == "generate_until":
        answers = Counter(target(task, each) for each in task.instances)
        return sum(count**2 for count in answers.values()) / answers.total() ** 2
    return 1.0 if task.OUTPUT_TYPE == "loglikelihood_rolling" else 0.5


def _figures(found: Mapping[str, Any]) -> dict[str, dict[str, float | None]]:
    """Return the numbers of a task, by metric, and by filter where it is not the plain one."""
    figures: dict[str, dict[str, float | None]] = {}
    for key, value in found.items():
        metric, _, chosen = key.partition(",")
        if not chosen or metric.endswith("_stderr") or not isinstance(value, int | float):
            continue
        error = found.get(f"{metric}_stderr,{chosen}")
        name = metric if chosen == "none" else f"{metric} ({chosen})"
        figures[name] = {
            "value": float(value),
            "stderr": float(error) if isinstance(error, int | float) else None,
        }
    return figures


def _values(samples: list[dict[str, Any]]) -> dict[str, list[float]]:
    """Return each metric's value for each item, where each item has one by itself."""
    found: dict[str, list[float]] = {}
    for sample in samples:
        for metric in sample["metrics"]:
            if isinstance(sample[metric], int | float):
                chosen = sample["filter"]
                name = metric if chosen == "none" else f"{metric} ({chosen})"
                found.setdefault(name, []).append(float(sample[metric]))
    return found


def _item(sample: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": sample["doc_id"],
        "filter": sample["filter"],
        "target": str(sample["target"]),
        "answers": sample["resps"],
        "prompt": sample["prompt_hash"],
    }
