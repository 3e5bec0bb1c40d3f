"""The form that begins a measurement: which kinds there are, and what each asks.

A kind appears when the jobs can do it. Only models of the library are offered: a server elsewhere
is measured from the command line, where the one who asks sits at the machine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from hearth.errors import InvalidRequest
from hearth.measure.kinds import BENCHES
from hearth.web.commands import Command, number
from hearth.web.parts import part


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberField:
    """A whole number that a kind of measurement takes; left empty, the usual one holds."""

    name: str
    word: str
    usual: str
    low: int
    high: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchKind:
    """A kind of measurement.

    Args:
        name: The bench's, as the jobs know it.
        models: The argument that each of its models becomes, with the word for it.
        numbers: What it takes besides.
        words: An argument that is a list of words, with its label and usual value; or none.
        help: What is found, and how.
    """

    name: str
    word: str
    models: Mapping[str, str]
    numbers: tuple[NumberField, ...] = ()
    words: tuple[str, str, str] | None = None
    help: str

    def asked(self, command: Command, known: Sequence[str]) -> tuple[str, dict[str, Any]]:
        """Return what is measured, as people read it, and the arguments for the job.

        Args:
            command: The fields of the form.
            known: Names of the models that there are.

        Raises:
            InvalidRequest: A model is not here, or a number is out of range.
        """
        asked: dict[str, Any] = {
            name: _known(command.get(name, ""), word, known) for name, word in self.models.items()
        }
        target = " against ".join(dict.fromkeys(asked.values()))
        for field in self.numbers:
            if command.get(field.name, "").strip():
                asked[field.name] = _in_range(field, number(command, field.name))
        if self.words is not None:
            name, word, _ = self.words
            asked[name] = command.get(name, "").replace(",", " ").split()
            if not asked[name]:
                raise InvalidRequest(f"{word}: name at least one.")
        return target, asked


KINDS = (
    BenchKind(
        name="speed",
        word="Speed",
        models={"target": "Model"},
        help="Time to the first token, tokens per second of prompt and answer, the gaps between "
        "tokens, and the bound that this machine sets.",
    ),
    BenchKind(
        name="compare",
        word="Speed of two in turns",
        models={"a": "A", "b": "B"},
        help="Both answer in turns, so that what disturbs the machine disturbs both: which is "
        "faster, or that it cannot be told yet, and how many more runs that would take.",
    ),
    BenchKind(
        name="quants",
        word="Quantizations",
        models={"model": "Model"},
        words=("candidates", "Quantizations to hold against it", "Q8_0 Q4_0"),
        help="Size, speed here and distance from the model, side by side; what is not in the "
        "library is made first. The sensible one is named with its reason.",
    ),
    BenchKind(
        name="perplexity",
        word="Perplexity",
        models={"model": "Model"},
        help="How well the model expects a text that comes with Hearth: bits per byte, which "
        "compare across models, and perplexity, which does not.",
    ),
    BenchKind(
        name="distance",
        word="Distance",
        models={"reference": "Reference", "candidate": "Candidate"},
        help="How far one model's probabilities are from another's on the same text, token by "
        "token. Both need the same vocabulary.",
    ),
    BenchKind(
        name="truth",
        word="Truth",
        models={"model": "Model"},
        numbers=(
            NumberField(name="limit", word="Most questions", usual="all", low=1, high=1_000_000),
        ),
        help="Yes/no statements and their negations, read from the model's probabilities; first "
        "a self-test, without which there is no score.",
    ),
    BenchKind(
        name="conversation",
        word="Conversation",
        models={"model": "Model"},
        help="Facts that are planted, changed and asked for later: how far back the model keeps "
        "track.",
    ),
    BenchKind(
        name="instruction",
        word="Instructions",
        models={"model": "Model"},
        help="Instructions whose outcome a rule can check: format, length, language, JSON.",
    ),
    BenchKind(
        name="harm",
        word="Refusing harm",
        models={"model": "Model"},
        help="What should be refused, and what only sounds like it: refusing too little and too "
        "much.",
    ),
    BenchKind(
        name="language",
        word="Natural language",
        models={"model": "Model"},
        help="Repetition and variety of what the model writes by itself.",
    ),
)


def bench_kinds() -> list[BenchKind]:
    """Return the kinds of measurement that can be begun here."""
    return [kind for kind in KINDS if kind.name in BENCHES]


def draw_bench_form(name: str, models: Sequence[str] | None) -> Markup:
    """Return the form.

    Args:
        name: The kind that is chosen; empty for the first one.
        models: Names of the models that there are; None while they are read.
    """
    kinds = bench_kinds()
    kind = next((kind for kind in kinds if kind.name == name), kinds[0])
    return part("measure_form", kinds=kinds, kind=kind, models=models)


def _known(model: str, word: str, known: Sequence[str]) -> str:
    if model not in known:
        raise InvalidRequest(
            f"{word}: {model!r} is not here.", hint="Choose a model from the list."
        )
    return model


def _in_range(field: NumberField, value: int) -> int:
    if not field.low <= value <= field.high:
        raise InvalidRequest(
            f"{field.word} is {value:,}; {field.low:,} to {field.high:,} are possible."
        )
    return value
