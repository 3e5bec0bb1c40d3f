"""Who answers the harness, inside the child: known answers, chance, or the model of the parent.

Imports the library, and so is imported by the child alone.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from typing import Any

from lm_eval.api.instance import Instance
from lm_eval.api.model import LM
from lm_eval.api.task import Task

WRONG = -1e9  # of a continuation that is not the answer, however long it is
FAR = 1e6  # between two ranks: dividing by a length does not change the order
AT_ONCE = 128  # requests that are sent to the parent together

Tasks = dict[str, Task]
AskParent = Callable[[str, list[Any]], list[Any]]


class Parent(LM):  # type: ignore[misc]
    """The parent's model."""

    def __init__(self, ask: AskParent) -> None:
        super().__init__()
        self._ask = ask

    def loglikelihood(self, requests: list[Instance]) -> list[tuple[float, bool]]:
        """Ask for continuations, in the order in which contexts come."""
        return [(logprob, is_greedy) for logprob, is_greedy in self._all("loglikelihood", requests)]

    def loglikelihood_rolling(self, requests: list[Instance]) -> list[float]:
        """Ask for whole texts."""
        return self._all("rolling", requests)

    def generate_until(self, requests: list[Instance]) -> list[str]:
        """Ask for generated text."""
        return self._all("generate", requests)

    def _all(self, kind: str, requests: Sequence[Instance]) -> list[Any]:
        arguments = [list(request.args) for request in requests]
        return [
            answer
            for begin in range(0, len(arguments), AT_ONCE)
            for answer in self._ask(kind, arguments[begin : begin + AT_ONCE])
        ]


class Planted(LM):  # type: ignore[misc]
    """Knows the right answers; texts cost one bit for each byte."""

    bits_per_byte = 1.0

    def __init__(self, tasks: Tasks) -> None:
        super().__init__()
        self._tasks = tasks

    def loglikelihood(self, requests: list[Instance]) -> list[tuple[float, bool]]:
        """Give the right continuation all probability."""
        return [
            (0.0, True) if request.idx in gold(self._tasks[request.task_name], request)
            else (WRONG, False)
            for request in requests
        ]  # fmt: skip

    def loglikelihood_rolling(self, requests: list[Instance]) -> list[float]:
        """Give every byte the same probability."""
        return [
            -math.log(2) * self.bits_per_byte * len(str(request.args[0]).encode())
            for request in requests
        ]

    def generate_until(self, requests: list[Instance]) -> list[str]:
        """Say the right answer."""
        return [target(self._tasks[request.task_name], request) for request in requests]


class Chance(Planted):
    """Guesses: any continuation, another question's answer, any byte."""

    bits_per_byte = 8.0

    def __init__(self, tasks: Tasks, seed: int) -> None:
        super().__init__(tasks)
        self._seed = seed

    def loglikelihood(self, requests: list[Instance]) -> list[tuple[float, bool]]:
        """Rank the continuations of each question at random."""
        return [self._guess(request) for request in requests]

    def generate_until(self, requests: list[Instance]) -> list[str]:
        """Say the answer of a question of the same task that is drawn."""
        right = super().generate_until(requests)
        names = [request.task_name for request in requests]
        dealt: dict[str, list[str]] = {
            name: [answer for answer, its in zip(right, names, strict=True) if its == name]
            for name in set(names)
        }
        for name, answers in dealt.items():
            random.Random(f"{self._seed} {name}").shuffle(answers)
        return [dealt[name].pop() for name in names]

    def _guess(self, request: Instance) -> tuple[float, bool]:
        rng = random.Random(f"{self._seed} {request.task_name} {request.doc_id}")
        task = self._tasks[request.task_name]
        if task.OUTPUT_TYPE != "multiple_choice":
            is_greedy = rng.random() < 0.5
            return (-1.0, is_greedy)
        ranks = list(range(num_choices(task, request)))
        rng.shuffle(ranks)
        rank = ranks[request.idx % len(ranks)]
        return (-1e-6 * FAR**rank, rank == 0)


def num_choices(task: Task, request: Instance) -> int:
    """Return between how many continuations a question lets choose."""
    return len(task.doc_to_choice(request.doc))


def gold(task: Task, request: Instance) -> list[int]:
    """Return the places of the right continuations of a question."""
    if task.OUTPUT_TYPE != "multiple_choice":
        return [request.idx]
    right = (
        task.doc_to_text(request.doc) if task.multiple_input else task.doc_to_target(request.doc)
    )
    choices = task.doc_to_choice(request.doc)
    return [
        choices.index(each) if isinstance(each, str) and each in choices else each
        for each in (right if isinstance(right, list) else [right])
    ]


def target(task: Task, request: Instance) -> str:
    """Return the right answer of a question that is answered in words."""
    right = task.doc_to_target(request.doc)
    return str(right[0] if isinstance(right, list) and right else right)
