"""From a model's name and what a person asked for to the message that a child loads it by."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path

from hearth.config import Config
from hearth.core import LoadOptions
from hearth.engine.build_info import gpu_free_bytes
from hearth.engine.llama.rope import rope_of
from hearth.engine.scoring import messages as wire
from hearth.engine.scoring.settings import DEFAULT_CONTEXT, ScoringSettings
from hearth.machine.probe import read_machine
from hearth.models.gguf.info import ModelInfo
from hearth.models.library import Library, ModelEntry
from hearth.models.validate import Validator
from hearth.plan.flash import choose_flash_attention
from hearth.plan.layouts import APART, REPACKED
from hearth.plan.load import plan_load
from hearth.plan.memory import padded_cells
from hearth.plan.rope import longest_context

LOGITS_BYTES = 128 << 20  # of a batch; a larger block gains nothing (docs/log.md)
BRANCHES = 16  # continuations of one prompt that are computed at once
RECURRENT_BRANCHES = 2
BRANCH_CELLS = 1024  # tokens of continuations that the memory holds beside a whole context


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
    context = settings.context or min(longest_context(info, settings.rope), DEFAULT_CONTEXT)
    machine = read_machine(config)
    has_gpu = any(each.device for each in machine.accelerators)
    options = LoadOptions(
        context=context,
        num_sequences=1,
        threads=settings.threads,
        gpu_layers=settings.gpu_layers,
        kv_type=settings.kv_type,
        layout=settings.layout,
        rope=str(settings.rope) if settings.rope else None,
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
        # Many rows come at once, where flash attention is fastest, as in llama-perplexity: all is
        # computed as a reader does.
        flash_attention=choose_flash_attention(info, plan.kv_type.value, options).value,
        gpu_layers=plan.gpu_layers.value,
        layout=REPACKED if plan.layout.value == APART else plan.layout.value,
        rope=rope_of(settings.rope, info),
    )
    return Planned(entry=entry, info=info, settings=chosen, message=message)


def _branches(info: ModelInfo) -> int:
    has_state = any(layer.state_bytes for layer in info.layers)  # of each sequence, used or not
    return RECURRENT_BRANCHES if has_state else BRANCHES
