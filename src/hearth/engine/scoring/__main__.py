"""The process that scores text: `python -m hearth.engine.scoring`.

Order of life: files are shut off -> threads that reduce logits -> weights and contexts -> first
decode, which starts the engine's threads -> system calls are shut off -> questions, until the pipe
ends.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from hearth.children import tie_to_parent
from hearth.engine import confine
from hearth.engine.frames import read_frame
from hearth.engine.llama.library import engine_name
from hearth.engine.scoring import messages as wire
from hearth.engine.scoring.branches import Branching
from hearth.engine.scoring.lanes import GrowingLanes
from hearth.engine.scoring.model import ScoringModel, check_numbers, compare
from hearth.engine.scoring.rows import Figures, RowPool
from hearth.errors import EngineError, HearthError

UNCONFINED = "off: by the settings, or because a GPU computes and its driver opens files"


class Child:
    """The loaded models, and the answers to questions about them."""

    def __init__(self) -> None:
        self._models: list[ScoringModel] = []
        self._lanes: GrowingLanes | None = None

    def load(self, message: wire.Load) -> wire.Ready:
        """Load models, and shut this process off from files and network."""
        engine = engine_name()  # this opens the library's files
        layers = []
        if message.confine:
            files = [Path(file) for model in message.models for file in model.files]
            layers.append(confine.restrict_files(files))
        pool = RowPool(max(model.threads for model in message.models))
        self._models = [ScoringModel(model, pool) for model in message.models]
        if message.confine:
            layers.append(confine.restrict_system_calls())
        return wire.Ready(
            models=[model.facts() for model in self._models],
            engine=engine,
            confined=bool(layers) and all(layer.active for layer in layers),
            confinement="; ".join(layer.detail for layer in layers) or UNCONFINED,
        )

    def answer(self, message: wire.ToChild) -> wire.Frame:
        """Answer a question."""
        if isinstance(message, wire.Load):
            return self.load(message)
        if isinstance(message, wire.Prove):
            proof = confine.prove()
            return wire.Proved(proof.confined, str(proof))
        if isinstance(message, wire.Compare):
            first, second = self._models
            return _numbers(*compare(first, second, message.tokens, message.start))
        if isinstance(message, wire.Step):
            if self._lanes is None:
                raise EngineError("No lanes were opened.")
            return _numbers(self._lanes.step(message.lanes, message.tokens))
        return self._answer_of(self._models[message.model], message)

    def _answer_of(self, model: ScoringModel, message: wire.ToModel) -> wire.Frame:
        match message:
            case wire.Tokenize():
                return wire.Tokens(
                    model.tokenize(
                        message.text,
                        add_special=message.add_special,
                        parse_special=message.parse_special,
                    )
                )
            case wire.TokenizeParts():
                return wire.Tokens(model.tokenize_parts(message.parts))
            case wire.Pieces():
                return wire.PieceBytes(model.pieces(message.tokens))
            case wire.Score():
                return _numbers(model.score(message.tokens, message.start))
            case wire.Continue():
                return _numbers(*_continuations(model, message))
            case wire.OpenLanes():
                self._lanes = GrowingLanes(model, message.count, message.length)
                return _numbers()


def _continuations(model: ScoringModel, message: wire.Continue) -> tuple[Figures, Figures]:
    branching = Branching(model)
    found = [
        branching.scores(prompt, continuations)
        for prompt, continuations in zip(message.prompts, message.continuations, strict=True)
    ]
    totals = np.concatenate([np.empty(0), *(each for each, _ in found)])
    greedy = np.concatenate([np.empty(0), *(each for _, each in found)])
    check_numbers(totals, "The model")
    return totals, greedy


def main() -> None:
    """Answer until the questions end."""
    tie_to_parent()
    source, target = _take_over_pipes()
    child = Child()
    while (payload := read_frame(source)) is not None:
        try:
            answer = child.answer(wire.decode_request(payload))
        except HearthError as error:
            answer = wire.Failed(error.as_data())
        except MemoryError:
            answer = wire.Failed(
                EngineError("The memory does not suffice to score this.").as_data()
            )
        target.write(wire.encode(answer))
        target.flush()
    os._exit(0)  # native destructors run threads down in an order that is not ours


def _numbers(*arrays: NDArray[np.floating]) -> wire.Numbers:
    return wire.Numbers([array.tobytes() for array in arrays])


def _take_over_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Keep the two pipes to ourselves: whatever prints to stdout lands in the log instead."""
    source, target = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return source, target


if __name__ == "__main__":
    main()
