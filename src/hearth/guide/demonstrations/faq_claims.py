"""What newcomers are told about hardware, held against this machine's own figures.

The claims are those of the FAQ that this guide grew out of, in our words. "About" is taken
generously: a factor of two up or down. What a claim needs and this machine does not have comes from
the catalogue of parts, and the figures say so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import combinations

from hearth.config import Config
from hearth.guide.demonstrations.parts import Demonstration, Holds, Table, Verdict
from hearth.guide.demonstrations.surroundings import Surroundings
from hearth.machine.catalogue import GpuRow, find_gpu, gpus
from hearth.machine.profile import MachineProfile, Measured
from hearth.plan.choose import Offer, Wishes, plan_by_name
from hearth.plan.show import amount
from hearth.plan.units import digits, duration, scaled

ABOUT = 2.0  # what "about" may be off by
HIGH_END = "RTX 4090"  # the fastest consumer GPU when the claims were written
CONSUMER = ("GeForce", "Radeon RX", "Arc")
USUAL = "llama 3.1 8b"
USUAL_TYPE = "Q4_K_M"
OLD_PC_BYTES = 4 * 2**30  # memory of a modest PC of ten years ago
READING = 5.0  # tokens per second; 230 words per minute at 1.3 tokens a word
NOT_MEASURED = "This machine's memory or disk could not be measured."


async def show_faq_claims(around: Surroundings) -> Demonstration:
    """Check each claim, and give the figures."""
    profile = await around.machine()
    confined = (await around.engine.load(around.model)).confined
    verdicts = await asyncio.to_thread(_verdicts, around.config, around.model, profile)
    verdicts.append(_confinement(confined))
    counted = {which: sum(each.holds == which for each in verdicts) for which in _ORDER}
    return Demonstration(
        name="faq-claims",
        title="What newcomers are told, checked here",
        says="Rules of thumb about hardware, each beside the figures of this machine. A claim that "
        "does not hold here may hold elsewhere; one about today's market ages fastest.",
        parts=(
            Table(
                title="In short",
                columns=("verdict", ">claims"),
                rows=tuple((which, str(counted[which])) for which in _ORDER),
            ),
            *verdicts,
        ),
        model=around.model,
        measured_at=profile.date,
        cached=True,
    )


_ORDER: tuple[Holds, ...] = ("holds", "does not hold", "not decided here")


def claims_of_machine(profile: MachineProfile) -> Iterator[Verdict]:
    """Yield the verdicts that follow from a machine's measured speeds alone."""
    memory = profile.memory.bandwidth
    disk = profile.storage[0] if profile.storage else None
    yield _about(
        "Memory has about 20 times the bandwidth of a fast disk.",
        20.0,
        memory,
        disk.cold_read if disk else None,
        f"the disk here ({_disk_name(profile)})",
    )
    yield _latency(profile)
    yield _against_gpu(memory)
    yield _size_first(profile)


def claims_of_market() -> Iterator[Verdict]:
    """Yield the verdicts that follow from the catalogue of graphics cards."""
    cards = [gpu for gpu in gpus() if any(maker in gpu.name for maker in CONSUMER)]
    largest = max(cards, key=lambda gpu: gpu.memory_gb)
    yield Verdict(
        claim="Consumer graphics cards end at 24 GB of memory.",
        holds="holds" if largest.memory_gb <= 24 else "does not hold",
        figures=f"The {largest.name} has {largest.memory_gb:g} GB ({largest.source}). It held "
        "until the beginning of 2025.",
    )
    yield _less_is_slower(cards)


def _verdicts(config: Config, model: str, profile: MachineProfile) -> list[Verdict]:
    usual = plan_by_name(config, USUAL, Wishes(quantization=USUAL_TYPE)).offer
    small = plan_by_name(config, model).offer
    return [
        *claims_of_machine(profile),
        _then_bandwidth(usual),
        _swap(profile, usual),
        *claims_of_market(),
        _still_faster(profile),
        _any_pc(small),
    ]


def _about(
    claim: str, wanted: float, fast: Measured | None, slow: Measured | None, slow_name: str
) -> Verdict:
    if fast is None or slow is None:
        return Verdict(claim=claim, holds="not decided here", figures=NOT_MEASURED)
    ratio = fast.value / slow.value
    return Verdict(
        claim=claim,
        holds="holds" if wanted / ABOUT <= ratio <= wanted * ABOUT else "does not hold",
        figures=f"Memory reads {scaled(fast.value, 'B/s')}, {slow_name} "
        f"{scaled(slow.value, 'B/s')}: {digits(ratio)} times.",
    )


def _latency(profile: MachineProfile) -> Verdict:
    claim = "Memory has about 20 times shorter latency than a fast disk."
    near = profile.memory.latency
    far = profile.storage[0].latency if profile.storage else None
    if near is None or far is None:
        return Verdict(claim=claim, holds="not decided here", figures=NOT_MEASURED)
    ratio = far.value / near.value
    return Verdict(
        claim=claim,
        holds="holds" if 20 / ABOUT <= ratio <= 20 * ABOUT else "does not hold",
        figures=f"One read takes {duration(near.value)} from memory and {duration(far.value)} from "
        f"the disk here ({_disk_name(profile)}): {digits(ratio)} times.",
    )


