"""From a load to its record: what was planned against what the engine and the system say.

weights    all of the engine's buffers for weights: pages of the file, copies in the processor's
           own order, what lies on GPUs
overhead   the worker without the model: pages of programs and libraries before the weights
           came, and its own memory once they and the vocabulary were there, less what of it
           is weights. What comes later cannot be told from scratch memory, which is written,
           and so taken, bit by bit
total      the sum of all parts
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from hearth.engine import messages as wire
from hearth.engine.ledger.load_facts import LoadFacts
from hearth.plan.arithmetic import Range
from hearth.plan.layouts import WITH_READER
from hearth.plan.load_time import LoadTime
from hearth.plan.memory import MemoryNeed
from hearth.store.predicted import Condition, Figure, Part

COLD_SHARE, WARM_SHARE = 0.1, 0.9  # in the cache: less than the first, more than the second
HOST_PLACE = "CPU"  # ggml's names of main memory begin so
MAPPED_SUFFIX = "_Mapped"  # and those of pages of a file end so


def load_figures(facts: LoadFacts, load: LoadTime | None) -> tuple[Figure, ...]:
    """Return predicted against measured for each part that both sides know.

    Args:
        facts: The load.
        load: What its time was predicted to be; None where nothing was.
    """
    # The engine's log does not tell two contexts apart.
    is_one = facts.plan.layout.value not in WITH_READER and not facts.plan.draft_files
    figures = _part_figures(facts) if is_one else []
    time = _load_time(facts, load)
    return (*figures, time) if time is not None else tuple(figures)


def _part_figures(facts: LoadFacts) -> list[Figure]:
    expected = predicted_bytes(facts.plan.memory)
    found = measured_bytes(facts.ready)
    if Part.OVERHEAD in found:
        both = [part for part in expected if part in found]
        expected[Part.TOTAL] = sum(expected[part] for part in both)
        found[Part.TOTAL] = sum(found[part] for part in both)
    return [
        Figure(part=part, predicted=each, low=each, high=each, measured=found[part])
        for part, each in expected.items()
        if each and found.get(part)
    ]


def predicted_bytes(need: MemoryNeed) -> dict[Part, float]:
    """Return what a plan expects of the parts that can be measured."""
    on_gpus = sum(device.weights_bytes for device in need.devices if device.device != "host")
    weights = need.mapped_bytes + need.repacked_bytes + need.tied_copy_bytes + on_gpus
    return {
        Part.WEIGHTS: weights,
        Part.KV: need.kv_bytes,
        Part.STATE: need.state_bytes,
        Part.COMPUTE: need.compute_bytes,
        Part.OUTPUT: need.output_bytes,
        Part.OVERHEAD: need.worker_bytes + need.library_bytes,
    }


def measured_bytes(ready: wire.Ready) -> dict[Part, float]:
    """Return what the engine allocated, and what its worker took besides."""
    parts = (Part.WEIGHTS, Part.KV, Part.STATE, Part.COMPUTE, Part.OUTPUT)
    found: dict[Part, float] = {
        part: _sum(buffer for buffer in ready.buffers if buffer.part == part.value)
        for part in parts
    }
    if ready.memory is not None:
        copied = _sum(
            buffer
            for buffer in ready.buffers
            if buffer.part == Part.WEIGHTS.value
            and buffer.place.startswith(HOST_PLACE)
            and not buffer.place.endswith(MAPPED_SUFFIX)
        )
        own = max(0, ready.memory.loaded_anonymous_bytes - copied)
        found[Part.OVERHEAD] = own + ready.memory.program_file_bytes
    return found


def load_conditions(facts: LoadFacts) -> dict[str, Condition]:
    """Return the settings of a load, and what else its time depends on."""
    plan = facts.plan
    found: dict[str, Condition] = {
        "cells": facts.ready.cells,
        "context": facts.ready.context,
        "num_sequences": plan.num_sequences.value,
        "micro_batch_tokens": plan.micro_batch_tokens.value,
        "threads": plan.threads.value,
        "flash_attention": plan.flash_attention.value,
        "kv_type": plan.kv_type.value,
        "gpu_layers": plan.gpu_layers.value,
        "layout": plan.layout.value,
        "confined": facts.ready.confined,
        "processors": os.cpu_count() or 1,
    }
    if facts.cached_share is not None:
        found["cached_share"] = facts.cached_share
    return found


def _load_time(facts: LoadFacts, load: LoadTime | None) -> Figure | None:
    if load is None or facts.cached_share is None:
        return None
    if facts.cached_share < COLD_SHARE:
        return _timed(Part.LOAD_COLD, load.cold_s, facts.loading_s)
    if facts.cached_share > WARM_SHARE:
        return _timed(Part.LOAD_WARM, load.warm_s, facts.loading_s)
    return None


def _timed(part: Part, expected: Range | None, measured: float) -> Figure | None:
    return None if expected is None else figure(part, expected, measured)


def figure(part: Part, expected: Range, measured: float) -> Figure:
    """Return a figure of which a range was predicted."""
    return Figure(
        part=part,
        predicted=expected.likely,
        low=expected.low,
        high=expected.high,
        measured=measured,
    )


def _sum(buffers: Iterable[wire.Allocated]) -> int:
    return sum(buffer.size_bytes for buffer in buffers)
