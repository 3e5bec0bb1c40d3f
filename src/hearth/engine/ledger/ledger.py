"""The ledger as the pool and its models use it: they tell what happened and go on.

Everything public here returns at once and is called on the event loop; the work is done by the
writer's thread.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hearth.config import Config
from hearth.core import Timings, Usage
from hearth.engine.footprint import Footprint, footprint_of, proportional_bytes
from hearth.engine.ledger.answer_record import AnswerFacts, answer_conditions, answer_figures
from hearth.engine.ledger.load_facts import LoadFacts
from hearth.engine.ledger.load_record import load_conditions, load_figures
from hearth.engine.ledger.traffic import Crowd
from hearth.engine.ledger.writer import LedgerWriter
from hearth.errors import InvalidRequest
from hearth.machine.keep import this_machine
from hearth.machine.profile import MachineProfile
from hearth.models.library.hashing import digest_of_files
from hearth.models.library.identity import sample
from hearth.plan.accuracy import basis_of
from hearth.plan.flash import OFF
from hearth.plan.layouts import PLAIN, WITH_READER
from hearth.plan.load_time import LoadTime
from hearth.plan.shape import ModelShape, shape_of
from hearth.plan.speeds import Speeds, predict_speeds
from hearth.store.predicted import Condition, Figure, PredictionRecord, RecordKind

if TYPE_CHECKING:
    from hearth.store.predictions import Predictions

ANSWER_INTERVAL_S = 60.0  # of one loaded model; more would only say the same again


class Ledger:
    """Notes loads and answers of this process.

    Args:
        config: Names the database, and the home with the machine's figures.
        answer_interval_s: Least time between two answers of one model that are noted.
    """

    def __init__(self, config: Config, answer_interval_s: float = ANSWER_INTERVAL_S) -> None:
        self._config = config
        self._writer = LedgerWriter(config)
        self._answer_interval_s = answer_interval_s

    def opened(self, facts: LoadFacts) -> ModelLedger:
        """Note a load, and return what notes the answers of its model."""
        book = _Book(facts, self._config)
        load_average = _load_average()
        self._writer.submit(lambda predictions: book.note_load(predictions, load_average))
        return ModelLedger(book, self._writer, self._answer_interval_s)

    def close(self) -> None:
        """Write what waits; takes some seconds at most, so call it in a thread."""
        self._writer.close()


class ModelLedger:
    """Notes answers of one loaded model; made by `Ledger.opened`."""

    def __init__(self, book: _Book, writer: LedgerWriter, interval_s: float) -> None:
        self._book = book
        self._writer = writer
        self._interval_s = interval_s
        self._next_s = time.monotonic()
        self._num_answers = 0

    def answered(self, usage: Usage, timings: Timings, crowd: Crowd | None) -> None:
        """Take in how an answer went; one that tells something is noted now and then.

        Args:
            usage: Its tokens.
            timings: Its seconds, as the worker took them.
            crowd: Who was computed beside it; None where that is not known.
        """
        self._num_answers += 1
        if self._num_answers == 1:
            # Read at once, in microseconds: the worker may end before the thread comes to it.
            taken = footprint_of(self._book.worker_pid)
            self._writer.submit(lambda predictions: self._book.note_taken(predictions, taken))
        if crowd is None or time.monotonic() < self._next_s:
            return
        facts = AnswerFacts(
            usage=usage,
            timings=timings,
            crowd=crowd,
            number=self._num_answers,
            load_average=_load_average(),
        )
        if facts.tells_prompt_speed or facts.tells_decode_speed:
            self._next_s = time.monotonic() + self._interval_s
            self._writer.submit(lambda predictions: self._book.note_answer(predictions, facts))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Basis:
    """What predictions of one model are made from; without measurements, no name and no shape."""

    machine: str
    name: str
    identity: str
    profile: MachineProfile
    shape: ModelShape | None

    def load_time(self, facts: LoadFacts) -> LoadTime | None:
        if self.shape is None:
            return None
        try:
            return self.speeds(facts).load
        except InvalidRequest:
            return None  # its layers lie on a device that has no figures

    def speeds(
        self, facts: LoadFacts, prompt_tokens: int = 512, depth: int = 0, batch: int = 1
    ) -> Speeds:
        assert self.shape is not None, "asked for only where the machine was measured"
        return predict_speeds(
            self.shape,
            self.profile,
            prompt_tokens=prompt_tokens,
            depth=depth,
            batch=batch,
            kv_type=facts.plan.kv_type.value,
            flash=facts.plan.flash_attention.value != OFF,
            reads_apart=facts.plan.layout.value in WITH_READER,
            gpu_layers=facts.plan.gpu_layers.value,
            repack=facts.plan.layout.value != PLAIN,
        )


class _Book:
    """Makes the records of one loaded model. Only the writer's thread uses it."""

    def __init__(self, facts: LoadFacts, config: Config) -> None:
        self.worker_pid = facts.worker_pid
        self._facts = facts
        self._config = config
        self._known: _Basis | None = None
        self._load_id: int | None = None

    def note_load(self, predictions: Predictions, load_average: float | None) -> None:
        basis = self._basis()
        facts, memory = self._facts, self._facts.ready.memory
        observed = {"loading_s": facts.loading_s}
        if memory is not None:
            observed["anonymous_bytes"] = memory.anonymous_bytes
            observed["file_bytes"] = memory.file_bytes
        record = self._record(
            basis,
            kind=RecordKind.LOAD,
            load_average=load_average,
            conditions=load_conditions(facts),
            figures=load_figures(facts, basis.load_time(facts)),
            observed=observed,
        )
        self._load_id = predictions.add(record)

    def note_taken(self, predictions: Predictions, taken: Footprint | None) -> None:
        """Add to the load's record what the worker takes once it has computed."""
        if self._load_id is None or taken is None:
            return
        observed: dict[str, float] = {
            "answered_anonymous_bytes": taken.anonymous_bytes,
            "answered_file_bytes": taken.file_bytes,
            "peak_bytes": taken.peak_bytes,
        }
        proportional = proportional_bytes(self.worker_pid)
        if proportional is not None:
            observed["proportional_bytes"] = proportional
        predictions.note_observed(self._load_id, observed)

    def note_answer(self, predictions: Predictions, answer: AnswerFacts) -> None:
        basis, facts = self._basis(), self._facts
        if basis.shape is None:
            return  # speeds of a machine that was never measured are a guess, and prove nothing
        figures = answer_figures(answer, lambda *asked: basis.speeds(facts, *asked))
        if not figures:
            return
        record = self._record(
            basis,
            kind=RecordKind.ANSWER,
            load_average=answer.load_average,
            conditions={**load_conditions(facts), **answer_conditions(answer)},
            figures=figures,
            observed={},
        )
        predictions.add(record)

    def _basis(self) -> _Basis:
        if self._known is None:
            files = self._facts.info.files
            profile = this_machine(self._config)
            name = basis_of(profile)
            self._known = _Basis(
                machine=profile.fingerprint,
                name=name,
                identity=digest_of_files(sample(file) for file in files),
                profile=profile,
                shape=shape_of(self._facts.info) if name else None,
            )
        return self._known

    def _record(
        self,
        basis: _Basis,
        *,
        kind: RecordKind,
        load_average: float | None,
        conditions: dict[str, Condition],
        figures: tuple[Figure, ...],
        observed: dict[str, float],
    ) -> PredictionRecord:
        info = self._facts.info
        return PredictionRecord(
            kind=kind,
            made_at=datetime.now(UTC),
            machine=basis.machine,
            basis=basis.name,
            model=self._facts.name,
            identity=basis.identity,
            architecture=info.architecture,
            quantization=info.quantization,
            engine=self._facts.ready.engine,
            load_average=load_average,
            conditions=conditions,
            figures=figures,
            observed=observed,
        )


def _load_average() -> float | None:
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None
