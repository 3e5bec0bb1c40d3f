"""Load a file in a real worker, and measure it: prompts, answers, memory, loading.

Each repeat has a prompt of its own, so that no prefix is shared with another; for answers the
prompt is computed once beforehand, so that they begin at their depth. Tokens are drawn from the
few whose embeddings a stand-in has. Nothing here knows how figures are extrapolated or shown.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from hearth.config import Config
from hearth.core import SamplingParams
from hearth.engine import messages as wire
from hearth.engine.footprint import footprint_of
from hearth.engine.load_message import load_message
from hearth.engine.process import WorkerProcess
from hearth.errors import EngineError
from hearth.measure.twin.plan import MAX_ANSWER_TOKENS, SHORT_PROMPT_TOKENS, TwinPlan
from hearth.measure.twin.result import DecodeSpeed, Figure, MemoryUse, PromptSpeed, TwinRun
from hearth.models.gguf.info import ModelInfo

FIRST_ANSWER_TOKENS = 4  # enough to know about how fast it is
ANSWER_S = 0.7  # about how long one repeat of an answer takes, where tokens are fast
MAX_SERIES_S = 20.0  # a measurement that would take longer with all repeats is left out

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What is measured; a slow model's first run narrows it for the second.

    Args:
        prompt_lengths: In tokens, the shortest first.
        depths: Tokens before the answers, each with the number of answers at once.
        answer_tokens: Of each answer; None: as many as take `ANSWER_S`, and what would take too
            long may be left out.
    """

    prompt_lengths: tuple[int, ...]
    depths: tuple[tuple[int, int], ...]
    answer_tokens: int | None = None

    @property
    def is_fixed(self) -> bool:
        """True when nothing may be left out, so that two runs can be compared."""
        return self.answer_tokens is not None

    @property
    def num_series(self) -> int:
        """How many figures there are, each with its repeats."""
        return len(self.prompt_lengths) + len(self.depths)


def scope_of(plan: TwinPlan) -> Scope:
    """Return what a plan wants measured."""
    depths = [(SHORT_PROMPT_TOKENS, 1), (plan.depth, 1)]
    if plan.users > 1:
        depths.append((plan.depth, plan.users))
    return Scope(prompt_lengths=plan.prompt_lengths, depths=tuple(dict.fromkeys(depths)))


