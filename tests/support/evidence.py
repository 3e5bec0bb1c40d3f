"""Measurements for the ledger of evidence, made up but whole."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hearth.measure.evidence import Circumstances, Draft, Figure, Subject, Table

BEGAN = datetime(2026, 11, 22, 7, 30, 0, 123456, tzinfo=UTC)
PICO = Subject(
    name="pico",
    digest="ab" * 32,
    identity="cd" * 32,
    template="ef" * 32,
    architecture="llama",
    quantization="F32",
    size_bytes=438_944,
)
ITEMS = Table(
    columns=("question", "p", "is_right", "note"),
    rows=(("Is ice cold? | \n`x`", 0.75, True, None), ("Çe <b>n'est</b> 木", 1, False, "odd")),
)


def circumstances(number: int = 0, **changes: Any) -> Circumstances:
    """Return where and when a measurement was made."""
    fields: dict[str, Any] = {
        "begun_at": BEGAN + timedelta(minutes=number),
        "seconds": 12.5,
        "machine": "0123456789abcdef",
        "machine_facts": {"processor": "Test CPU, 2 threads", "memory": "23.5 GiB DDR5"},
        "engine": "llama-cpp-python 0.3.36 (1-2)",
        "hearth": "0.1.0",
        "load_before": 0.25,
        "load_after": 2.0,
    }
    return Circumstances(**(fields | changes))


def draft(number: int = 0, *, value: float = 57.3, **changes: Any) -> Draft:
    """Return a measurement of a speed with its interval, and of a load from one run."""
    fields: dict[str, Any] = {
        "kind": "speed",
        "subjects": (PICO,),
        "circumstances": circumstances(number),
        "summary": {
            "decode": Figure(
                value=value,
                low=value - 0.5,
                high=value + 0.6,
                unit="tokens/s",
                how="median of 5 runs",
                higher_is="better",
            ),
            "load": Figure(value=0.2345678, unit="s"),
        },
        "repeats": {"decode": (value - 0.5, value, value + 0.6)},
        "settings": {"prompt_tokens": [512, 1024], "kv_type": "f16", "number": number},
        "seed": 7,
        "command": ("hearth", "bench", "speed", "pico"),
    }
    return Draft(**(fields | changes))
