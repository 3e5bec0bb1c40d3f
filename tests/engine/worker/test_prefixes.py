"""A worker's prompts through the disk and back, on pico models: the same bits, only new work."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hearth.engine.llama.model import Model
from hearth.engine.prefixes.access import Access
from support.engines import Bench, load_model
from support.pico import write_pico
from support.pico_recurrent import RECURRENT, write_recurrent
from support.prefixes import KeptBench, entries

pytestmark = pytest.mark.tiny

CONTEXT = 2560
WORDS = "the king in the tower and a thing in another "


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Model]:
    path = tmp_path_factory.mktemp("model") / "long.gguf"
    loaded = load_model(write_pico(path, num_layers=1, width=32, context=CONTEXT))
    yield loaded
    loaded.close()


@pytest.fixture(scope="module", params=RECURRENT)
def recurrent(request, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Model]:
    path = tmp_path_factory.mktemp("model") / f"{request.param}.gguf"
    loaded = load_model(write_recurrent(path, request.param))
    assert not loaded.can_trim
    yield loaded
    loaded.close()


def kept(model: Model, root: Path, **how) -> KeptBench:
    settings = {"cells": CONTEXT, "micro_batch_tokens": 256, "parked_bytes": 2**26} | how
    return KeptBench(Bench(model, **settings), root)


def tokens_of(model: Model, text: str) -> list[int]:
    return model.vocab.tokenize(text, add_special=False, parse_special=True)


def conversation(model: Model, length: int) -> list[int]:
    return tokens_of(model, WORDS * length)[:length]


def test_after_a_restart_the_next_turn_computes_only_what_is_new(model, tmp_path) -> None:
    history = conversation(model, 2000)
    before = kept(model, tmp_path)
    first = before.ask(1, history, max_tokens=10)
    before.close()  # what is not saved yet is saved when a worker ends

    after = kept(model, tmp_path)
    said = first.tokens[:-1]  # the last token of an answer was drawn and never computed
    question = first.tokens + tokens_of(model, "And then? ")
    second = after.ask(2, question, max_tokens=1)
    assert second.cached == len(said)
    assert after.bench.scheduler.prompt_tokens_computed == len(question) - len(said)
    assert after.keeper.restored_tokens == len(said)
    after.close()


@pytest.mark.parametrize("flash_attention", ["on", "off"])
def test_what_comes_back_from_the_disk_is_bit_exact(model, tmp_path, flash_attention) -> None:
    history, new = conversation(model, 700), tokens_of(model, "And then? ")
    first = kept(model, tmp_path, flash_attention=flash_attention)
    first.ask(1, history, max_tokens=1)
    first.ask(2, history + new, max_tokens=1)
    first.bench.scheduler.cache.clear()
    expected = logits_of(first, history + new)  # by now out of memory
    first.close()
    second = kept(model, tmp_path, flash_attention=flash_attention)
    assert np.array_equal(logits_of(second, history + new), expected)
    assert second.bench.scheduler.prompt_tokens_computed == 1
    second.close()


def logits_of(bench: KeptBench, tokens: list[int]) -> np.ndarray:
    """Return the scores behind a prompt of which all but the last token is known."""
    bench.ask(100, tokens, max_tokens=1)
    return bench.bench.context.logits(0).copy()


def test_an_edited_conversation_goes_on_from_where_it_was_edited(model, tmp_path) -> None:
    history = conversation(model, 900)
    before = kept(model, tmp_path)
    before.ask(1, history, max_tokens=1)
    before.close()
    after = kept(model, tmp_path)
    edited = after.ask(2, history[:700] + tokens_of(model, "something else"), max_tokens=1)
    assert edited.cached == 700
    after.close()


def test_owners_share_what_the_settings_share_and_nothing_else(model, tmp_path) -> None:
    system, own = conversation(model, 300), tokens_of(model, "a secret that is long " * 4)
    before = kept(model, tmp_path)
    before.ask(1, system + own, access=Access(owner="ann", shared=300), max_tokens=1)
    before.close()
    after = kept(model, tmp_path)
    bob = after.ask(2, system + own, access=Access(owner="bob", shared=300), max_tokens=1)
    eve = after.ask(3, system + own, access=Access(owner="eve"), max_tokens=1)
    ann = after.ask(4, system + own, access=Access(owner="ann", shared=300), max_tokens=1)
    assert [bob.cached, eve.cached] == [300, 0]
    assert ann.cached == len(system + own) - 1
    after.close()


def test_a_request_that_stays_out_takes_nothing_and_leaves_nothing(model, tmp_path) -> None:
    text = conversation(model, 400)
    bench = kept(model, tmp_path)
    bench.ask(1, text, access=Access(cached=False), max_tokens=3)
    bench.save_all()
    assert entries(tmp_path) == []
    assert len(bench.bench.scheduler.cache.store) == 0
    bench.ask(2, text, max_tokens=3)
    out = bench.ask(3, text, access=Access(cached=False), max_tokens=3)
    assert out.cached == 0
    bench.close()


@pytest.mark.parametrize("num_users", [8, 16])
def test_many_users_of_one_shared_prompt_compute_it_once(model, num_users) -> None:
    """Users do not see each other's texts; the 1000 tokens that the settings share, they do."""
    system = conversation(model, 1000)
    bench = Bench(model, cells=CONTEXT, num_sequences=16, micro_batch_tokens=256)
    tails = [tokens_of(model, f"user {user} asks 12345678901234567890")[:32] for user in range(16)]
    for user in range(num_users):
        access = Access(owner=f"user {user}", shared=1000)
        bench.submit(user, system + tails[user], access=access, max_tokens=2)
    bench.run()
    ideal = 1000 + sum(len(tail) for tail in tails[:num_users])
    assert bench.scheduler.prompt_tokens_computed <= 1.05 * ideal
    bench.close()


