"""From the plan of a load to the message that a worker loads by."""

from __future__ import annotations

from hearth.engine import messages as wire
from hearth.engine.llama.rope import rope_of
from hearth.models.gguf.info import ModelInfo
from hearth.plan.choices import AUTO
from hearth.plan.load import LoadPlan
from hearth.plan.rope import RopeScaling


def load_message(
    plan: LoadPlan,
    info: ModelInfo,
    *,
    queue_limit: int,
    confine: bool,
    reuse: bool = True,
    prefix_pipes: tuple[int, int] | None = None,
) -> wire.Load:
    """Return the message that loads a model as it was planned.

    Args:
        plan: Every setting.
        info: The model; its files, and those of one that writes ahead, are all that the worker may
            read.
        queue_limit: Requests that may wait.
        confine: Whether the worker is shut off from files and network.
        reuse: Whether prompts may begin with what was computed for earlier ones.
        prefix_pipes: The worker's ends of the way to its blocks on disk, if it has one.
    """
    return wire.Load(
        path=str(info.files[0]),
        files=[*(str(file) for file in info.files), *plan.draft_files],
        cells=plan.cells.value,
        context=plan.context.value,
        num_sequences=plan.num_sequences.value,
        batch_tokens=plan.batch_tokens.value,
        micro_batch_tokens=plan.micro_batch_tokens.value,
        threads=plan.threads.value,
        threads_batch=plan.threads_batch.value,
        flash_attention=plan.flash_attention.value,
        kv_type=plan.kv_type.value,
        gpu_layers=plan.gpu_layers.value,
        layout=plan.layout.value,
        parked_bytes=plan.parked_mib.value * 2**20,
        queue_limit=queue_limit,
        confine=confine,
        rope=rope_of(RopeScaling.asked(plan.rope.value), info),
        speculation=plan.speculation.value == AUTO,
        draft_path=plan.draft_files[0] if plan.draft_files else None,
        padding=plan.padding.value == AUTO,
        live_threads=plan.live_threads.value == AUTO,
        reuse=reuse,
        prefix_pipes=prefix_pipes,
    )
