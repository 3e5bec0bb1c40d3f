"""Who gets how much of a step, and who is admitted next."""

from __future__ import annotations

import pytest

from hearth.engine.worker.batching import (
    DEEPER,
    FEWEST_ROWS,
    MIN_CHUNK,
    ROW_GROUP,
    STALL_BUDGET_S,
    BatchBuilder,
    fair_parts,
)
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
    shares = counts(builder, running)
    assert shares[1] == 1
    assert 512 * STALL_BUDGET_S - ROW_GROUP < shares[2] <= 512 * STALL_BUDGET_S


@pytest.mark.parametrize("num_answers", [1, 3, 15])
def test_rows_of_answers_and_prompts_make_whole_groups(num_answers: int) -> None:
    builder = BatchBuilder(capacity=512, full_chunk=512)
    builder.learn(prompt_tokens=512, seconds=1.0)
    running = [sequence(i, 9, Phase.ANSWER) for i in range(num_answers)]
    running.append(sequence(99, 2000, Phase.PROMPT))
    assert sum(counts(builder, running).values()) % ROW_GROUP == 0


def test_before_anything_is_measured_answers_wait_for_the_smallest_chunk_only() -> None:
    builder = BatchBuilder(capacity=512, full_chunk=512)
    running = [sequence(1, 9, Phase.ANSWER), sequence(2, 2000, Phase.PROMPT)]
    assert sum(counts(builder, running).values()) == FEWEST_ROWS


def test_a_rate_that_falls_is_believed_at_once_and_one_that_rises_slowly() -> None:
    builder = BatchBuilder(capacity=512, full_chunk=512)
    builder.learn(prompt_tokens=512, seconds=0.1)
    fast = builder.chunk(beside=1)
    builder.learn(prompt_tokens=fast, seconds=2 * STALL_BUDGET_S)
    slow = builder.chunk(beside=1)
    assert slow <= fast / 2 + ROW_GROUP
    builder.learn(prompt_tokens=slow, seconds=STALL_BUDGET_S / 2)
    assert slow < builder.chunk(beside=1) < fast


def test_a_prompt_far_into_a_text_begins_with_half_a_chunk() -> None:
    """Its tokens look back at all that stands before them; how long that takes is not known yet."""
    builder = BatchBuilder(capacity=512, full_chunk=512)
    builder.learn(prompt_tokens=512, seconds=0.25)
    near, far = builder.chunk(beside=1), builder.chunk(beside=1, depth=DEEPER + 1)
    assert far <= near / 2
    builder.learn(prompt_tokens=far, seconds=far / 2048, depth=DEEPER + 1)
    assert builder.chunk(beside=1, depth=DEEPER + 1) == near


@pytest.mark.parametrize("rows_per_s", [40.0, 240.0, 1500.0])
def test_no_step_takes_much_longer_than_the_budget_while_a_long_prompt_comes_in(
    rows_per_s: float,
) -> None:
    """Attention makes each token dearer the further in it is: here three times at 8000 tokens."""
    builder = BatchBuilder(capacity=512, full_chunk=512)
    builder.learn(prompt_tokens=64, seconds=64 / rows_per_s)
    prompt = sequence(9, 8000, Phase.PROMPT)
    running = [*(sequence(i, 9, Phase.ANSWER) for i in range(4)), prompt]
    smallest_s = FEWEST_ROWS * 3 / rows_per_s
    while prompt.remaining:
        count = counts(builder, running)[9]
        seconds = (count + 4) / rows_per_s * (1 + prompt.computed / 4000)
        assert seconds <= max(1.1 * STALL_BUDGET_S, smallest_s)
        builder.learn(count, seconds, depth=prompt.computed)
        prompt.computed += count


def test_a_slow_engine_still_gets_a_smallest_chunk() -> None:
    builder = BatchBuilder(capacity=512, full_chunk=512)
    builder.learn(prompt_tokens=64, seconds=100.0)
    running = [sequence(1, 9, Phase.ANSWER), sequence(2, 2000, Phase.PROMPT)]
    assert sum(counts(builder, running).values()) == FEWEST_ROWS


def test_without_flash_attention_the_smallest_chunk_is_smaller() -> None:
    builder = BatchBuilder(capacity=512, full_chunk=512, flash_attention=False)
    builder.learn(prompt_tokens=64, seconds=100.0)
    running = [sequence(1, 9, Phase.ANSWER), sequence(2, 2000, Phase.PROMPT)]
    assert sum(counts(builder, running).values()) == MIN_CHUNK + 1


def test_what_the_smallest_chunk_takes_is_granted_where_it_is_more_than_the_budget() -> None:
    builder = BatchBuilder(capacity=512, full_chunk=512)
    assert builder.granted_s(beside=1) == STALL_BUDGET_S  # nothing is known yet
    builder.learn(prompt_tokens=512, seconds=1.0)
    assert builder.granted_s(beside=1) == STALL_BUDGET_S
    builder.learn(prompt_tokens=64, seconds=0.4)
    assert builder.granted_s(beside=1) == pytest.approx(0.4, rel=0.05)
    assert builder.granted_s(beside=1, depth=DEEPER + 1) == pytest.approx(0.8, rel=0.05)


def test_a_prompt_notes_the_longest_step_that_it_was_granted() -> None:
    builder = BatchBuilder(capacity=512, full_chunk=512)
    answer, prompt = sequence(1, 9, Phase.ANSWER), sequence(2, 2000, Phase.PROMPT)
    builder.build([prompt])
    assert prompt.timings().step_granted_s == 0.0  # nobody waited
    builder.learn(prompt_tokens=64, seconds=0.4)
    builder.build([answer, prompt])
    builder.learn(prompt_tokens=64, seconds=0.01)
    builder.build([answer, prompt])
    assert prompt.timings().step_granted_s == pytest.approx(0.4, rel=0.05)
    assert answer.timings().step_granted_s == 0.0


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


@pytest.mark.parametrize(
    ("wanted", "budget", "parts"),
    [
        ([100, 100], 64, [32, 32]),
        ([10, 100], 64, [10, 54]),
        ([100, 10, 10], 64, [44, 10, 10]),
        ([5, 5], 64, [5, 5]),
        ([100, 100, 100], 10, [3, 3, 4]),
        ([], 10, []),
    ],
)
def test_parts_are_fair(wanted: list[int], budget: int, parts: list[int]) -> None:
    assert fair_parts(wanted, budget) == parts


def test_an_owner_with_many_prompts_gets_no_more_than_one_with_one() -> None:
    builder = BatchBuilder(capacity=512, full_chunk=256)
    running = [sequence(i, 900, Phase.PROMPT, "many") for i in range(7)]
    running.append(sequence(9, 900, Phase.PROMPT, "one"))
    assert counts(builder, running)[9] == 128


def test_every_prompt_of_every_owner_gets_on_where_chunks_are_small() -> None:
    builder = BatchBuilder(capacity=64, full_chunk=MIN_CHUNK)
    running = [sequence(i, 500, Phase.PROMPT, "ab"[i % 2]) for i in range(4)]
    seen = [min(counts(builder, running)) for _ in range(8)]
    assert sorted(seen) == [0, 0, 1, 1, 2, 2, 3, 3]


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
