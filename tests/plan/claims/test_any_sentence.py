"""Whatever is put together from words that claims are made of: a verdict, or a clear error."""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict

from hypothesis import given, settings
from hypothesis import strategies as st

from hearth.errors import InvalidRequest
from hearth.plan.claims import Verdict, judge, read_claim

FRAGMENTS = (
    "70B",
    "0.5B",
    "30B-A3B",
    "2T (1.9T active)",
    "Mixtral 8x7B",
    "gpt-oss-120b",
    "DeepSeek-R1",
    "Q4_K_M",
    "IQ1_S",
    "1.58 bits",
    "fp16",
    "50 tok/s",
    "0.001 ms per token",
    "prompts at 900k tok/s",
    "first token in 2 s",
    "128k prompt",
    "999999999 tokens of context",
    "1M context",
    "q4_0 KV",
    "4096 users",
    "each",
    "8 GB",
    "0.001 GB VRAM",
    "2 TB RAM",
    "DDR5-5600 x2",
    "LPDDR5X-8533 256-bit",
    "999x RTX 4090",
    "RTX 3060",
    "M2 Ultra",
    "PCIe 5.0 x4",
    "400 GB/s",
    "500 MB/s SSD",
    "speculative decoding",
    "LoRA",
    "QLoRA rank 999",
    "full fine-tune",
    "pre-trained on 15T tokens",
    "in 3 weeks",
    "download",
    "loads",
    "40 GB file",
    "gigabit",
    "flux",
    "(",
    "@",
)


@settings(max_examples=300)
@given(st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=7, unique=True))
def test_any_sentence_gets_a_verdict_or_an_error(fragments: list[str]) -> None:
    with contextlib.suppress(InvalidRequest):
        found = judge(read_claim(", ".join(fragments)).claim)
        assert found.findings
        assert found.verdict in Verdict
        assert all(finding.missing or finding.steps for finding in found.findings)
        json.dumps(asdict(found), allow_nan=False)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(InvalidRequest):
        assert judge(read_claim(text).claim).findings
