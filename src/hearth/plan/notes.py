"""What should be known of a planned load besides its settings: where its memory goes, and lacks."""

from __future__ import annotations

from hearth.models.gguf.info import ModelInfo
from hearth.plan.memory import MemoryNeed, has_formula
from hearth.plan.show import amount
from hearth.plan.sizing import Sizing


def notes_of(
    info: ModelInfo, memory: MemoryNeed, sizing: Sizing, swap_bytes: int
) -> tuple[str, ...]:
    """Return the notes of a load, as sentences.

    Args:
        info: The model.
        memory: What it will need.
        sizing: What there is.
        swap_bytes: Room on disk that the system may swap to.
    """
    notes = [_file_note(memory)]
    own, lacking = memory.anonymous_bytes, memory.host.total_bytes - sizing.host_bytes
    if own > sizing.host_bytes:
        fate = (
            "the machine must swap the rest to disk and will crawl"
            if own - sizing.host_bytes <= swap_bytes
            else "without enough swap the system will end the worker"
        )
        notes.append(
            f"it takes {amount(own)} for itself, and {amount(sizing.host_bytes)} are free: {fate}"
        )
    elif lacking > 0:
        notes.append(
            f"{amount(lacking)} of its weights do not fit beside the rest: they are read from the "
            "disk again and again, which is slow; nothing is swapped"
        )
    if not info.exact_memory:
        notes.append(f"{info.architecture} keeps caches that have no formula here: it needs more")
    elif not has_formula(info):
        notes.append(f"the scratch memory of {info.architecture} is an estimate")
    return tuple(notes)


def _file_note(memory: MemoryNeed) -> str:
    if memory.reclaimable_bytes < 2**20:
        return "its weights are pages of the file, which the system can take back and read again"
    return (
        f"it will show as {amount(memory.resident_bytes)}: {amount(memory.reclaimable_bytes)} of "
        "that are pages of the file that were copied, which the system takes back when it needs to"
    )
