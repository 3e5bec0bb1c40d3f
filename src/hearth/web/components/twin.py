"""A twin's result: what was predicted of the model, beside what was measured of its stand-in."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from hearth.errors import HearthError
from hearth.machine.profile import MachineProfile
from hearth.plan.choose import Subject
from hearth.plan.memory import memory_need
from hearth.plan.roofline import Speed
from hearth.plan.speeds import Speeds, predict_speeds
from hearth.plan.units import digits, duration, num_bytes
from hearth.web.parts import part

MEMORY = {
    "weights_bytes": "weights",
    "kv_bytes": "keys and values",
    "compute_bytes": "compute buffers",
    "output_bytes": "logits",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TwinRow:
    """One figure of a model.

    Args:
        predicted: Empty where it was not predicted; `off` says by how much it was off.
    """

    word: str
    predicted: str
    measured: str
    between: str
    off: str


def draw_twin(
    result: Mapping[str, Any], subject: Subject | None, profile: MachineProfile | None
) -> Markup:
    """Return what came of a try.

    Args:
        result: `TwinResult` as plain data, as its job keeps it.
        subject: The model, to predict it; None where only its twin knows it.
        profile: The machine to predict on.
    """
    return part(
        "machine_twin_result",
        model=result["model"],
        quantization=result["quantization"],
        how=result["whole"]["how"],
        seconds=duration(result["seconds"]),
        weights=num_bytes(result["weight_bytes"]),
        fetched=num_bytes(result["fetched_bytes"]) if result["fetched_bytes"] else "",
        rows=list(twin_rows(result, subject, profile)),
        notes=result["notes"],
    )


def twin_rows(
    result: Mapping[str, Any], subject: Subject | None, profile: MachineProfile | None
) -> Iterator[TwinRow]:
    """Yield the figures of a try, each beside its prediction where there is one."""
    whole = result["whole"]
    kv_type = result["settings"].get("kv_type", "f16")
    flash = result["settings"].get("flash_attention") != "off"
    known = (subject, profile) if subject is not None and profile is not None else None
    for each in whole["prompts"]:
        speeds = _predicted(known, prompt_tokens=each["tokens"], flash=flash)
        word = f"prompt of {each['tokens']:,} tokens"
        yield _speed_row(word, speeds.prompt if speeds else None, each["tokens_per_s"])
    for each in whole["decodes"]:
        users = each["users"]
        together = f", {users} users together" if users > 1 else ""
        speeds = _predicted(known, depth=each["depth"], batch=users, kv_type=kv_type, flash=flash)
        word = f"answers after {each['depth']:,} tokens{together}"
        yield _speed_row(word, speeds.decode if speeds else None, each["tokens_per_s"])
    yield from _memory_rows(result, known)


def _predicted(known: tuple[Subject, MachineProfile] | None, **how: Any) -> Speeds | None:
    """Return speeds as they are predicted; None for a machine that has not been measured."""
    if known is None:
        return None
    subject, profile = known
    try:
        return predict_speeds(subject.shape, profile, **how)
    except HearthError:
        return None


def _speed_row(word: str, speed: Speed | None, measured: Mapping[str, float]) -> TwinRow:
    estimate = speed.estimate if speed else None
    value = measured["value"]
    return TwinRow(
        word=word,
        predicted=f"{digits(estimate.likely)} tok/s" if estimate else "",
        measured=f"{digits(value)} tok/s",
        between=f"{digits(measured['low'])} to {digits(measured['high'])}",
        off=_off(value, estimate.likely) if estimate else "",
    )


def _memory_rows(
    result: Mapping[str, Any], known: tuple[Subject, MachineProfile] | None
) -> Iterator[TwinRow]:
    memory = result["whole"]["memory"]
    predicted = _memory_of(result["settings"], *known) if known else {}
    for name, word in MEMORY.items():
        expected = predicted.get(name)
        yield TwinRow(
            word=word,
            predicted=num_bytes(expected) if expected else "",
            measured=num_bytes(memory[name]),
            between="",
            off=_off(memory[name], expected) if expected and memory[name] else "",
        )


def _memory_of(
    settings: Mapping[str, str], subject: Subject, profile: MachineProfile
) -> dict[str, int]:
    need = memory_need(
        subject.info,
        cells=_number(settings["cells"]),
        num_sequences=_number(settings["num_sequences"]),
        micro_batch_tokens=_number(settings["micro_batch_tokens"]),
        kv_type=settings["kv_type"],
        flash_attention=settings["flash_attention"] != "off",
        cpu_flags=frozenset(profile.cpu.flags),
    )
    return {
        "weights_bytes": need.weights_bytes + need.tied_copy_bytes,
        "kv_bytes": need.kv_bytes + need.state_bytes,
        "compute_bytes": need.compute_bytes,
        "output_bytes": need.output_bytes,
    }


def _number(text: str) -> int:
    return int(text.replace(",", ""))


def _off(measured: float, predicted: float) -> str:
    return f"{math.expm1(math.log(measured / predicted)):+.1%}"
