"""How weights lie in memory, and what reads prompts with them.

    plain      pages of the file. Nothing is copied, so loading is quick, and types whose kernels
               take several rows of the file at a time read prompts fastest so
    repacked   copied into the order that the processor's own kernels want, where there is one for
               the type: answers are written faster, with Q4_0 and its like prompts are read too
    split      both. Prompts are read plain and answers written repacked; keys and values are
               handed over in between. It takes the memory of both, and the two orders round
               differently: keys and values are those of one, what is made of them those of the
               other
    apart      repacked, and prompts are read by a context of their own with flash attention, where
               answers are written with the full matrix (`plan.flash`). It takes the keys and
               values of one more sequence

Which is faster depends on type and processor, and is measured: `hearth tune`.
Source: ggml's repack.cpp and its tiled matrix products (llama.cpp, pull request 27851).
"""

from __future__ import annotations

from dataclasses import replace

from hearth.core import Choice, LoadOptions
from hearth.errors import InvalidRequest
from hearth.models.gguf.info import ModelInfo
from hearth.plan.flash import OFF, ON
from hearth.plan.memory import MemoryNeed, compute_bytes, has_formula, kv_bytes, padded_cells
from hearth.plan.memory.overhead import WORKER_BYTES, worker_bytes
from hearth.plan.sizing import BATCH_TOKENS, Sizing, micro_batch

AUTO, PLAIN, REPACKED, SPLIT, APART = "auto", "plain", "repacked", "split", "apart"
LAYOUTS = (PLAIN, REPACKED, SPLIT, APART)
WITH_READER = (SPLIT, APART)  # prompts are read by a context of their own

READER_SEQUENCES = 2  # of the context that reads prompts: the one that is read, and for copies

FASTER = "weights in the processor's own order decode faster"
SWAPPED = "copies would have to be swapped; pages of the file need not"
READ_SO_ANYWAY = "prompts are read with the same attention anyway: a reader gains nothing"


def choose_layout(
    info: ModelInfo,
    options: LoadOptions,
    sizing: Sizing,
    *,
    context: int,
    cells: int,
    gpu_layers: int,
    tuned: Choice[str] | None = None,
) -> Choice[str]:
    """Choose how weights lie in memory.

    A copy is memory of the worker's own: where it does not fit it can only be swapped, while pages
    of the file are dropped and read again.

    Args:
        info: The model.
        options: What a person asked for.
        sizing: Memory, with weights copied.
        context: Longest sequence in tokens.
        cells: Tokens that the memory shared by all sequences holds.
        gpu_layers: Layers on a GPU.
        tuned: What measuring this model on this machine has found best, with the figures.

    Raises:
        InvalidRequest: There is no such layout, or the model cannot have a reader.
    """
    asked = options.layout
    if asked is not None and asked not in (AUTO, *LAYOUTS):
        raise InvalidRequest(
            f"The layout is {asked!r}; {AUTO}, {', '.join(LAYOUTS)} are possible.", param="layout"
        )
    obstacle = why_no_reader(info, gpu_layers)
    if asked in WITH_READER and obstacle:
        raise InvalidRequest(
            f"{info.name} cannot be loaded as {asked}: {obstacle}.",
            hint="Use --layout auto.",
            param="layout",
        )
    if asked == APART and not _reads_otherwise(sizing):
        return Choice(value=REPACKED, reason=READ_SO_ANYWAY)
    if asked is not None and asked != AUTO:
        return Choice(value=asked, reason="as asked")
    copied = sizing.need(cells)
    if not sizing.fits(cells) and copied.repacked_bytes:
        return Choice(value=PLAIN, reason=SWAPPED)
    if tuned is None:
        return Choice(value=REPACKED, reason=FASTER)
    if tuned.value not in WITH_READER:
        return tuned
    if tuned.value == APART and not _reads_otherwise(sizing):
        return Choice(value=REPACKED, reason=READ_SO_ANYWAY)
    need = with_reader(copied, info, sizing, layout=tuned.value, context=context)
    if obstacle or need.total_bytes > sizing.budget_bytes:
        why = obstacle or "its memory does not fit"
        return Choice(value=REPACKED, reason=f"{FASTER}; no reader beside them: {why}")
    return tuned


def why_no_reader(info: ModelInfo, gpu_layers: int) -> str | None:
    """Say why a model's prompts cannot be read by a context of their own; None where they can."""
    if any(layer.state_bytes for layer in info.layers):
        return "a recurrent state cannot be handed over in parts"
    if gpu_layers:
        return "a GPU has only one layout"
    if not has_formula(info):
        return f"what {info.architecture} would take twice is not known"
    return None


def reader_attention(flash_attention: str, kv_type: str) -> str:
    """Return how prompts are read apart: with flash attention, unless numbers are to be whole."""
    return ON if flash_attention == OFF and kv_type == "f16" else flash_attention


def _reads_otherwise(sizing: Sizing) -> bool:
    """Say whether a reader would have another attention than what writes answers."""
    asked = ON if sizing.flash_attention else OFF
    return reader_attention(asked, sizing.kv_type) != asked


def with_reader(
    need: MemoryNeed, info: ModelInfo, sizing: Sizing, *, layout: str, context: int
) -> MemoryNeed:
    """Add to what a model needs the context that reads its prompts.

    Keys, values and scratch memory are those of one sequence of the whole context. Of two layouts
    the pages of the file stay in use beside the copies, so those weights count twice.

    Args:
        need: Of the repacked model.
        info: The model.
        sizing: Settings of the load.
        layout: One of `WITH_READER`.
        context: Longest sequence in tokens.
    """
    cells = padded_cells(context)
    asked = ON if sizing.flash_attention else OFF
    flash_attention = reader_attention(asked, sizing.kv_type) != OFF
    loads_again = layout == SPLIT
    vocabulary_bytes = (
        worker_bytes(info, cells=cells, batch_tokens=BATCH_TOKENS) - WORKER_BYTES
        if loads_again
        else 0
    )
    more = {
        "weights_bytes": need.repacked_bytes if loads_again else 0,
        "kv_bytes": kv_bytes(info, cells=cells, kv_type=sizing.kv_type),
        "compute_bytes": compute_bytes(
            info,
            cells=cells,
            micro_batch_tokens=micro_batch(flash_attention=flash_attention).value,
            sequence_ids=READER_SEQUENCES,
            flash_attention=flash_attention,
        ),
        "output_bytes": 4 * info.vocab_size * READER_SEQUENCES,
        "overhead_bytes": vocabulary_bytes,
    }
    host, *others = need.devices
    on_host = {name: getattr(host, name) + size for name, size in more.items()}
    return replace(
        need,
        **{name: getattr(need, name) + size for name, size in more.items()},
        worker_bytes=need.worker_bytes + vocabulary_bytes,
        devices=(replace(host, **on_host), *others),
    )