def _against_gpu(memory: Measured | None) -> Verdict:
    claim = "Memory has about a tenth of the bandwidth of a high-end graphics card."
    card = find_gpu(HIGH_END)
    if memory is None or card is None:
        return Verdict(claim=claim, holds="not decided here", figures=NOT_MEASURED)
    ratio = card.bandwidth().value / memory.value
    return Verdict(
        claim=claim,
        holds="holds" if 10 / ABOUT <= ratio <= 10 * ABOUT else "does not hold",
        figures=f"The {card.name} has {scaled(card.bandwidth().value, 'B/s')} by its figures, "
        f"memory here reads {scaled(memory.value, 'B/s')}: {digits(ratio)} times.",
    )


def _size_first(profile: MachineProfile) -> Verdict:
    claim = "The size of memory comes first, then its bandwidth."
    memory = profile.memory.bandwidth
    disk = profile.storage[0].cold_read if profile.storage else None
    if memory is None or disk is None:
        return Verdict(claim=claim, holds="not decided here", figures=NOT_MEASURED)
    lost = memory.value / disk.value
    slowest, fastest = 51.2e9, 96e9  # DDR4-3200 and DDR5-6000, two channels each
    gained = fastest / slowest
    return Verdict(
        claim=claim,
        holds="holds" if lost > gained else "does not hold",
        figures=f"A model that does not fit is read from the disk, here {digits(lost)} times "
        f"slower. Between usual kinds of memory lies a factor of {digits(gained)} "
        "(DDR4-3200 to DDR5-6000, two channels).",
    )


def _then_bandwidth(usual: Offer) -> Verdict:
    claim = "Once a model fits, bandwidth decides how fast it writes."
    speeds = usual.speeds
    if speeds is None:
        return Verdict(claim=claim, holds="not decided here", figures=NOT_MEASURED)
    binds = "bandwidth" in speeds.decode.limit
    return Verdict(
        claim=claim,
        holds="holds" if binds else "does not hold",
        figures=f"By arithmetic on an 8B model at {USUAL_TYPE} here, answers are bound by "
        f"{speeds.decode.limit}.",
        steps=tuple(map(str, speeds.decode.steps)),
    )


def _swap(profile: MachineProfile, usual: Offer) -> Verdict:
    claim = "Swap works for language models, but nobody wants it."
    disk = profile.storage[0].cold_read if profile.storage else None
    if disk is None:
        return Verdict(claim=claim, holds="not decided here", figures=NOT_MEASURED)
    seconds = usual.memory.weights_bytes / disk.value
    in_memory = f" In memory it writes {digits(usual.decode)} tokens/s." if usual.decode else ""
    return Verdict(
        claim=claim,
        holds="holds" if 1 / seconds < READING else "does not hold",
        figures=f"An 8B model at {USUAL_TYPE} that is read from this disk takes "
        f"{duration(seconds)} for each token, in order and undisturbed; people read {READING:g} "
        f"tokens/s.{in_memory} Computed from the measured disk, not swapped.",
    )


def _less_is_slower(cards: list[GpuRow]) -> Verdict:
    pairs = [(a, b) for a, b in combinations(cards, 2) if a.memory_gb != b.memory_gb]
    slower = sum(
        (a.memory_gb < b.memory_gb) == (a.bandwidth_gb_s < b.bandwidth_gb_s) for a, b in pairs
    )
    share = slower / len(pairs)
    return Verdict(
        claim="Graphics cards with less memory mostly have less bandwidth too.",
        holds="holds" if share > 0.5 else "does not hold",
        figures=f"Of {len(pairs)} pairs of consumer cards with different memory, the one with less "
        f"is the slower one in {share:.0%}.",
    )


def _still_faster(profile: MachineProfile) -> Verdict:
    claim = "Even a small graphics card's memory is faster than main memory."
    cards = [gpu for gpu in gpus() if any(maker in gpu.name for maker in CONSUMER)]
    slowest = min(cards, key=lambda gpu: gpu.bandwidth_gb_s)
    memory = profile.memory.bandwidth
    if memory is None:
        return Verdict(claim=claim, holds="not decided here", figures=NOT_MEASURED)
    return Verdict(
        claim=claim,
        holds="holds" if slowest.bandwidth().value > memory.value else "does not hold",
        figures=f"The slowest consumer card in the catalogue, {slowest.name}, has "
        f"{scaled(slowest.bandwidth().value, 'B/s')}; memory here reads "
        f"{scaled(memory.value, 'B/s')}.",
    )


def _any_pc(small: Offer) -> Verdict:
    total = small.memory.total_bytes
    return Verdict(
        claim="Almost any PC of the last ten years can load a tiny model.",
        holds="holds" if total < OLD_PC_BYTES / 2 else "does not hold",
        figures=f"The model that is used here takes {amount(total)} in all, with a context of "
        f"{small.settings.context:,} tokens; a modest PC of 2016 had {amount(OLD_PC_BYTES)}.",
    )


def _confinement(confined: bool) -> Verdict:
    return Verdict(
        claim="A local model cannot reach the network or your files.",
        holds="holds" if confined else "not decided here",
        figures="Here the process that runs it is shut off from both after loading; "
        "`hearth guide confinement --demo` tries it."
        if confined
        else "A model is numbers and cannot; the program that runs it is not shut off on this "
        "system, or the setting `confine` is off.",
    )


def _disk_name(profile: MachineProfile) -> str:
    return (profile.storage[0].kind if profile.storage else None) or "of unknown kind"
