"""From a `Load` message to a model that is ready and confined."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hearth.core import SamplingParams
from hearth.engine import confine
from hearth.engine import messages as wire
from hearth.engine.footprint import Footprint, OwnFootprint
from hearth.engine.llama.context import Context, ContextSettings
from hearth.engine.llama.library import engine_name, log_lines
from hearth.engine.llama.model import Model
from hearth.engine.llama.sampler import Sampler
from hearth.engine.llama.split import context_in
from hearth.engine.worker.other_work import watch_others
from hearth.engine.worker.scheduler import Scheduler
from hearth.engine.worker.speculation.draft_loading import load_draft_model
from hearth.errors import ModelOutputsNan
from hearth.plan.layouts import PLAIN
from hearth.plan.memory import KEPT_SEQUENCES

UNCONFINED = "off: by the settings, or because a GPU computes and its driver opens files"


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A model ready for requests.

    Args:
        reuse: Whether prompts may begin with what was computed for earlier ones.
    """

    model: Model
    context: Context
    scheduler: Scheduler
    context_tokens: int
    ready: wire.Ready
    reuse: bool

    def sampler(self, params: SamplingParams) -> Sampler:
        """Return a new sampler chain for one request."""
        return Sampler(self.model.vocab, params)


def load(message: wire.Load, on_progress: Callable[[float], None]) -> Loaded:
    """Load a model and shut this process off from files and network.

    Raises:
        HearthError: The file is no model, or memory does not suffice.
    """
    others = watch_others()
    engine = engine_name()  # this loads the library, whose files are opened before all are shut off
    footprint = OwnFootprint()
    before = footprint.read()
    path = Path(message.path)
    layers = []
    if message.confine:
        layers.append(confine.restrict_files([Path(file) for file in message.files]))
    model = Model(
        path,
        gpu_layers=message.gpu_layers,
        repack=message.layout != PLAIN,
        on_progress=on_progress,
    )
    loaded = footprint.read()
    context = _context(message, model)
    _start_threads(context)
    _check_numbers(path, context)
    context.clear()
    scheduler = Scheduler(
        context,
        num_sequences=message.num_sequences,
        queue_limit=message.queue_limit,
        parked_bytes=message.parked_bytes,
        speculation=message.speculation,
        draft_model=load_draft_model(message, model.vocab) if message.draft_path else None,
        padding=message.padding,
        live_threads=message.live_threads,
        watch=others,
    )
    memory = _memory(before, loaded, footprint.read())
    footprint.close()
    if message.confine:
        layers.append(confine.restrict_system_calls())
    ready = _ready(message, model, context, layers, engine, memory)
    return Loaded(
        model=model,
        context=context,
        scheduler=scheduler,
        context_tokens=ready.context,
        ready=ready,
        reuse=message.reuse,
    )


def _ready(
    message: wire.Load,
    model: Model,
    context: Context,
    layers: Sequence[confine.Layer],
    engine: str,
    memory: wire.WorkerMemory | None,
) -> wire.Ready:
    """Return what the parent is told of a loaded model."""
    return wire.Ready(
        description=model.description,
        num_parameters=model.num_parameters,
        size_bytes=model.size_bytes,
        context=min(message.context, context.cells),
        cells=context.cells,
        vocab_size=model.vocab.size,
        bos=model.vocab.bos,
        eos=model.vocab.eos,
        special_spellings=list(model.vocab.special_spellings()),
        confined=bool(layers) and all(layer.active for layer in layers),
        confinement="; ".join(layer.detail for layer in layers) or UNCONFINED,
        engine=engine,
        buffers=[
            wire.Allocated(buffer.part, buffer.place, buffer.size_bytes)
            for buffer in log_lines().buffers()
        ],
        memory=memory,
    )


def _context(message: wire.Load, model: Model) -> Context:
    return context_in(
        message.layout,
        model,
        Path(message.path),
        _context_settings(message, model),
        longest=message.context,
    )


def _context_settings(message: wire.Load, model: Model) -> ContextSettings:
    kept = KEPT_SEQUENCES if model.can_trim else 1  # a recurrent state costs memory per sequence
    return ContextSettings(
        cells=message.cells,
        sequences=message.num_sequences + kept,
        batch_tokens=max(message.batch_tokens, message.num_sequences),
        micro_batch_tokens=message.micro_batch_tokens,
        threads=message.threads,
        threads_batch=message.threads_batch,
        flash_attention=message.flash_attention,
        kv_type=message.kv_type,
        rope=message.rope,
    )


def _memory(
    before: Footprint | None, loaded: Footprint | None, ready: Footprint | None
) -> wire.WorkerMemory | None:
    if before is None or loaded is None or ready is None:
        return None
    return wire.WorkerMemory(
        program_file_bytes=before.file_bytes,
        loaded_anonymous_bytes=loaded.anonymous_bytes,
        anonymous_bytes=ready.anonymous_bytes,
        file_bytes=ready.file_bytes,
    )


def _start_threads(context: Context) -> None:
    """Compute one token: this starts the engine's threads and touches what it needs."""
    context.batch.tokens[0] = 0
    context.batch.positions[0] = 0
    context.batch.sequences[0] = 0
    context.batch.wants_logits[0] = 1
    context.decode(1)


def _check_numbers(path: Path, context: Context) -> None:
    """Refuse a model whose very first answer is no number; it would only ever answer noise."""
    num_bad = int(np.isnan(context.logits(0)).sum())
    if num_bad:
        raise ModelOutputsNan(
            f"{path.name} computes no numbers: {num_bad:,} of its first scores are NaN.",
            hint="Its weights are damaged. `hearth models tensors MODEL --stats TENSOR` looks into "
            "them; download the model again.",
        )
