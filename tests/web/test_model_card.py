"""What a model's card says, for every kind of model, and whether it runs here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hearth.config import load_config
from hearth.core import ModelState, ModelStatus
from hearth.models.card import (
    Abilities,
    AdapterFacts,
    CardFile,
    Lineage,
    ModelCard,
    OtherWay,
    RopeScaling,
)
from hearth.models.identify import identify
from hearth.models.library import FileReport, VerifyReport
from hearth.web.components.fit import in_memory, judge
from hearth.web.components.heat_map import draw_heat_map
from hearth.web.components.model_card import (
    ability_words,
    draw_card_body,
    headline,
    language_facts,
    shape_facts,
    type_shares,
)
from hearth.web.components.work import Meter, Progress
from hearth.web.pages.models_check import found

EVIL = '"><script>alert(1)</script>'
CARD = ModelCard(
    format="gguf",
    kind="model",
    name="Tiny",
    files=(CardFile(name="tiny.gguf", size_bytes=4_000_000_000),),
    architecture="llama",
    num_parameters=8_030_000_000,
    active_parameters=8_030_000_000,
    num_layers=32,
    num_heads=32,
    num_kv_heads=8,
    context_length=131_072,
    quantization="Q4_K_M",
    bits_per_weight=4.83,
    bytes_by_type={"Q4_K": 3_000, "Q6_K": 1_000},
    runs_here="llama.cpp",
)


def words(card: ModelCard) -> dict[str, tuple[str, str]]:
    return {one.word: (one.value, one.note) for one in (*shape_facts(card), *language_facts(card))}


def test_the_headline_says_what_it_is() -> None:
    assert headline(CARD) == ["llama", "8.03 billion parameters", "Q4_K_M", "4.0 GB"]
    assert headline(replace(CARD, kind="adapter", num_parameters=None))[:2] == ["llama", "adapter"]


def test_facts_that_nobody_told_are_left_out() -> None:
    told = words(CARD)
    assert told["Attention heads"] == ("32", "sharing 8 heads of keys and values")
    assert "Used per token" not in told
    assert "Sliding window" not in told
    assert told["Chat template"] == ("none", "")


def test_a_mixture_of_experts_tells_what_one_token_uses() -> None:
    told = words(replace(CARD, num_experts=8, num_experts_used=2, active_parameters=2_000_000_000))
    assert told["Experts"][0] == "2 of 8"
    assert told["Used per token"][0] == "2 billion"


def test_windows_states_and_stretched_positions_are_explained() -> None:
    told = words(
        replace(
            CARD,
            sliding_window=4096,
            num_windowed_layers=28,
            num_recurrent_layers=4,
            rope_scaling=RopeScaling(kind="yarn", factor=4, original_context_length=32_768),
        )
    )
    assert told["Sliding window"] == ("4,096 tokens", "in 28 of 32 layers")
    assert told["Layers"][1] == "4 of them keep a state of fixed size"
    assert told["Context"][1] == "stretched 4 times by yarn, from 32,768"


def test_an_adapter_tells_its_rank() -> None:
    adapter = AdapterFacts(method="lora", rank=16, alpha=32.0, targets=("q_proj", "v_proj"))
    told = words(replace(CARD, kind="adapter", adapter=adapter))
    assert told["Rank"][0] == "16"
    assert told["Changes"][0] == "q_proj, v_proj"
    assert "Chat template" not in told


def test_unknown_abilities_are_not_denied() -> None:
    card = replace(CARD, abilities=Abilities(tools=True, thinking=False))
    assert ability_words(card) == [("Calls tools", True), ("Thinks aloud", False)]


def test_the_shares_of_types_add_up() -> None:
    assert [(one.type, one.share) for one in type_shares(CARD)] == [("Q4_K", 0.75), ("Q6_K", 0.25)]


def test_everything_from_a_file_is_escaped() -> None:
    card = replace(
        CARD,
        name=EVIL,
        license=EVIL,
        tokenizer=EVIL,
        lineage=Lineage(base_models=(EVIL,), merged_from=(EVIL,), merge_method=EVIL),
        files=(CardFile(name=EVIL, size_bytes=1, sha256=EVIL),),
        dangers=(EVIL,),
        warnings=(EVIL,),
        bytes_by_type={EVIL: 1},
    )
    html = draw_card_body(card, draw_heat_map(()), None, 4096)
    assert "<script>" not in html
    assert "Hearth never loads such a file" in html
    assert "4 kB have travelled" in html


# --- whether it runs --------------------------------------------------------------------------


def test_a_model_that_fits_is_told_with_its_figures(pico_path: Path) -> None:
    verdict = judge(identify(pico_path), [pico_path], load_config())
    assert verdict.kind == "good"
    assert "context of 512 tokens" in verdict.words
    assert "free for it" in verdict.words


def test_a_model_that_does_not_run_says_what_would() -> None:
    other = OtherWay(reason="its weights are packed by GPTQ", runs_with="vLLM", convert="see docs")
    verdict = judge(replace(CARD, runs_here=None, if_not=other), [], load_config())
    assert verdict.kind == "warn"
    assert verdict.icon == "warn"
    assert "packed by GPTQ" in verdict.words
    assert "vLLM can run it" in verdict.hint
    nothing = judge(replace(CARD, runs_here=None), [], load_config())
    assert nothing.kind == "bad"


def test_a_header_that_lies_is_no_reason_to_fail(tmp_path: Path) -> None:
    bad = tmp_path / "bad.gguf"
    bad.write_bytes(b"GGUF" + b"\xff" * 64)
    assert judge(CARD, [bad], load_config()).kind == "bad"


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (ModelState.LOADING, "Loading: 40 %"),
        (ModelState.READY, "context of 2,048 tokens"),
        (ModelState.FAILED, "no room"),
    ],
)
def test_what_is_in_memory_is_told(state: ModelState, said: str) -> None:
    status = ModelStatus(
        name="m", path="/m", state=state, progress=0.4, context=2048, error="no room"
    )
    assert said in in_memory(status).words


# --- checking ---------------------------------------------------------------------------------


def report(*, expected: str | None = None, problem: str | None = None, repaired: bool = False):
    file = FileReport(
        path=Path("/m"),
        size_bytes=1,
        expected=expected,
        found="f",
        problem=problem,
        is_repaired=repaired,
    )
    return VerifyReport(name="m", files=(file,))


def test_each_result_of_a_check_has_its_words() -> None:
    assert "every byte is as it must be" in found(report(expected="f")).words
    assert "from now on it is known" in found(report()).words
    assert "fetched again" in found(report(expected="f", repaired=True)).words
    damaged = found(report(expected="e", problem="/m is damaged."))
    assert (damaged.kind, damaged.words) == ("bad", "/m is damaged.")


def test_progress_tells_a_rate_only_when_there_is_one() -> None:
    assert Progress(done=0, total=0).words == []
    assert Progress(done=0, total=0).share == 0.0
    assert Progress(done=10**9, total=4 * 10**9).words == ["1.0 GB of 4.0 GB"]
    full = Progress(done=10**9, total=4 * 10**9, rate_per_s=10**7)
    assert full.words == ["1.0 GB of 4.0 GB", "10 MB/s", "5 min left"]
    meter = Meter(100)
    meter.add(60)
    assert meter.progress() == Progress(done=60, total=100)
