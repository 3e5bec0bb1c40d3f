"""Two answers side by side: one speed, both whole, and both stopped when one fails."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

import pytest

from hearth.core import Delta, Finished, FinishReason, GenerateEvent, Timings, Usage
from hearth.errors import EngineError, HearthError, ModelTooLarge
from hearth.measure.arena.pairs import SideEnded, SideText
from hearth.measure.arena.streams import SideBySide
from hearth.store.voted import Side

FAST = 1e9  # characters per second: nothing waits


class Written:
    """An answer whose pieces are given; each is written when `may_write` allows it."""

    def __init__(self, pieces: Sequence[str], *, error: HearthError | None = None) -> None:
        self.pieces = pieces
        self.error = error
        self.may_write = asyncio.Event()
        self.may_write.set()
        self.ended = asyncio.Event()

    async def __call__(self) -> AsyncGenerator[GenerateEvent, None]:
        try:
            for piece in self.pieces:
                await self.may_write.wait()
                yield Delta(text=piece, num_tokens=1)
            if self.error is not None:
                raise self.error
            yield Finished(
                reason=FinishReason.STOP,
                usage=Usage(prompt_tokens=1, completion_tokens=len(self.pieces)),
                timings=Timings(queue_s=0, prompt_s=0, decode_s=0),
            )
        finally:
            self.ended.set()


async def shown(side_by_side: SideBySide) -> list[SideText | SideEnded]:
    async with aclosing(side_by_side.show()) as events:
        return [event async for event in events]


def text_of(events: Sequence[SideText | SideEnded], side: Side) -> str:
    return "".join(
        event.text for event in events if isinstance(event, SideText) and event.side is side
    )


async def test_both_texts_are_shown_whole() -> None:
    pair = SideBySide({Side.LEFT: Written(["One ", "two."]), Side.RIGHT: Written(["Un."])}, FAST)
    events = await shown(pair)
    assert text_of(events, Side.LEFT) == "One two."
    assert text_of(events, Side.RIGHT) == "Un."
    assert {event.side for event in events[-2:] if isinstance(event, SideEnded)} <= set(Side)
    assert sum(isinstance(event, SideEnded) for event in events) == 2
    answers = pair.answers()
    assert answers[Side.LEFT].text == "One two."
    assert answers[Side.LEFT].num_tokens == 2
    assert answers[Side.RIGHT].finish == "stop"


async def test_neither_is_ahead_of_the_other() -> None:
    lengths = dict.fromkeys(Side, 0)
    left, right = Written(["abcdefgh"] * 20), Written(["xy"] * 80)
    async with aclosing(
        SideBySide({Side.LEFT: left, Side.RIGHT: right}, chars_per_s=2000).show()
    ) as events:
        async for event in events:
            if isinstance(event, SideText):
                lengths[event.side] += len(event.text)
                assert abs(lengths[Side.LEFT] - lengths[Side.RIGHT]) <= 2000 * 0.05
    assert set(lengths.values()) == {160}


async def test_a_fast_answer_waits_for_a_slow_one() -> None:
    left, right = Written(["quick"] * 5), Written(["slow"])
    right.may_write.clear()
    seen: list[SideText | SideEnded] = []

    async def watch() -> None:
        async with aclosing(
            SideBySide({Side.LEFT: left, Side.RIGHT: right}, FAST).show()
        ) as events:
            async for event in events:
                seen.append(event)

    task = asyncio.create_task(watch())
    await asyncio.wait_for(left.ended.wait(), 60)
    assert seen == []
    right.may_write.set()
    await asyncio.wait_for(task, 60)
    assert text_of(seen, Side.LEFT) == "quick" * 5


async def test_empty_answers_end() -> None:
    events = await shown(SideBySide({side: Written([]) for side in Side}, FAST))
    assert [type(event) for event in events] == [SideEnded, SideEnded]


async def test_an_error_of_one_stops_the_other() -> None:
    failing, other = Written(["so far"], error=EngineError("It broke.")), Written(["x"])
    other.may_write.clear()
    with pytest.raises(EngineError, match="It broke"):
        await shown(SideBySide({Side.LEFT: failing, Side.RIGHT: other}, FAST))
    assert other.ended.is_set()


async def test_leaving_stops_both() -> None:
    written = {side: Written(["x"] * 50) for side in Side}
    async with aclosing(SideBySide(written, 20.0).show()) as events:
        await anext(events)
    assert all(each.ended.is_set() for each in written.values())


class TooLargeTogether(Written):
    """A model that can only be loaded while no other one is in use."""

    def __init__(self, pieces: Sequence[str], others: list[TooLargeTogether]) -> None:
        super().__init__(pieces)
        self.others = others
        self.is_used = False

    async def __call__(self) -> AsyncGenerator[GenerateEvent, None]:
        if any(other.is_used for other in self.others if other is not self):
            raise ModelTooLarge("Both do not fit.")
        self.is_used = True
        try:
            async with aclosing(super().__call__()) as events:
                async for event in events:
                    await asyncio.sleep(0)
                    yield event
        finally:
            self.is_used = False


async def test_models_that_do_not_fit_together_answer_one_after_the_other() -> None:
    models: list[TooLargeTogether] = []
    models += [TooLargeTogether(["one"], models), TooLargeTogether(["other"], models)]
    pair = SideBySide(dict(zip(Side, models, strict=True)), FAST)
    events = await shown(pair)
    assert text_of(events, Side.LEFT) == "one"
    assert text_of(events, Side.RIGHT) == "other"


async def test_a_model_that_never_fits_is_an_error() -> None:
    never = [Written([], error=ModelTooLarge("Too large.")) for _ in Side]
    with pytest.raises(ModelTooLarge):
        await shown(SideBySide(dict(zip(Side, never, strict=True)), FAST))
