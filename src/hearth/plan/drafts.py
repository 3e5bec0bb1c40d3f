"""A small model that writes ahead of a large one: whether it can, and what both need together.

It reads the same texts, so it has keys and values of its own, for one whole context: where answers
together are longer it forgets and stops guessing for a while. It computes on the processor.
"""

from __future__ import annotations

from dataclasses import replace

from hearth.core import Choice, LoadOptions
from hearth.errors import InvalidRequest
from hearth.models.gguf.info import ModelInfo
from hearth.plan.choices import OFF
from hearth.plan.memory import MemoryNeed, has_formula, memory_need, padded_cells
from hearth.plan.memory.overhead import LIBRARY_BYTES, TEMPLATE_BYTES, WORKER_BYTES
from hearth.plan.sizing import Sizing

NO_DRAFT = "none"
DRAFT_BATCH_TOKENS = 128  # that it reads at once
DRAFT_KV_TYPE = "f16"
ADDED = ("repacked_bytes", "mapped_bytes", "worker_bytes")


def choose_draft(info: ModelInfo, options: LoadOptions, draft: ModelInfo | None) -> Choice[str]:
    """Say which model writes ahead.

    Args:
        info: The model that answers.
        options: What a person asked for.
        draft: The model that they asked for, if they did.

    Raises:
        InvalidRequest: The two cannot work together.
    """
    if draft is None:
        return Choice(value=NO_DRAFT, reason="none was asked for")
    obstacle = _obstacle(info, options, draft)
    if obstacle:
        raise InvalidRequest(
            f"{draft.name} cannot write ahead for {info.name}: {obstacle}.",
            hint="Choose a smaller model of the same family, or leave --draft-model out.",
            param="draft_model",
        )
    return Choice(value=draft.name, reason="as asked; it is used where that pays")


def draft_need(draft: ModelInfo, sizing: Sizing, context: int) -> MemoryNeed:
    """Return what a small model needs beside the one that answers.

    Args:
        draft: The small model.
        sizing: Settings of the load.
        context: Longest sequence in tokens.
    """
    need = memory_need(
        draft,
        cells=padded_cells(context),
        num_sequences=sizing.num_sequences,
        micro_batch_tokens=DRAFT_BATCH_TOKENS,
        kv_type=DRAFT_KV_TYPE,
        cpu_flags=sizing.cpu_flags,
    )
    shared = LIBRARY_BYTES + TEMPLATE_BYTES + WORKER_BYTES  # is there once
    return replace(
        need,
        overhead_bytes=need.overhead_bytes - shared,
        worker_bytes=need.worker_bytes - WORKER_BYTES,
    )


def with_draft(need: MemoryNeed, draft: MemoryNeed) -> MemoryNeed:
    """Return what two models need together; the small one lies on the host."""
    host, *others = need.devices
    parts = {name: draft_bytes for name, draft_bytes in draft.parts().items() if draft_bytes}
    more = {f"{name}_bytes": size for name, size in parts.items()}
    return replace(
        need,
        **{name: getattr(need, name) + size for name, size in more.items()},
        **{name: getattr(need, name) + getattr(draft, name) for name in ADDED},
        devices=(
            replace(host, **{name: getattr(host, name) + size for name, size in more.items()}),
            *others,
        ),
    )


def _obstacle(info: ModelInfo, options: LoadOptions, draft: ModelInfo) -> str | None:
    """Say why one model cannot write ahead for another; None where it can."""
    if options.speculation == OFF:
        return "speculation is off"
    if draft.vocab_size != info.vocab_size:
        return f"it has {draft.vocab_size:,} tokens and the other one {info.vocab_size:,}"
    if draft.weight_bytes >= info.weight_bytes:
        return "it is not the smaller one"
    for each in (info, draft):
        if any(layer.state_bytes for layer in each.layers):
            return f"the state of {each.name} cannot be taken back where a guess was wrong"
        if not has_formula(each):
            return f"what {each.architecture} takes beside another model is not known"
    return None