def test_many_who_come_back_together_fetch_one_beginning_once(model, tmp_path) -> None:
    history = conversation(model, 1000)
    before = kept(model, tmp_path)
    before.ask(1, history, max_tokens=1)
    before.close()
    after = kept(model, tmp_path, num_sequences=8)
    asked = [
        after.bench.sequence(number, [*history, number], max_tokens=1) for number in range(2, 8)
    ]
    for sequence in asked:
        assert after.prefixes.wants(sequence)
        after.prefixes.add(sequence)
    after.run_all()
    assert [sequence.cached for sequence in asked] == [1000] * 6
    assert after.keeper.restored_tokens == 1000
    after.close()


def test_who_leaves_while_blocks_come_is_forgotten(model, tmp_path) -> None:
    history = conversation(model, 1000)
    before = kept(model, tmp_path)
    before.ask(1, history, max_tokens=1)
    before.close()
    after = kept(model, tmp_path)
    for number in (2, 3):
        after.prefixes.add(after.bench.sequence(number, [*history, number], max_tokens=1))
    assert after.prefixes.ready() == []  # the first is asked for
    assert after.prefixes.num_waiting == 2
    assert after.prefixes.drop(2)
    assert not after.prefixes.drop(2)
    after.run_all()
    assert list(after.bench.ended) == [3]
    assert after.bench.ended[3].usage.cached_tokens == 1000
    after.close()


def test_a_keeper_that_is_gone_costs_no_answer(model, tmp_path) -> None:
    bench = kept(model, tmp_path)
    sequence = bench.bench.sequence(1, conversation(model, 300), max_tokens=1)
    bench.prefixes.add(sequence)
    bench.keeper.pipes.target.close()
    bench.run_all()
    assert list(bench.bench.ended) == [1]
    bench.close()


def test_a_running_state_is_kept_whole_where_answers_end(recurrent, tmp_path) -> None:
    text = WORDS * 4
    history = tokens_of(recurrent, text)
    before = kept(recurrent, tmp_path, cells=512, micro_batch_tokens=64)
    first = before.ask(1, history, max_tokens=4)
    before.save_all()  # while people think
    question = first.tokens + tokens_of(recurrent, "And then? ")
    expected = before.ask(2, question, max_tokens=6).tokens
    before.close()

    after = kept(recurrent, tmp_path, cells=512, micro_batch_tokens=64)
    second = after.ask(3, question, max_tokens=6)
    assert second.cached == len(first.tokens) - 1
    assert second.tokens == expected
    edited = after.ask(4, question[:-3] + tokens_of(recurrent, "else"), max_tokens=2)
    assert edited.cached == len(first.tokens) - 1
    another = after.ask(5, question[3:], max_tokens=2)
    assert another.cached == 0
    after.close()


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    asked=st.lists(
        st.tuples(st.integers(1, 300), st.integers(0, 2), st.sampled_from("ab"), st.booleans()),
        min_size=1,
        max_size=6,
    ),
    parked_bytes=st.sampled_from([2**15, 2**17, 2**24]),
)
def test_cached_or_not_the_answers_are_the_same(
    model, tmp_path_factory, asked, parked_bytes
) -> None:
    """Through memory and disk, restarts in between, and integrity after every step."""
    root, text = tmp_path_factory.mktemp("prefixes"), conversation(model, 300)
    plain = Bench(model, cells=CONTEXT, micro_batch_tokens=256)
    bench = kept(model, root, parked_bytes=parked_bytes)
    for number, (length, tail, owner, restarts) in enumerate(asked):
        prompt = [*text[:length], *[tail] * tail]
        access = Access(owner=owner, shared=min(100, length))
        alone = plain.sequence(number, prompt, access=Access(cached=False), max_tokens=3)
        plain.scheduler.submit(alone)
        plain.run()
        assert bench.ask(number, prompt, access=access, max_tokens=3).tokens == alone.tokens
        bench.save_all()
        if restarts:
            bench.close()
            bench = kept(model, root, parked_bytes=parked_bytes)
    bench.close()
    plain.close()
