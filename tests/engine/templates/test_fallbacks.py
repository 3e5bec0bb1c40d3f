"""Row T10: a model without a template gets one that fits, and is told which and why."""

import pytest

from hearth.engine.templates.fallbacks import FallbackTemplate, choose_fallback, load_fallbacks
from hearth.engine.templates.sandbox import TemplateSandbox

SYSTEM = {"role": "system", "content": "Be brief."}
QUESTION = {"role": "user", "content": "Hi"}
ANSWER = {"role": "assistant", "content": "Hello"}

EXPECTED = {
    "llama3": (
        "<s><|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|>"
        "<|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\nHello<|eot_id|>"
        "<|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\n"
    ),
    "chatml": (
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n"
        "<|im_start|>assistant\nHello<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n"
        "<|im_start|>assistant\n"
    ),
    "gemma": (
        "<s><start_of_turn>user\nBe brief.\n\nHi<end_of_turn>\n"
        "<start_of_turn>model\nHello<end_of_turn>\n"
        "<start_of_turn>user\nHi<end_of_turn>\n<start_of_turn>model\n"
    ),
    "phi3": (
        "<|system|>\nBe brief.<|end|>\n<|user|>\nHi<|end|>\n<|assistant|>\nHello<|end|>\n"
        "<|user|>\nHi<|end|>\n<|assistant|>\n"
    ),
    "mistral": "<s>[INST] Be brief.\n\nHi [/INST] Hello</s>[INST] Hi [/INST]",
    "zephyr": (
        "<|system|>\nBe brief.</s>\n<|user|>\nHi</s>\n<|assistant|>\nHello</s>\n"
        "<|user|>\nHi</s>\n<|assistant|>\n"
    ),
    "llama2": (
        "<s>[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nHi [/INST] Hello </s><s>[INST] Hi [/INST]"
    ),
    "alpaca": (
        "<s>Be brief.\n\n### Instruction:\nHi\n\n### Response:\nHello</s>\n\n"
        "### Instruction:\nHi\n\n### Response:\n"
    ),
    "vicuna": "<s>Be brief.\n\nUSER: Hi\nASSISTANT: Hello</s>\nUSER: Hi\nASSISTANT:",
}


@pytest.mark.parametrize("row", load_fallbacks(), ids=lambda row: row.name)
def test_each_format_renders_to_its_familys_text(row: FallbackTemplate) -> None:
    text = TemplateSandbox(10_000).render(
        row.source,
        {
            "messages": [SYSTEM, QUESTION, ANSWER, QUESTION],
            "add_generation_prompt": True,
            "bos_token": "<s>",
            "eos_token": "</s>",
        },
    )
    assert text == EXPECTED[row.name]


@pytest.mark.parametrize("row", load_fallbacks(), ids=lambda row: row.name)
def test_each_format_does_without_special_tokens_and_system_prompt(row: FallbackTemplate) -> None:
    text = TemplateSandbox(10_000).render(
        row.source,
        {
            "messages": [QUESTION],
            "add_generation_prompt": False,
            "bos_token": "",
            "eos_token": "",
        },
    )
    assert "Hi" in text
    assert "None" not in text


@pytest.mark.parametrize(
    ("architecture", "spellings", "name", "reason"),
    [
        (
            "llama",
            ("<|im_start|>", "<|im_end|>", "<s>"),
            "chatml",
            "its vocabulary has <|im_start|>",
        ),
        ("qwen2", (), "chatml", "most qwen2 models"),
        (
            "llama",
            ("<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"),
            "llama3",
            "vocabulary",
        ),
        ("gemma2", ("<start_of_turn>", "<end_of_turn>"), "gemma", "vocabulary"),
        ("gemma3", (), "gemma", "most gemma3 models"),
        ("phi3", ("<|user|>", "<|assistant|>", "<|end|>"), "phi3", "vocabulary"),
        ("llama", ("[INST]", "[/INST]"), "mistral", "vocabulary"),
        ("llama", ("<|user|>", "<|assistant|>"), "zephyr", "vocabulary"),
        ("llama", ("<s>", "</s>", "<unk>"), "llama2", "most llama models"),
        ("gptneox", ("<|endoftext|>",), "alpaca", "most gptneox models"),
        ("mamba", (), "vicuna", "nothing in the file tells"),
        ("", (), "vicuna", "nothing in the file tells"),
    ],
)
def test_the_choice_follows_the_vocabulary_then_the_architecture(
    architecture: str, spellings: tuple[str, ...], name: str, reason: str
) -> None:
    row, why = choose_fallback(architecture, spellings)
    assert row.name == name
    assert reason in why


def test_every_row_can_be_chosen_and_has_a_name_of_its_own() -> None:
    rows = load_fallbacks()
    assert len({row.name for row in rows}) == len(rows)
    chosen = {choose_fallback("", row.spellings)[0].name for row in rows if row.spellings}
    chosen |= {choose_fallback(a, ())[0].name for row in rows for a in row.architectures}
    assert chosen | {rows[-1].name} == {row.name for row in rows}
