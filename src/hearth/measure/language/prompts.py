"""What a model is asked to write, and the texts by a person beside it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from hearth.core import Message, Role, check_range
from hearth.measure.asking import Question


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguagePlan:
    """How a model's language is measured.

    Args:
        samples: Answers to each prompt, with a seed each.
        max_tokens: Longest answer; loops often begin only after a hundred tokens.
        temperature: As people use it; 0 shows a model at its most repetitive.
        seed: Of the first answer to each prompt.
    """

    samples: int = 2
    max_tokens: int = 200
    temperature: float = 0.8
    seed: int = 0

    def __post_init__(self) -> None:
        check_range("samples", self.samples, 2, 100)
        check_range("max_tokens", self.max_tokens, 16, 4096)
        check_range("temperature", self.temperature, 0.0, 5.0)

    def questions(self) -> tuple[Question, ...]:
        """Return what is asked; the samples of one prompt stand next to each other."""
        return tuple(
            Question(
                id=f"prompt {number}, sample {sample + 1}",
                messages=(Message(role=Role.USER, content=prompt),),
                max_tokens=self.max_tokens,
                seed=self.seed + sample,
                temperature=self.temperature,
            )
            for number, prompt in enumerate(read_prompts(), start=1)
            for sample in range(self.samples)
        )


def read_prompts() -> tuple[str, ...]:
    """Return the open questions."""
    return tuple(_table()["prompts"])


def read_texts() -> tuple[str, ...]:
    """Return the texts by a person."""
    return tuple(_table()["texts"])


@cache
def _table() -> dict[str, Any]:
    text = files("hearth.measure.language").joinpath("prompts.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
