"""Perplexity and distance on a pico model, against direct computations, and as evidence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hearth.config import load_config
from hearth.engine.llama.vocab import Vocab
from hearth.errors import InvalidRequest, NotFound
from hearth.measure.evidence import Agreement, agree, open_ledger
from hearth.measure.perplexity import (
    DistancePlan,
    PerplexityPlan,
    Side,
    by_position,
    own_text,
    read_text,
    replay_distance,
    replay_perplexity,
    take_distance,
    take_perplexity,
)
from support.direct import direct_logits, log_softmax
from support.engines import load_model
from support.pico import write_pico

pytestmark = pytest.mark.tiny

TEXT = "The lamp stood by the window, and the rain went on until the morning came. " * 8
CONTEXT = 64


@pytest.fixture
def text_path(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text(TEXT)
    return path


def windows_directly(path: Path) -> list[list[int]]:
    model = load_model(path)
    vocab: Vocab = model.vocab
    tokens = vocab.tokenize(TEXT, add_special=True, parse_special=False)
    model.close()
    return [
        tokens[begin : begin + CONTEXT] for begin in range(0, len(tokens) - CONTEXT + 1, CONTEXT)
    ]


def table_directly(path: Path) -> np.ndarray:
    """Return log p of everything at the places that the second half of each window predicts."""
    half = CONTEXT // 2
    return np.concatenate(
        [log_softmax(direct_logits(path, window[:-1]))[half:] for window in windows_directly(path)]
    )


def targets_directly(path: Path) -> list[int]:
    half = CONTEXT // 2
    return [token for window in windows_directly(path) for token in window[half + 1 :]]


def test_perplexity_is_that_of_a_direct_computation(pico_path: Path, text_path: Path) -> None:
    plan = PerplexityPlan(model=str(pico_path), text=str(text_path), contexts=(CONTEXT,), threads=1)
    (scored,), draft = take_perplexity(plan, load_config())
    table, targets = table_directly(pico_path), targets_directly(pico_path)
    wanted = float(np.exp(-table[np.arange(len(targets)), targets].mean()))
    assert scored.perplexity.value == pytest.approx(wanted, rel=1e-6)
    assert scored.bits_per_byte.value == pytest.approx(
        -table[np.arange(len(targets)), targets].sum() / np.log(2) / scored.num_bytes.sum(),
        rel=1e-6,
    )
    assert draft.summary["perplexity"].value == scored.perplexity.value
    assert draft.summary["perplexity"].low < wanted < draft.summary["perplexity"].high
    assert "/" not in draft.settings["text"]["name"]


def test_divergence_is_that_of_a_direct_computation(
    pico_path: Path, text_path: Path, tmp_path: Path
) -> None:
    other = write_pico(tmp_path / "other.gguf", seed=1)
    plan = DistancePlan(
        reference=str(pico_path),
        candidate=str(other),
        text=str(text_path),
        context=CONTEXT,
        threads=1,
    )
    found, draft = take_distance(plan, load_config())
    expected, candidate = table_directly(pico_path), table_directly(other)
    wanted = float((np.exp(expected) * (expected - candidate)).sum(axis=1).mean())
    assert found.divergence.value == pytest.approx(wanted, rel=1e-6)
    assert draft.summary["divergence"].value == found.divergence.value
    places, targets = np.arange(len(expected)), targets_directly(pico_path)
    shift = np.exp(candidate[places, targets]) - np.exp(expected[places, targets])
    assert found.mean_shift.value == pytest.approx(shift.mean(), rel=1e-4)
    assert found.typical_shift.value == pytest.approx(np.sqrt((shift**2).mean()), rel=1e-4)
    same = (expected.argmax(axis=1) == candidate.argmax(axis=1)).mean()
    assert found.top_agreement.value == pytest.approx(same)


def test_variants_are_measured_side_by_side_and_against_the_first(
    tmp_path: Path, text_path: Path
) -> None:
    model = write_pico(tmp_path / "wide.gguf", num_heads=2)
    plan = PerplexityPlan(
        model=str(model),
        text=str(text_path),
        contexts=(CONTEXT,),
        kv_types=("f16", "q8_0"),
        threads=1,
    )
    scored, draft = take_perplexity(plan, load_config())
    ratio = draft.summary["kv q8_0: perplexity against kv f16"]
    assert ratio.value == pytest.approx(scored[1].perplexity.value / scored[0].perplexity.value)
    assert ratio.low <= ratio.value <= ratio.high


def test_perplexity_by_position_covers_all_of_each_window(pico_path: Path, text_path: Path) -> None:
    plan = PerplexityPlan(
        model=str(pico_path),
        text=str(text_path),
        contexts=(128,),
        ropes=("none", "yarn:2"),
        by_position=True,
        threads=1,
    )
    scored, draft = take_perplexity(plan, load_config())
    stretches = by_position(scored[0])
    assert [(each.begin, each.end) for each in stretches] == [(1, 32), (32, 64), (64, 128)]
    assert sum(each.num_tokens for each in stretches) == len(scored[0].nats)
    assert draft.items is not None
    assert len(draft.items.rows) == 6
    assert not np.allclose(scored[0].nats, scored[1].nats)


def test_evidence_replays_and_agrees(pico_path: Path, text_path: Path) -> None:
    config = load_config()
    plan = PerplexityPlan(model=str(pico_path), text=str(text_path), contexts=(CONTEXT,), threads=1)
    with open_ledger(config) as ledger:
        record = ledger.add(take_perplexity(plan, config)[1])
        again = ledger.add(replay_perplexity(record, config, lambda done, total, doing: None))
        assert agree(record, again).verdict is Agreement.AGREES
        text_path.write_text(TEXT + "More.")
        with pytest.raises(InvalidRequest, match="changed"):
            replay_perplexity(record, config, lambda done, total, doing: None)


def test_a_comparison_replays_and_agrees(pico_path: Path, text_path: Path, tmp_path: Path) -> None:
    config = load_config()
    other = write_pico(tmp_path / "other.gguf", seed=1)
    plan = DistancePlan(
        reference=str(pico_path),
        candidate=str(other),
        text=str(text_path),
        context=CONTEXT,
        candidate_side=Side(rope="ntk:2"),
        threads=1,
    )
    with open_ledger(config) as ledger:
        record = ledger.add(take_distance(plan, config)[1])
        again = ledger.add(replay_distance(record, config, lambda done, total, doing: None))
        assert agree(record, again).verdict is Agreement.AGREES


def test_hearths_own_text_is_prose_without_front_matter() -> None:
    text = own_text()
    assert text.num_bytes > 30_000
    assert "\nsources:\n" not in text.content
    assert text.path is None


def test_texts_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        read_text(tmp_path / "none.txt")
    (tmp_path / "latin").write_bytes(b"caf\xe9")
    with pytest.raises(InvalidRequest, match="UTF-8"):
        read_text(tmp_path / "latin")
    (tmp_path / "empty").write_bytes(b" \n")
    with pytest.raises(InvalidRequest, match="no text"):
        read_text(tmp_path / "empty")
