"""All models are asked the same, round by round, in an order that is drawn anew each time.

What disturbs the machine then meets all of them alike, and two can be compared in pairs. Where
memory does not hold them all at once, each is loaded for its turn.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hearth.config import Config
from hearth.core import LoadOptions
from hearth.errors import EngineError, ModelTooLarge
from hearth.measure.quants.plan import QuantsPlan
from hearth.measure.speed.prompts import Prompts, count_words
from hearth.measure.speed.target import Request, TimedAnswer
from hearth.measure.speed.targets.local import LocalTarget

WARM_UP = Request(prompt="The lamp stood by the window, and the rain went on.", max_tokens=4)


@dataclass(slots=True)
class Taken:
    """What one model took, round by round.

    Args:
        request_s: Seconds of the whole request.
        prompt_per_s: Tokens of the prompt per second; `decode_per_s` of the answer.
    """

    request_s: list[float] = field(default_factory=list)
    prompt_per_s: list[float] = field(default_factory=list)
    decode_per_s: list[float] = field(default_factory=list)

    def add(self, answer: TimedAnswer) -> None:
        """Take in one answer.

        Raises:
            EngineError: It had too few pieces to tell a speed from.
        """
        prompt, decode = answer.prompt_tokens_per_s, answer.decode_tokens_per_s
        if prompt is None or decode is None:
            raise EngineError(
                "An answer came in one piece, or its prompt was known already: no speed can be "
                "told from it.",
                hint="Ask for longer answers: --answer 64.",
            )
        self.request_s.append(answer.total_s)
        self.prompt_per_s.append(prompt)
        self.decode_per_s.append(decode)


async def measure_speeds(
    paths: Mapping[str, Path],
    plan: QuantsPlan,
    config: Config,
    tell: Callable[[str], None],
    options: Mapping[str, LoadOptions] | None = None,
) -> tuple[dict[str, Taken], bool]:
    """Measure models, and return what each took, and whether all were in memory at once.

    Args:
        paths: The models by name, the reference first.
        plan: Rounds, lengths and seed.
        config: Says where Hearth's home is.
        tell: Told what goes on, once before each round.
        options: How each is loaded, by name, in an engine of its own; None: as suits best, in a
            server's engine where one runs.

    Raises:
        HearthError: A model cannot be loaded, or failed.
    """
    taken = {name: Taken() for name in paths}
    draw = random.Random(plan.seed)
    stage = Stage(paths, config, options)
    try:
        tell("Loading")
        first = await stage.ready(next(iter(paths)))
        prompts = Prompts(await count_words(first), plan.seed)
        for number in range(plan.rounds + 1):
            tell(f"Round {number} of {plan.rounds}" if number else "Warming up")
            request = Request(
                prompt=prompts.text(plan.prompt_tokens), max_tokens=plan.answer_tokens
            )
            for name in draw.sample(list(paths), k=len(paths)):
                target = await stage.ready(name)
                answer = await target.answer(request)
                if number:
                    taken[name].add(answer)
    finally:
        await stage.close()
    return taken, stage.holds_all


class Stage:
    """Has each model ready when its turn comes.

    Args:
        paths: The models by name.
        config: Says where Hearth's home is.
        options: How each is loaded; see `measure_speeds`.
    """

    def __init__(
        self,
        paths: Mapping[str, Path],
        config: Config,
        options: Mapping[str, LoadOptions] | None = None,
    ) -> None:
        self._paths = paths
        self._options = options or {}
        self._config = config
        self._open: dict[str, LocalTarget] = {}
        self.holds_all = True

    async def ready(self, name: str) -> LocalTarget:
        """Return a model that is loaded and warm; others make room where they must."""
        if name in self._open:
            return self._open[name]
        try:
            target = await self._load(name)
        except ModelTooLarge:
            if not self._open:
                raise
            self.holds_all = False
            await self.close()
            target = await self._load(name)
        if not self.holds_all:
            await self._close_others(name)
        return target

    async def close(self) -> None:
        """Unload all."""
        await self._close_others(None)

    async def _load(self, name: str) -> LocalTarget:
        target = LocalTarget(self._config, str(self._paths[name]), self._options.get(name))
        self._open[name] = target
        try:
            await target.prepare()
            await target.answer(WARM_UP)
        except BaseException:  # also a cancelled load leaves no model behind
            del self._open[name]
            await target.close()
            raise
        return target

    async def _close_others(self, kept: str | None) -> None:
        names: Sequence[str] = [name for name in self._open if name != kept]
        for name in names:
            await self._open.pop(name).close()
