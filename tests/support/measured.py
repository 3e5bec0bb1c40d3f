"""Measurements that nobody made, for tests that look at how evidence is shown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from hearth.measure.evidence import Circumstances, Draft, Figure, Subject, Table

MADE_AT = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)
DIGEST = "c0ffee" * 10 + "abcd"

SPEED = {
    "answer tokens/s": Figure(
        value=57.3, low=56.8, high=57.9, unit="tokens/s", how="median of 7", higher_is="better"
    ),
    "first token": Figure(value=0.085, low=0.08, high=0.091, unit="s", higher_is="worse"),
    "energy": Figure(value=12.0, unit="J"),
}


def draft(
    kind: str = "speed",
    name: str = "pico",
    summary: Mapping[str, Figure] = SPEED,
    **changes: Any,
) -> Draft:
    """Return a measurement; whatever is given replaces what it would have."""
    values: dict[str, Any] = {
        "kind": kind,
        "subjects": (Subject(name=name, digest=DIGEST, quantization="Q4_0", size_bytes=4_000_000),),
        "circumstances": Circumstances(
            begun_at=MADE_AT,
            seconds=12.5,
            machine="f00d" * 8,
            machine_facts={"processor": "A processor of no make", "memory": "16 GB"},
            engine="llama.cpp b1",
            hearth="0.1",
            load_before=0.5,
            load_after=1.0,
            disturbances=("the processor was throttled for 3 s",),
        ),
        "summary": summary,
        "repeats": {"answer tokens/s": (56.8, 57.0, 57.3, 57.6, 57.9)},
        "settings": {"answer_tokens": 64, "prompt_lengths": (512,)},
        "seed": 7,
        "command": ("hearth", "bench", kind, name),
        "notes": ("the prompts were made of made-up words.",),
    }
    return Draft(**(values | changes))


def items() -> Table:
    """Return two questions with their answers."""
    return Table(columns=("text", "log_odds"), rows=(("Water is wet.", 1.25), ("<b>", None)))
