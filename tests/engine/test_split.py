"""Two layouts of one model in one context: long runs are read by one, and all logits by the other.

The pico model's float32 weights lie alike in both, so what a split context computes is compared
with a plain one. With f16, prompts are read with flash attention and answered without.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hearth.engine.llama.context import Context, ContextSettings, DecodeResult
from hearth.engine.llama.model import Model
from hearth.engine.llama.split import MIN_RUN_TOKENS, SplitContext, context_in, long_runs
from hearth.engine.scoring import ScoringSettings, open_pair
from support.engines import Bench

pytestmark = pytest.mark.tiny

SETTINGS = ContextSettings(
    cells=1024,
    sequences=6,
    batch_tokens=256,
    micro_batch_tokens=256,
    threads=1,
    threads_batch=1,
    kv_type="f32",
    flash_attention="off",  # it computes in half precision where batches are large
)
TEXT = [(7 * place * place + 3) % 250 for place in range(400)]
OTHER_TEXT = [(11 * place * place + 5) % 250 for place in range(400)]


NEAR = {"f32": 1e-4, "f16": 2e-2}  # logits, by the type of keys and values


@pytest.fixture(scope="module", params=list(NEAR))
def settings(request: pytest.FixtureRequest) -> ContextSettings:
    return replace(SETTINGS, kv_type=request.param)


@pytest.fixture(scope="module", params=["split", "apart"])
def split(
    request: pytest.FixtureRequest, pico_path: Path, settings: ContextSettings
) -> Iterator[SplitContext]:
    model = Model(pico_path)
    context = context_in(request.param, model, pico_path, settings, longest=512)
    assert isinstance(context, SplitContext)
    yield context
    context.close()
    model.close()


@pytest.fixture(scope="module")
def single(pico_path: Path, settings: ContextSettings) -> Iterator[Context]:
    model = Model(pico_path)
    context = Context(model, settings)
    yield context
    context.close()
    model.close()


@pytest.fixture(autouse=True)
def empty(split: SplitContext, single: Context) -> None:
    for context in (split, single):
        context.clear()
        context.set_abort(False)
    split.tokens_read = 0


def compute(context: Context, *parts: tuple[int, list[int], int]) -> list[np.ndarray]:
    """Compute the tokens of some sequences in one batch; return the logits behind each.

    Args:
        context: Computes.
        parts: Each a sequence, its tokens, and where they begin.
    """
    row, ends = 0, []
    for sequence, tokens, start in parts:
        context.batch.fill(row, tokens, start, sequence, 1)
        row += len(tokens)
        ends.append(row - 1)
    assert context.decode(row) is DecodeResult.OK
    return [context.logits(end).copy() for end in ends]


def read(context: Context, sequence: int, tokens: list[int], start: int = 0) -> None:
    """Compute tokens of which no logits are wanted."""
    context.batch.fill(0, tokens, start, sequence, 0)
    assert context.decode(len(tokens)) is DecodeResult.OK


def test_only_long_runs_without_logits_are_read_apart(split: SplitContext) -> None:
    batch = split.batch
    batch.fill(0, TEXT[:4], 0, 0, 4)  # an answer with guesses
    batch.fill(4, TEXT[:70], 0, 1, 1)
    batch.fill(74, TEXT[:20], 0, 2, 1)  # a short prompt
    batch.fill(94, TEXT[:60], 0, 3, 0)
    assert long_runs(batch, 154) == [range(4, 73), range(94, 154)]
    assert long_runs(batch, MIN_RUN_TOKENS - 1) == []


def test_a_prompt_gives_the_logits_of_one_layout(split: SplitContext, single: Context) -> None:
    (found,) = compute(split, (0, TEXT[:100], 0))
    (wanted,) = compute(single, (0, TEXT[:100], 0))
    assert split.tokens_read == 99
    assert split.length(0) == 100
    np.testing.assert_allclose(found, wanted, atol=NEAR[split.settings.kv_type])


def test_rows_of_answers_keep_their_logits_beside_prompts(
    split: SplitContext, single: Context
) -> None:
    for context in (split, single):
        read(context, 0, TEXT[:10])
        read(context, 1, OTHER_TEXT[:30])
    parts = [
        (0, TEXT[10:11], 10),
        (2, TEXT[:80], 0),
        (1, OTHER_TEXT[30:31], 30),
        (3, OTHER_TEXT[:60], 0),
    ]
    for found, wanted in zip(compute(split, *parts), compute(single, *parts), strict=True):
        np.testing.assert_allclose(found, wanted, atol=NEAR[split.settings.kv_type])
    assert split.tokens_read == 79 + 59


def test_a_long_prompt_goes_on_where_the_reader_stands(
    split: SplitContext, single: Context
) -> None:
    for context in (split, single):
        for start in (0, 100, 200):
            read(context, 0, TEXT[start : start + 100], start)
    (found,) = compute(split, (0, TEXT[300:360], 300))
    (wanted,) = compute(single, (0, TEXT[300:360], 300))
    assert split.tokens_read == 359
    np.testing.assert_allclose(found, wanted, atol=NEAR[split.settings.kv_type])


def test_the_reader_is_given_what_others_computed(split: SplitContext, single: Context) -> None:
    for context in (split, single):
        read(context, 0, TEXT[:200])
        compute(context, (0, TEXT[200:220], 200))  # too short to be read apart
        context.copy(0, 1, 150)  # another conversation goes on from there
        read(context, 1, OTHER_TEXT[:90], 150)
    found = compute(split, (0, TEXT[220:300], 220))
    wanted = compute(single, (0, TEXT[220:300], 220))
    np.testing.assert_allclose(found, wanted, atol=NEAR[split.settings.kv_type])


def test_a_sequence_that_was_cut_back_goes_on_otherwise(
    split: SplitContext, single: Context
) -> None:
    for context in (split, single):
        read(context, 0, TEXT[:200])
        assert context.trim(0, 120)
        read(context, 0, OTHER_TEXT[:30], 120)
    found = compute(split, (0, TEXT[:90], 150))
    wanted = compute(single, (0, TEXT[:90], 150))
    np.testing.assert_allclose(found, wanted, atol=NEAR[split.settings.kv_type])


def test_an_id_that_begins_anew_has_nothing_of_before(split: SplitContext, single: Context) -> None:
    for context in (split, single):
        read(context, 0, TEXT[:200])
        context.trim(0, 0)
    found, wanted = (compute(each, (0, OTHER_TEXT[:70], 0)) for each in (split, single))
    np.testing.assert_allclose(found, wanted, atol=NEAR[split.settings.kv_type])


def test_what_was_saved_is_loaded_again(split: SplitContext, single: Context) -> None:
    for context in (split, single):
        read(context, 0, TEXT[:128])
        state = context.save(0, 0, 128)
        context.trim(0, 0)
        assert context.load(1, state)
    found, wanted = (compute(each, (1, TEXT[128:228], 128)) for each in (split, single))
    np.testing.assert_allclose(found, wanted, atol=NEAR[split.settings.kv_type])


def test_an_aborted_batch_leaves_the_memory_as_it_was(split: SplitContext) -> None:
    read(split, 0, TEXT[:60])
    split.set_abort(True)
    split.batch.fill(0, TEXT[60:160], 60, 0, 1)
    assert split.decode(100) is DecodeResult.ABORTED
    assert split.length(0) == 60
    split.set_abort(False)
    split.batch.fill(0, TEXT[60:160], 60, 0, 1)
    assert split.decode(100) is DecodeResult.OK
    assert split.length(0) == 160


def test_a_scheduler_answers_as_with_one_layout(pico_path: Path) -> None:
    def answers(split_path: Path | None) -> dict[int, str]:
        model = Model(pico_path)
        bench = Bench(model, cells=1024, micro_batch_tokens=128, split_path=split_path)
        try:
            for number in range(5):  # one more than run at once; two share a beginning
                text = "the lamp in the window " * (4 + 3 * (number % 4)) + str(number)
                bench.submit(number, text, max_tokens=12)
            bench.run()
            bench.answer("the lamp in the window " * 10 + "0 and what came then", max_tokens=12)
            return bench.texts
        finally:
            bench.close()
            model.close()

    assert answers(pico_path) == answers(None)


def test_a_split_model_is_scored_as_it_is_run(pico_path: Path) -> None:
    plain = ScoringSettings(context=256, micro_batch=256, threads=1, layout="plain")
    split = ScoringSettings(context=256, micro_batch=256, threads=1, layout="split")
    with open_pair(pico_path, pico_path, plain, split) as pair:
        found = pair.compare(TEXT[:256], start=128)
        assert pair.candidate.settings["layout"] == "split"
    assert len(found.kl) == 128
    assert found.kl.max() < 1e-3
