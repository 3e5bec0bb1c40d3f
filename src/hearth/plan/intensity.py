"""A machine and its models as a roofline: operations per byte against operations per second.

    a device's roof   min(bandwidth x intensity, peak): no program is above it
    a model's dots    its work for one pass (decode: one token; prompt: many) divides into
                      intensity = operations / bytes read; its predicted tokens/s times the
                      operations of a token is how high it stands

Low intensity means that the memory binds, high intensity that computing does.

Source: Williams, Waterman and Patterson, "Roofline: an insightful visual performance model for
multicore architectures", Communications of the ACM 52 (2009), 65-76.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hearth.machine.profile import MachineProfile
from hearth.plan.arithmetic import Range
from hearth.plan.computers import computer_of
from hearth.plan.devices import Device
from hearth.plan.roofline import Speed
from hearth.plan.shape import ModelShape
from hearth.plan.speeds import Speeds
from hearth.plan.work import work

Pass = Literal["decode", "prompt"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Roof:
    """What one device can do at most.

    Args:
        bandwidth: Bytes per second.
        peak: Operations per second; None where that is not known. `peak_is_measured` tells a speed
            of the engine's own kernels, which are no hard bound, from one that is promised.
    """

    name: str
    bandwidth: float
    peak: float | None
    peak_is_measured: bool = False

    @property
    def knee(self) -> float | None:
        """The intensity from which on computing binds."""
        return self.peak / self.bandwidth if self.peak else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """One kind of pass of one model.

    Args:
        intensity: Operations per byte read.
        flops_per_token: Operations for one token; times tokens per second they are the height.
        speed: Tokens per second, with the arithmetic.
    """

    kind: Pass
    intensity: float
    flops_per_token: float
    speed: Speed

    @property
    def height(self) -> Range | None:
        """Operations per second; None where the speed cannot be predicted."""
        estimate = self.speed.estimate
        return estimate.times(self.flops_per_token) if estimate else None


def roofs(profile: MachineProfile) -> tuple[Roof, ...]:
    """Return the roof of each device whose bandwidth is known."""
    return tuple(_roof(device, profile) for device in computer_of(profile).devices)


def dots(
    shape: ModelShape,
    speeds: Speeds,
    *,
    prompt_tokens: int,
    depth: int = 0,
    kv_type: str = "f16",
) -> tuple[Dot, Dot]:
    """Return where a model stands when it writes, and when it reads a prompt.

    Args:
        shape: The model.
        speeds: What was predicted of it.
        prompt_tokens: Length of the prompt that was predicted.
        depth: Tokens before it.
        kv_type: Type of the keys and values.
    """
    decode = _dot("decode", shape, speeds, speeds.decode, tokens=1, depth=depth, kv_type=kv_type)
    middle = depth + prompt_tokens // 2
    prompt = _dot(
        "prompt", shape, speeds, speeds.prompt, tokens=prompt_tokens, depth=middle, kv_type=kv_type
    )
    return decode, prompt


def _dot(
    kind: Pass,
    shape: ModelShape,
    speeds: Speeds,
    speed: Speed,
    *,
    tokens: int,
    depth: int,
    kv_type: str,
) -> Dot:
    parts = [
        work(shape, placement, tokens=tokens, depth=depth, kv_type=kv_type)
        for placement in speeds.placements
    ]
    flops = sum(part.flops for part in parts)
    # The tokens of a prompt look back at the same keys and values, which are read once for all.
    sharing = tokens if kind == "prompt" else 1
    read = sum(part.weight_bytes + part.kv_bytes / sharing for part in parts)
    return Dot(kind=kind, intensity=flops / read, flops_per_token=flops / tokens, speed=speed)


def _roof(device: Device, profile: MachineProfile) -> Roof:
    if device.flops_f16 is not None:
        return Roof(name=device.name, bandwidth=device.bandwidth, peak=device.flops_f16)
    measured = [
        kernel.flops.high
        for kernel in profile.kernels
        if kernel.flops and kernel.device in (device.name, device.kind)
    ]
    peak = max(measured, default=None)
    return Roof(
        name=device.name,
        bandwidth=device.bandwidth,
        peak=peak,
        peak_is_measured=peak is not None,
    )
