"""Who gets how much of a step, and who is admitted next."""

from __future__ import annotations

import pytest

from hearth.engine.worker.batching import MIN_CHUNK, STALL_BUDGET_S, BatchBuilder
from hearth.engine.worker.sequences import Phase, Sequence
from hearth.engine.worker.text import TextStream
from hearth.engine.worker.waiting import WaitingRoom
from hearth.errors import QueueFull


def sequence(request_id: int, num_tokens: int, phase: Phase, owner: str = "") -> Sequence:
    return Sequence(
        request_id=request_id,
        owner=owner,
        tokens=list(range(num_tokens)),
        num_prompt=num_tokens,
        max_length=10_000,
        sampler=None,
        text=TextStream(),
        phase=phase,
        computed=num_tokens - 1 if phase is Phase.ANSWER else 0,
    )


def counts(builder: BatchBuilder, running: list[Sequence]) -> dict[int, int]:
    return {share.sequence.request_id: share.count for share in builder.build(running)}


def test_alone_a_prompt_gets_the_full_chunk() -> None:
    builder = BatchBuilder(capacity=512, full_chunk=512)
    assert counts(builder, [sequence(1, 2000, Phase.PROMPT)]) == {1: 512}


def test_beside_an_answer_a_prompt_gets_what_the_stall_budget_allows() -> None:
    builder = BatchBuilder(capacity=512, full_chunk=512)
    builder.learn(prompt_tokens=512, seconds=1.0)
    running = [sequence(1, 9, Phase.ANSWER), sequence(2, 2000, Phase.PROMPT)]
    assert counts(builder, running) == {1: 1, 2: int(512 * STALL_BUDGET_S)}


def test_a_slow_engine_still_gets_a_smallest_chunk() -> None:
    builder = BatchBuilder(capacity=512, full_chunk=512)
    builder.learn(prompt_tokens=64, seconds=100.0)
    running = [sequence(1, 9, Phase.ANSWER), sequence(2, 2000, Phase.PROMPT)]
    assert counts(builder, running)[2] == MIN_CHUNK


def test_prompts_share_a_step_and_leave_nothing_unused() -> None:
    builder = BatchBuilder(capacity=512, full_chunk=512)
    running = [sequence(1, 2000, Phase.PROMPT), sequence(2, 40, Phase.PROMPT)]
    shares = counts(builder, running)
    assert shares[2] == 40
    assert sum(shares.values()) >= 256 + 40


def test_many_prompts_never_exceed_the_batch() -> None:
    builder = BatchBuilder(capacity=64, full_chunk=64)
    running = [sequence(i, 100, Phase.PROMPT) for i in range(16)]
    assert sum(counts(builder, running).values()) <= 64


def test_everybody_gets_on_in_turn() -> None:
    builder = BatchBuilder(capacity=64, full_chunk=64)
    running = [sequence(i, 500, Phase.PROMPT) for i in range(8)]
    seen: set[int] = set()
    for _ in range(8):
        seen |= set(counts(builder, running))
    assert seen == set(range(8))


def test_logits_are_wanted_at_the_last_token_only() -> None:
    builder = BatchBuilder(capacity=64, full_chunk=64)
    prompt = sequence(1, 100, Phase.PROMPT)
    (first,) = builder.build([prompt])
    assert not first.wants_logits
    prompt.computed = 64
    (second,) = builder.build([prompt])
    assert (second.start, second.count, second.wants_logits) == (64, 36, True)


def test_owners_alternate_and_the_pre_empted_comes_first() -> None:
    room = WaitingRoom(limit=10)
    for request_id, owner in [(1, "a"), (2, "a"), (3, "b")]:
        room.add(sequence(request_id, 5, Phase.WAITING, owner))
    assert [s.request_id for s in room] == [1, 3, 2]
    room.admit(room.find(1))
    assert [s.request_id for s in room] == [3, 2]
    room.put_back(sequence(9, 5, Phase.WAITING, "a"))
    assert [s.request_id for s in room] == [9, 3, 2]


def test_the_room_is_bounded() -> None:
    room = WaitingRoom(limit=1)
    room.add(sequence(1, 5, Phase.WAITING))
    with pytest.raises(QueueFull, match="at most 1"):
        room.add(sequence(2, 5, Phase.WAITING))
    assert len(room) == 1
