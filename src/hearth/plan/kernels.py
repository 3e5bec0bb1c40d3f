"""Speeds of the engine's own kernels, where a profile has measured them, in place of a guess."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from hearth.machine.profile import KernelSpeed, Measured
from hearth.plan.arithmetic import Range
from hearth.plan.devices import Device

MIN_SHARE = 0.5  # of the bytes: kernels that cover less of a model say little about it


def with_kernels(
    device: Device, kernels: Iterable[KernelSpeed], bytes_by_type: Mapping[str, float]
) -> Device:
    """Return the device with the rates that its kernels were measured at, for one model.

    Args:
        device: A device; "cpu" of a kernel stands for any device of that kind.
        kernels: What was measured, by weight type and batch size.
        bytes_by_type: Bytes that the model reads for one token, by weight type.
    """
    own = [one for one in kernels if one.device == device.name or one.device == device.kind]
    read = _mixed({k.weight_type: k.bandwidth for k in own if k.batch_size == 1}, bytes_by_type)
    largest = max((one.batch_size for one in own if one.flops), default=0)
    batched = {k.weight_type: k.flops for k in own if k.batch_size == largest}
    compute = _mixed(batched, bytes_by_type)
    return replace(device, read=read or device.read, compute=compute or device.compute)


def _mixed(rates: Mapping[str, Measured | None], amounts: Mapping[str, float]) -> Range | None:
    """Return the rate over all types: amounts divided by the sum of their times."""
    known = {name: rate for name, rate in rates.items() if rate and rate.low > 0}
    covered = {name: amount for name, amount in amounts.items() if name in known}
    total = sum(covered.values())
    if not total or total < MIN_SHARE * sum(amounts.values()):
        return None

    def rate(pick: str) -> float:
        times = (amount / getattr(known[name], pick) for name, amount in covered.items())
        return float(total / sum(times))

    return Range(low=rate("low"), likely=rate("value"), high=rate("high"))
