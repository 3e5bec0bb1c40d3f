"""Every speed of one model on one machine: answers, prompts, the first token, loading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hearth.machine.profile import MachineProfile
from hearth.plan.arithmetic import Range
from hearth.plan.computers import computer_of
from hearth.plan.load_time import LoadTime, load_time
from hearth.plan.memory.orders import processor_orders
from hearth.plan.placement import Placement, place
from hearth.plan.roofline import (
    Speed,
    decode_speed,
    first_token_s,
    prompt_speed,
)
from hearth.plan.shape import ModelShape


@dataclass(frozen=True, slots=True, kw_only=True)
class Speeds:
    """What a person will see.

    Args:
        decode: Of answers, all sequences together; `prompt` of one prompt.
        first_token_s: From a prompt to its answer's first token, the model loaded; None where the
            machine's operations per second are unknown.
        load: Seconds of loading.
        placements: Which device computes which layers.
    """

    decode: Speed
    prompt: Speed
    first_token_s: Range | None
    load: LoadTime
    placements: tuple[Placement, ...]


def predict_speeds(
    shape: ModelShape,
    profile: MachineProfile,
    *,
    prompt_tokens: int = 512,
    depth: int = 0,
    batch: int = 1,
    kv_type: str = "f16",
    flash: bool = True,
    reads_apart: bool = False,
    gpu_layers: int | None = None,
    placements: Sequence[Placement] | None = None,
    repack: bool = True,
) -> Speeds:
    """Predict every speed of a model on a machine.

    Args:
        shape: The model.
        profile: The machine.
        prompt_tokens: Length of a prompt.
        depth: Tokens that stand before it, and before the answers.
        batch: Sequences that write at once.
        kv_type: Type of the keys and values.
        flash: Whether attention is computed without its full matrix.
        reads_apart: Whether prompts are read without it in any case; see `plan.layouts`.
        gpu_layers: Layers on GPUs; None means as many as fit.
        placements: Which device computes what, where that is decided already; `gpu_layers` then
            says nothing. The devices are those of `computer_of(profile, shape)`.
        repack: Whether weights are copied into the processor's own order.

    Raises:
        InvalidRequest: The machine has no device with a known memory bandwidth.
    """
    computer = computer_of(profile, shape)
    placed = tuple(placements) if placements else place(shape, computer, gpu_layers)
    decode = decode_speed(
        shape, computer, placed, depth=depth, batch=batch, kv_type=kv_type, flash=flash
    )
    prompt = prompt_speed(
        shape,
        computer,
        placed,
        tokens=prompt_tokens,
        depth=depth,
        kv_type=kv_type,
        flash=flash or reads_apart,
    )
    return Speeds(
        decode=decode,
        prompt=prompt,
        first_token_s=first_token_s(prompt, decode, prompt_tokens),
        load=load_time(
            shape.weight_bytes,
            computer,
            copied_bytes=_copied_bytes(shape, profile, placed) if repack else 0.0,
        ),
        placements=placed,
    )


def _copied_bytes(
    shape: ModelShape, profile: MachineProfile, placements: Sequence[Placement]
) -> float:
    """Estimate the bytes that are copied, by the types of what a token reads."""
    copied = processor_orders(frozenset(profile.cpu.flags))
    read = sum(shape.bytes_by_type.values())
    on_host = [part for each in placements if each.device.kind == "cpu" for part in each.parts]
    if not read or not on_host:
        return 0.0
    share = sum(shape.bytes_by_type.get(name, 0.0) for name in copied) / read
    return share * sum(part.weight_bytes + part.expert_bytes for part in on_host)
