"""A model's answers to what the harness asks.

    log-likelihood of a continuation    sum of log p of its tokens after the context's
    log-likelihood of a text            the same over windows, each token scored once
    text that goes on until a stop      generated through the engine

Context and continuation are tokenized together and split where the context's own tokens end, with
spaces at the end of a context counted to the continuation: as the harness does it for models of
transformers, so that figures compare.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, aclosing
from itertools import groupby
from types import TracebackType
from typing import Any, Protocol

from hearth.config import Config
from hearth.core import (
    ContextPolicy,
    Delta,
    GenerateRequest,
    LoadOptions,
    SamplingParams,
    Started,
)
from hearth.engine.local import LocalEngine
from hearth.engine.scoring import Scorer, ScoringSettings, open_scorer
from hearth.errors import InvalidRequest, RequestAborted

DEFAULT_NEW_TOKENS = 256  # as the harness has it
_KNOWN = {"until", "max_gen_toks", "do_sample", "temperature", "top_p", "top_k"}


class Answers(Protocol):
    """Answers the three kinds of question."""

    def loglikelihood(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[float, bool]]:
        """Return log p of each continuation of a context, and whether it is the greedy one."""
        ...

    def rolling(self, texts: Sequence[str]) -> list[float]:
        """Return log p of each text."""
        ...

    def generate(self, prompts: Sequence[tuple[str, Mapping[str, Any]]]) -> list[str]:
        """Return how the model goes on with each prompt."""
        ...


class ModelAnswers:
    """A model's own answers; the scorer and the engine are opened when they are first needed.

    Args:
        config: Says where models lie and how they are run.
        model: A name of the library, a reference or a path.
        settings: How the scorer loads it; the engine takes the same context.
        cancelled: Set to stop.
    """

    def __init__(
        self,
        config: Config,
        model: str,
        settings: ScoringSettings,
        cancelled: threading.Event | None = None,
    ) -> None:
        self._config = config
        self._model = model
        self._settings = settings
        self._cancelled = cancelled
        self._stack = ExitStack()
        self._scorer: Scorer | None = None
        self._engine: LocalEngine | None = None
        self._runner = asyncio.Runner()
        self.num_cut = 0  # contexts of which the beginning did not fit

    def __enter__(self) -> ModelAnswers:
        """Return itself."""
        self._stack.enter_context(self._runner)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        """Give the model up."""
        self._stack.close()

    @property
    def settings(self) -> dict[str, Any]:
        """How the model was loaded to score."""
        return self._scorer.settings if self._scorer is not None else {}

    def loglikelihood(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[float, bool]]:
        """Return log p of each continuation; see `Answers`."""
        encoded = [self._encode(context, continuation) for context, continuation in pairs]
        prompts = [
            (list(context), [continuation for _, continuation in group])
            for context, group in groupby(encoded, key=lambda pair: tuple(pair[0]))
        ]
        found = self._open_scorer().continuations(prompts)
        return [(each.logprob, each.is_greedy) for of_prompt in found for each in of_prompt]

    def rolling(self, texts: Sequence[str]) -> list[float]:
        """Return log p of each text; see `Answers`."""
        return [self._roll(text) for text in texts]

    def generate(self, prompts: Sequence[tuple[str, Mapping[str, Any]]]) -> list[str]:
        """Return how the model goes on with each prompt; see `Answers`."""
        return [self._runner.run(self._generate(prompt, how)) for prompt, how in prompts]

    def _encode(self, context: str, continuation: str) -> tuple[list[int], list[int]]:
        scorer = self._open_scorer()
        if not context:
            return [self._first_token()], scorer.tokenize(continuation)
        bare = context.rstrip()
        continuation, context = context[len(bare) :] + continuation, bare
        before = scorer.tokenize(context, add_special=True) or [self._first_token()]
        after = scorer.tokenize(context + continuation, add_special=True)[len(before) :]
        after = after or scorer.tokenize(continuation)
        room = scorer.context - len(after)
        if len(before) > room:
            self.num_cut += 1
            before = before[-max(1, room) :]
        return before, after

    def _roll(self, text: str) -> float:
        """Sum log p over windows that overlap by one token; the last one is a whole context."""
        scorer = self._open_scorer()
        tokens = [self._first_token(), *scorer.tokenize(text)]
        total, place = 0.0, 1
        while place < len(tokens):
            end = min(place - 1 + scorer.context, len(tokens))
            begin = max(0, end - scorer.context)
            total += float(scorer.score(tokens[begin:end], start=place - begin).sum())
            place = end
        return total

    async def _generate(self, prompt: str, how: Mapping[str, Any]) -> str:
        if self._cancelled is not None and self._cancelled.is_set():
            raise RequestAborted("The harness was stopped; nothing of it was noted.")
        engine = await self._open_engine()
        texts: list[str] = []
        async with aclosing(engine.generate(_request(self._model, prompt, how))) as events:
            async for event in events:
                if isinstance(event, Delta):
                    texts.append(event.text)
                elif isinstance(event, Started):
                    self.num_cut += event.receipt is not None
        return "".join(texts)

    def _first_token(self) -> int:
        scorer = self._open_scorer()
        token = scorer.bos if scorer.bos is not None else scorer.eos
        if token is None:
            raise InvalidRequest(
                f"{scorer.name} has no token that begins or ends a text, so that a text by itself "
                "cannot be scored."
            )
        return token

    def _open_scorer(self) -> Scorer:
        if self._scorer is None:
            self._scorer = self._stack.enter_context(
                open_scorer(
                    self._model, self._settings, config=self._config, cancelled=self._cancelled
                )
            )
        return self._scorer

    async def _open_engine(self) -> LocalEngine:
        if self._engine is None:
            engine = LocalEngine(self._config)
            self._stack.callback(lambda: self._runner.run(engine.close()))
            options = LoadOptions(
                context=self._settings.context,
                num_sequences=1,
                prefix_cache="memory",  # nobody comes back to these prompts
            )
            await engine.load(self._model, options)
            self._engine = engine
        return self._engine


def _request(model: str, prompt: str, how: Mapping[str, Any]) -> GenerateRequest:
    unknown = how.keys() - _KNOWN
    if unknown:
        raise InvalidRequest(
            f"The task asks for {sorted(unknown)[0]!r} when text is generated; "
            f"{', '.join(sorted(_KNOWN))} are known.",
            hint="Change `generation_kwargs` of the task.",
        )
    stops = how.get("until") or []
    samples = bool(how.get("do_sample", how.get("temperature", 0.0)))
    drawn = {name: how[name] for name in ("top_p", "top_k") if samples and name in how}
    return GenerateRequest(
        model=model,
        prompt=prompt,
        sampling=SamplingParams(
            temperature=float(how.get("temperature", 1.0)) if samples else 0.0, seed=0, **drawn
        ),
        max_tokens=int(how.get("max_gen_toks", DEFAULT_NEW_TOKENS)),
        stop=tuple([stops] if isinstance(stops, str) else stops),
        context_policy=ContextPolicy.DROP_OLDEST,
    )
