"""Records for the ledger of predictions, made up but whole."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hearth.store.predicted import Figure, Part, PredictionRecord, RecordKind

BEGAN = datetime(2026, 11, 22, tzinfo=UTC)


def record(
    part: Part = Part.DECODE,
    *,
    predicted: float = 100.0,
    measured: float = 100.0,
    model: str = "pico",
    quantization: str = "Q4_0",
    number: int = 0,
    **changes: object,
) -> PredictionRecord:
    """Return a record with one figure, predicted with a tenth to each side."""
    figure = Figure(
        part=part,
        predicted=predicted,
        low=0.9 * predicted,
        high=1.1 * predicted,
        measured=measured,
    )
    fields: dict[str, object] = {
        "kind": RecordKind.ANSWER,
        "made_at": BEGAN + timedelta(minutes=number),
        "machine": "0123456789abcdef",
        "basis": "abc",
        "model": model,
        "identity": model,
        "architecture": "llama",
        "quantization": quantization,
        "engine": "llama-cpp-python 0.3.36 AVX2",
        "load_average": 1.5,
        "conditions": {"threads": 2, "kv_type": "f16", "repack": True, "processors": 2},
        "figures": (figure,),
        "observed": {"anonymous_bytes": 1e8},
    }
    return PredictionRecord(**(fields | changes))  # type: ignore[arg-type]