class FileRun:
    """One file, a stand-in or a real one, in one worker: from loading to the last figure.

    Args:
        plan: How the model is tried.
        info: The file.
        tokens: Ids that may be used; their embeddings are not zero.
        config: Says where logs go, and how long loading may take.
        tell: Told what goes on, once before each step.
    """

    def __init__(
        self, plan: TwinPlan, info: ModelInfo, tokens: Sequence[int], config: Config, tell: Tell
    ) -> None:
        self._plan = plan
        self._info = info
        self._tokens = tokens
        self._config = config
        self._tell = tell
        self._random = random.Random(info.num_layers)
        config.logs_dir.mkdir(parents=True, exist_ok=True)
        self._worker = WorkerProcess(config.logs_dir / "worker-twin.log")

    async def measure(self, scope: Scope) -> tuple[TwinRun, Scope]:
        """Measure, and return what was found with the scope that it turned out to have.

        Raises:
            HearthError: The file cannot be loaded, or its worker died.
        """
        self._tell(f"Loading {self._info.num_layers:,} layers")
        try:
            ready = await self._load()
            prompts = await self._prompts(scope)
            memory = self._memory(ready)
            if not scope.is_fixed:
                scope = await self._fixed(scope, prompts[-1])
            decodes = await self._decodes(scope)
        finally:
            await self._worker.stop()
        run = TwinRun(
            num_layers=self._info.num_layers,
            how="measured",
            load_s=Figure.of((self._worker.loading_s,)),
            prompts=prompts,
            decodes=decodes,
            memory=memory,
        )
        return run, scope

    async def _load(self) -> wire.Ready:
        load = self._plan.load_of(self._info.num_layers)
        confine = self._config.confine and not load.gpu_layers.value
        message = load_message(load, self._info, queue_limit=256, confine=confine)
        return await self._worker.start(
            message, timeout_s=self._config.load_timeout_s, on_progress=lambda _: None
        )

    # -- prompts --

    async def _prompts(self, scope: Scope) -> tuple[PromptSpeed, ...]:
        await self._generate(self._prompt(scope.prompt_lengths[0]), 1)  # touches what it needs
        speeds: list[PromptSpeed] = []
        for length in scope.prompt_lengths:
            if speeds and not scope.is_fixed:
                expected_s = length / speeds[-1].tokens_per_s.value
                if expected_s * self._plan.repeats > MAX_SERIES_S:
                    break
            self._tell(f"Prompts of {length:,} tokens, {self._info.num_layers:,} layers")
            taken = [await self._prompt_s(length) for _ in range(self._plan.repeats)]
            figure = Figure.of(tuple(length / each for each in taken))
            speeds.append(PromptSpeed(tokens=length, tokens_per_s=figure))
        return tuple(speeds)

    async def _prompt_s(self, length: int) -> float:
        done = await self._generate(self._prompt(length), 1)
        return done.timings.prompt_s

    # -- answers --

    async def _fixed(self, scope: Scope, longest: PromptSpeed) -> Scope:
        """Return what can be measured in time, given the longest prompt that could be."""
        prompt_s = longest.tokens / longest.tokens_per_s.value
        depths = tuple(
            (depth, users)
            for depth, users in scope.depths
            if depth <= longest.tokens and users * prompt_s <= MAX_SERIES_S
        )
        first = await self._generate(self._prompt(SHORT_PROMPT_TOKENS), FIRST_ANSWER_TOKENS)
        per_token_s = first.timings.decode_s / (FIRST_ANSWER_TOKENS - 1)
        return Scope(
            prompt_lengths=tuple(
                length for length in scope.prompt_lengths if length <= longest.tokens
            ),
            depths=depths or ((SHORT_PROMPT_TOKENS, 1),),
            answer_tokens=max(
                FIRST_ANSWER_TOKENS, min(round(ANSWER_S / per_token_s), MAX_ANSWER_TOKENS)
            ),
        )

    async def _decodes(self, scope: Scope) -> tuple[DecodeSpeed, ...]:
        answer_tokens = scope.answer_tokens or FIRST_ANSWER_TOKENS
        speeds = []
        for depth, users in scope.depths:
            what = f"{users:,} answers at once" if users > 1 else "Answers"
            self._tell(f"{what} after {depth:,} tokens, {self._info.num_layers:,} layers")
            prompts = [self._prompt(depth) for _ in range(users)]
            for prompt in prompts:
                await self._generate(prompt, 1)
            repeats = [await self._rate(prompts, answer_tokens) for _ in range(self._plan.repeats)]
            figure = Figure.of(tuple(repeats))
            speeds.append(DecodeSpeed(depth=depth, users=users, tokens_per_s=figure))
        return tuple(speeds)

    async def _rate(self, prompts: Sequence[list[int]], answer_tokens: int) -> float:
        """Return the tokens per second of answers that are written at once."""
        answers = await asyncio.gather(
            *(
                self._generate(prompt, answer_tokens, user=user)
                for user, prompt in enumerate(prompts)
            )
        )
        return sum((answer_tokens - 1) / each.timings.decode_s for each in answers)

    async def _generate(self, prompt: list[int], max_tokens: int, user: int = 0) -> wire.Done:
        sampling = SamplingParams(temperature=0.0)
        if self._info.num_experts:
            # All scores are alike here, and one token again and again would meet the same experts.
            sampling = replace(sampling, logit_bias={self._tokens[user % len(self._tokens)]: 100.0})

        def submit(request_id: int) -> wire.Submit:
            return wire.Submit(
                request_id=request_id,
                owner=f"user {user}",
                tokens=prompt,
                sampling=sampling,
                max_tokens=max_tokens,
                stop=[],
                top_logprobs=None,
                ignore_eos=True,
            )

        async with aclosing(self._worker.generate(submit)) as stream:
            async for message in stream:
                if isinstance(message, wire.Done):
                    return message
        raise EngineError("An answer of the stand-in ended without its figures.")

    def _prompt(self, length: int) -> list[int]:
        return self._random.choices(self._tokens, k=length)

    # -- memory --

    def _memory(self, ready: wire.Ready) -> MemoryUse:
        """Return what is in memory once every page that prompts need has been touched."""
        pid = self._worker.pid
        taken = footprint_of(pid) if pid is not None else None

        def allocated(*parts: str) -> int:
            return sum(each.size_bytes for each in ready.buffers if each.part in parts)

        return MemoryUse(
            weights_bytes=ready.size_bytes,
            kv_bytes=allocated("kv", "state"),
            compute_bytes=allocated("compute"),
            output_bytes=allocated("output"),
            anonymous_bytes=taken.anonymous_bytes if taken else None,
            file_bytes=taken.file_bytes if taken else None,
        )
