"""A claim as data, and what is found out about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from hearth.plan.arithmetic import Range, Step
from hearth.plan.devices import Computer
from hearth.plan.known import KnownModel
from hearth.plan.quantizations import Quantization

Method = Literal["pre-training", "full fine-tuning", "LoRA", "QLoRA"]
MemoryKind = Literal["memory", "RAM", "VRAM"]


class Verdict(StrEnum):
    """What the arithmetic says of a claim, the worst first."""

    IMPOSSIBLE = "impossible"  # against a bound that holds for every program
    IMPLAUSIBLE = "implausible"  # within the bound, but beyond what engines reach
    UNDECIDED = "undecided"  # the claim leaves out what the arithmetic needs
    PLAUSIBLE = "plausible"
    MEASURED = "measured here"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What somebody says. None means that it was not said.

    Args:
        model: A model known by its name.
        num_parameters: All weights; `active_parameters` are those used for one token.
        rounding: How far the stated number of weights may be off, as labels are rounded.
        batch: Sequences at once; `speed` is that of all together unless `is_per_sequence`.
        speed: Tokens per second of answers; `prompt_speed` of prompts.
        prompt_tokens: Length of a prompt; `first_token_s` is the time to the answer's first token.
        drafts: Speculative decoding is mentioned.
        memory_bytes: Memory that is said to suffice; `memory_kind` where it is.
        computer: The hardware, where any is named; without a processor where none was named.
        ram_bytes: Main memory besides the GPUs named.
        method: Way of training; `train_tokens` are all tokens seen, `rank` that of an adapter.
        download_bytes: Size of a file; None where it follows from model and quantization.
        link_bits_per_s: Speed of the line that a file comes over.
        seconds: Time that the training, download or load is said to take.
    """

    model: KnownModel | None = None
    num_parameters: float | None = None
    rounding: float = 0.0
    active_parameters: float | None = None
    quantization: Quantization | None = None
    kv_type: str | None = None
    context: int | None = None
    batch: int = 1
    is_per_sequence: bool = False
    speed: float | None = None
    prompt_speed: float | None = None
    prompt_tokens: int | None = None
    first_token_s: float | None = None
    drafts: bool = False
    memory_bytes: float | None = None
    memory_kind: MemoryKind = "memory"
    computer: Computer | None = None
    ram_bytes: float | None = None
    method: Method | None = None
    train_tokens: float | None = None
    rank: int | None = None
    download_bytes: float | None = None
    is_download: bool = False
    is_load: bool = False
    link_bits_per_s: float | None = None
    disk_bytes_per_s: float | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A measurement made on this machine, which can settle a claim about it.

    Args:
        model: Name of the model as a claim would write it; `quantization` likewise.
        speed: Tokens per second that were measured.
        command: What repeats the measurement.
    """

    model: str
    quantization: str
    speed: float
    date: str
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found about one side of a claim.

    Args:
        about: "speed", "prompt speed", "memory", "context", "training" and so on.
        reason: The verdict in a sentence, with the numbers.
        claimed: What is claimed, in words.
        unit: Of `bound` and `estimate`: "tokens/s", "B", "s" or "tokens".
        bound: What cannot be exceeded (speeds) or undercut (bytes, times), where there is such.
        estimate: What engines reach, or usually need.
        steps: The arithmetic.
        missing: What the claim would have to say, where it was left undecided.
    """

    about: str
    verdict: Verdict
    reason: str
    claimed: str
    unit: str
    bound: float | None = None
    estimate: Range | None = None
    steps: tuple[Step, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A claim and all that was found about it.

    Args:
        verdict: The worst of the findings; undecided where nothing could be judged.
    """

    verdict: Verdict
    findings: tuple[Finding, ...]
