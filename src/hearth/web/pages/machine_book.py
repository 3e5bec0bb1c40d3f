"""What the views of one Machine page read from: this machine, the models here, and the ledger."""

from __future__ import annotations

import asyncio
import statistics
from collections import defaultdict
from dataclasses import dataclass, field

from hearth.errors import HearthError
from hearth.machine.keep import this_machine
from hearth.machine.profile import MachineProfile
from hearth.plan.accuracy import Accuracy, accuracy, basis_of
from hearth.plan.choose import Subject
from hearth.plan.choose.published import find_published
from hearth.store.predicted import Part
from hearth.store.predictions import Predictions
from hearth.web.local_models import LocalModel
from hearth.web.services import Services

PASSES = {Part.DECODE: "decode", Part.PROMPT: "prompt"}


@dataclass(slots=True, kw_only=True)
class Book:
    """Everything is read in threads; until then it is None.

    Args:
        error: Why the library could not be read; `ledger_error` why the ledger could not.
    """

    services: Services
    profile: MachineProfile | None = field(default=None, init=False)
    models: tuple[LocalModel, ...] | None = field(default=None, init=False)
    accuracy: Accuracy | None = field(default=None, init=False)
    error: HearthError | None = field(default=None, init=False)
    ledger_error: HearthError | None = field(default=None, init=False)

    async def read_machine(self) -> None:
        """Read the machine anew, with what was measured last."""
        self.profile = await asyncio.to_thread(this_machine, self.services.config)

    async def read_models(self) -> None:
        """Read the library anew."""
        try:
            self.models = await asyncio.to_thread(self.services.shelf.all)
            self.error = None
        except HearthError as error:
            self.error = error

    async def read_ledger(self) -> None:
        """Read anew what was predicted of this machine, and what was measured."""
        if self.profile is None:
            return
        try:
            self.accuracy = await asyncio.to_thread(
                _compared, self.services.predictions, self.profile
            )
            self.ledger_error = None
        except HearthError as error:
            self.ledger_error = error

    def model(self, name: str) -> LocalModel | None:
        """Return a model by its name, or None where it is not here."""
        return next((model for model in self.models or () if model.name == name), None)

    def subject(self, name: str) -> Subject | None:
        """Return what there is to plan with: of a model that is here, else of a well-known one."""
        model = self.model(name)
        return model.subject if model is not None else find_published(name)

    def colours(self) -> dict[str, int]:
        """Return the number of each model's colour, the same on every view."""
        return {model.name: index for index, model in enumerate(self.models or ())}

    def measured_speeds(self) -> dict[str, dict[str, float]]:
        """Return the median of the speeds that were seen here, by model and kind of pass."""
        seen: defaultdict[str, defaultdict[str, list[float]]]
        seen = defaultdict(lambda: defaultdict(list))
        for point in self.accuracy.points if self.accuracy else ():
            if point.part in PASSES:
                seen[point.model][PASSES[point.part]].append(point.measured)
        return {
            model: {kind: statistics.median(speeds) for kind, speeds in kinds.items()}
            for model, kinds in seen.items()
        }


def _compared(predictions: Predictions, profile: MachineProfile) -> Accuracy:
    return accuracy(predictions.list(machine=profile.fingerprint), basis=basis_of(profile))
