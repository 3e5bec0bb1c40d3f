"""From a model's name and what a person asked for to the message that a child loads it by."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path

from hearth.config import Config
from hearth.core import LoadOptions
from hearth.engine.build_info import gpu_free_bytes
from hearth.engine.scoring import messages as wire
from hearth.engine.scoring.settings import DEFAULT_CONTEXT, RopeScaling, ScoringSettings
from hearth.errors import InvalidRequest
from hearth.machine.probe import read_machine
from hearth.models.gguf.header import GgufHeader
from hearth.models.gguf.info import ModelInfo
from hearth.models.gguf.parts import read_parts
from hearth.models.library import Library, ModelEntry
from hearth.models.validate import Validator
from hearth.plan.load import plan_load
from hearth.plan.memory import padded_cells

LOGITS_BYTES = 128 << 20  # of a batch; a larger block gains nothing (docs/log.md)
BRANCHES = 16  # continuations of one prompt that are computed at once
RECURRENT_BRANCHES = 2
BRANCH_CELLS = 1024  # tokens of continuations that the memory holds beside a whole context
DEFAULT_FREQ_BASE = 10_000.0  # where a file does not say


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A model that is about to be loaded.

    Args:
        settings: What it is loaded with, nothing left open.
    """

    entry: ModelEntry
    info: ModelInfo
    settings: ScoringSettings
    message: wire.LoadModel


def plan_scoring(model: str | Path, settings: ScoringSettings, config: Config) -> Planned:
    """Find a model and choose what was left open.

    Args:
        model: A name of the library, or a path.
        settings: What a person asked for.
        config: Says where the library looks.

    Raises:
        ModelNotFound: There is no such model.
        BadModelFile: It is damaged, or cannot write text.
        InvalidRequest: A setting is out of range, or impossible for this model.
        ModelTooLarge: It does not fit.
    """
    entry = Library(config).resolve(str(model))
    info = Validator().inspect(entry.path)
    factor = settings.rope.factor if settings.rope else 1.0
    longest = int(info.context_length * factor)
    context = settings.context or min(longest, DEFAULT_CONTEXT)
    if context > longest:
        raise InvalidRequest(
            f"A context of {context:,} tokens was asked for; {info.name} was trained for "
            f"{info.context_length:,}"
            + (f", {longest:,} with {settings.rope}." if factor > 1 else "."),
            hint=f"Use --context {longest}, or scale positions with --rope yarn:2.",
            param="context",
        )
    machine = read_machine(config)
    has_gpu = any(each.device for each in machine.accelerators)
    options = LoadOptions(
        context=context,
        num_sequences=1,
        threads=settings.threads,
        gpu_layers=settings.gpu_layers,
        kv_type=settings.kv_type,
        force=factor > 1,  # the planner knows of no scaling, and refuses what is checked above
    )
    limit_gb = config.memory_limit_gb
    plan = plan_load(
        info,
        machine,
        options,
        budget_bytes=None if limit_gb is None else int(limit_gb * 1e9),
        gpu_memory_bytes=asyncio.run(gpu_free_bytes()) if has_gpu else 0,
    )
    rows = max(1, min(settings.micro_batch, LOGITS_BYTES // (4 * info.vocab_size)))
    chosen = replace(
        settings,
        context=context,
        micro_batch=rows,
        threads=plan.threads.value,
        gpu_layers=plan.gpu_layers.value,
    )
    message = wire.LoadModel(
        files=[str(file) for file in info.files],
        context=context,
        cells=padded_cells(max(context + BRANCH_CELLS, context * settings.lanes)),
        sequences=max(_branches(info), settings.lanes) + 2,  # the prompt, and one that is copied
        rows=rows,
        threads=plan.threads.value,
        kv_type=plan.kv_type.value,
        flash_attention=plan.flash_attention.value,
        gpu_layers=plan.gpu_layers.value,
        repack=plan.repack.value,
        rope=rope_fields(settings.rope, read_parts(entry.path)[0], info) if settings.rope else None,
    )
    return Planned(entry=entry, info=info, settings=chosen, message=message)


def _branches(info: ModelInfo) -> int:
    has_state = any(layer.state_bytes for layer in info.layers)  # of each sequence, used or not
    return RECURRENT_BRANCHES if has_state else BRANCHES


def rope_fields(scaling: RopeScaling, header: GgufHeader, info: ModelInfo) -> wire.RopeFields:
    """Return what the engine is told of a scaling.

    NTK-aware scaling multiplies the base by factor ** (d / (d - 2)), d being the size of a head's
    rotated part, so that the longest wavelength grows by the factor and the shortest by nothing.
    Source: arXiv 2309.00071, equation 16.
    """
    key = f"{info.architecture}.rope"
    base = _number(header, f"{key}.freq_base") or DEFAULT_FREQ_BASE
    if scaling.method == "ntk":
        size = _number(header, f"{key}.dimension_count") or float(info.key_length)
        return wire.RopeFields("none", base * scaling.factor ** (size / (size - 2)), 1.0, 0)
    return wire.RopeFields(scaling.method, 0.0, 1 / scaling.factor, info.context_length)


def _number(header: GgufHeader, key: str) -> float | None:
    value = header.metadata.get(key)
    return float(value) if isinstance(value, int | float) else None
