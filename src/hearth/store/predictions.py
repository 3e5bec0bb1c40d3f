"""The ledger of predictions: what was predicted of loads and answers, against what was measured.

Records are only added; a load's gets the memory that it took in the end, and the oldest go.
Everything here is synchronous and safe to call from several threads and processes at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, func, insert, select, update

from hearth.store.database import Database
from hearth.store.predicted import Condition, Figure, PredictionRecord, RecordKind
from hearth.store.tables import predictions

RECORDS_KEPT = 5000  # about 1 kB each


class Predictions:
    """All records of a database. Every method raises StoreError when the disk fails."""

    def __init__(self, database: Database, max_records: int = RECORDS_KEPT) -> None:
        """Use an open database; of the records the newest are kept."""
        self._database = database
        self._max_records = max_records

    def add(self, record: PredictionRecord) -> int:
        """Store a record and return its id; the oldest one goes where there are too many."""
        with self._database.write("note how a prediction came out") as connection:
            added = connection.execute(insert(predictions).values(**_columns(record)))
            (record_id,) = added.inserted_primary_key or (0,)
            # Ids only grow and no other rows are deleted, so that they count the records.
            oldest = predictions.c.id <= record_id - self._max_records
            connection.execute(delete(predictions).where(oldest))
            return int(record_id)

    def note_observed(self, record_id: int, observed: Mapping[str, float]) -> None:
        """Add what was observed of a record later on; nothing happens if it is gone."""
        own = predictions.c.id == record_id
        with self._database.write("note how a prediction came out") as connection:
            text = connection.scalar(select(predictions.c.observed).where(own))
            if text is not None:
                merged = _to_json({**_figures_by_name(text), **observed})
                connection.execute(update(predictions).where(own).values(observed=merged))

    def list(
        self,
        *,
        machine: str | None = None,
        identity: str | None = None,
        kind: RecordKind | None = None,
        limit: int = RECORDS_KEPT,
    ) -> list[PredictionRecord]:
        """Return records, newest first.

        Args:
            machine: Only those of the machine with this fingerprint.
            identity: Only those of the model with this identity.
            kind: Only loads, or only answers.
            limit: Most records.
        """
        query = select(predictions).order_by(predictions.c.id.desc()).limit(limit)
        if machine is not None:
            query = query.where(predictions.c.machine == machine)
        if identity is not None:
            query = query.where(predictions.c.identity == identity)
        if kind is not None:
            query = query.where(predictions.c.kind == kind)
        with self._database.read("read how predictions came out") as connection:
            return [_to_record(row) for row in connection.execute(query)]

    def count(self) -> int:
        """Return how many records there are."""
        with self._database.read("count the predictions") as connection:
            return _count(connection)


def _count(connection: Connection) -> int:
    return connection.scalar(select(func.count()).select_from(predictions)) or 0


def _columns(record: PredictionRecord) -> dict[str, object]:
    columns = {name: getattr(record, name) for name in record.__dataclass_fields__ if name != "id"}
    columns["kind"] = record.kind.value
    for name in ("conditions", "figures", "observed"):
        columns[name] = _to_json(columns[name])
    return columns


def _to_record(row: Row[Any]) -> PredictionRecord:
    return PredictionRecord(
        id=row.id,
        kind=RecordKind(row.kind),
        made_at=row.made_at,
        machine=row.machine,
        basis=row.basis,
        model=row.model,
        identity=row.identity,
        architecture=row.architecture,
        quantization=row.quantization,
        engine=row.engine,
        load_average=row.load_average,
        conditions=msgspec.json.decode(row.conditions, type=dict[str, Condition]),
        figures=msgspec.json.decode(row.figures, type=tuple[Figure, ...]),
        observed=_figures_by_name(row.observed),
    )


def _figures_by_name(text: str) -> dict[str, float]:
    return msgspec.json.decode(text, type=dict[str, float])


def _to_json(value: object) -> str:
    return msgspec.json.encode(value).decode()
