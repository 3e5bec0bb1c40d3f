"""Plan a load: every setting of the engine with the reason for it, before a byte is loaded.

A plan is a value that prints itself. What a person asked for is taken or refused, never quietly
changed; what nobody asked for follows from the model and the machine.
"""

from __future__ import annotations

import bisect
from dataclasses import dataclass, fields

from hearth.core import Choice, LoadOptions
from hearth.errors import BadModelFile, ModelTooLarge
from hearth.machine.probe import Machine
from hearth.models.gguf.info import ModelInfo
from hearth.plan.choices import (
    choose_context,
    choose_flash_attention,
    choose_gpu_layers,
    choose_kv_type,
    choose_parked_mib,
    choose_sequences,
    choose_threads,
    fills_blocks,
)
from hearth.plan.memory import MemoryNeed, memory_need, padded_cells
from hearth.plan.show import amount

DEFAULT_CONTEXT = 8192
SMALLEST_CONTEXT = 512  # the planner offers no less by itself
BATCH_TOKENS = 512
MAX_RESERVE_BYTES = 2**30  # of memory left to everything else
SMALLER_KV_TYPES = {"f32": "f16", "f16": "q8_0", "q8_0": "q4_0"}


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadPlan:
    """How a model will be loaded.

    Args:
        name: The model's name for itself.
        context: Longest sequence in tokens; `cells` is the pool that all sequences share.
        memory: What it will need, by part.
        budget_bytes: What it may need.
        notes: What else should be known, as sentences.
    """

    name: str
    context: Choice[int]
    cells: Choice[int]
    num_sequences: Choice[int]
    batch_tokens: Choice[int]
    micro_batch_tokens: Choice[int]
    threads: Choice[int]
    threads_batch: Choice[int]
    flash_attention: Choice[str]
    kv_type: Choice[str]
    gpu_layers: Choice[int]
    repack: Choice[bool]
    parked_mib: Choice[int]
    memory: MemoryNeed
    budget_bytes: int
    notes: tuple[str, ...] = ()

    def choices(self) -> dict[str, Choice[str]]:
        """Return every setting by name, its value as text."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            name: Choice(value=_shown(choice.value), reason=choice.reason)
            for name, choice in found.items()
            if isinstance(choice, Choice)
        }

    @property
    def total_bytes(self) -> int:
        """Memory that the load will need."""
        return self.memory.total_bytes

    def __str__(self) -> str:
        need = self.memory
        lines = [f"Plan for {self.name}"]
        lines += [
            f"  {name.replace('_', ' '):<19} {choice.value:>8}  {choice.reason}"
            for name, choice in self.choices().items()
        ]
        lines += [
            f"  memory {amount(need.total_bytes)} of {amount(self.budget_bytes)}: weights "
            f"{amount(need.weights_bytes)}, keys and values {amount(need.kv_bytes)}, compute "
            f"{amount(need.compute_bytes)}, output {amount(need.output_bytes)}, the program itself "
            f"{amount(need.overhead_bytes)}"
        ]
        lines += [f"  note: {note}" for note in self.notes]
        return "\n".join(lines)


def plan_load(
    info: ModelInfo,
    machine: Machine,
    options: LoadOptions | None = None,
    *,
    budget_bytes: int | None = None,
    gpu_memory_bytes: int = 0,
) -> LoadPlan:
    """Choose every setting of a load.

    Args:
        info: The model.
        machine: What there is to compute with.
        options: What a person asked for.
        budget_bytes: Memory that the load may take; None means what is free, less a reserve.
        gpu_memory_bytes: Free memory of the devices that the engine can use; 0 means that it was
            built without support for any.

    Raises:
        BadModelFile: The model cannot write text.
        InvalidRequest: An option is out of range, or impossible for this model.
        ModelTooLarge: The model does not fit, and `options.force` is not set.
    """
    options = options or LoadOptions()
    if info.cannot_chat:
        raise BadModelFile(
            f"{info.name} is {info.cannot_chat}, and cannot write text on its own.",
            hint="Choose a language model: `hearth models list`.",
        )
    budget_bytes = budget_bytes if budget_bytes is not None else free_memory(machine)
    budget_bytes += gpu_memory_bytes
    kv_type = choose_kv_type(info, options)
    flash_attention = choose_flash_attention(info, kv_type.value)
    threads = choose_threads(machine, options)
    sizing = _Sizing(
        info=info,
        asked=choose_context(info, options),
        force=options.force,
        budget_bytes=budget_bytes,
        kv_type=kv_type.value,
        flash_attention=flash_attention.value != "off",
        num_sequences=choose_sequences(info, options),
    )
    context = sizing.context()
    cells = sizing.cells(context.value)
    memory = sizing.need(cells.value)
    batch = f"prompts gain nothing above {BATCH_TOKENS}, and scratch memory grows with it"
    return LoadPlan(
        name=info.name,
        context=context,
        cells=cells,
        num_sequences=sizing.num_sequences,
        batch_tokens=Choice(value=BATCH_TOKENS, reason=batch),
        micro_batch_tokens=Choice(value=BATCH_TOKENS, reason=batch),
        threads=threads,
        threads_batch=threads,
        flash_attention=flash_attention,
        kv_type=kv_type,
        gpu_layers=choose_gpu_layers(info, options, memory.total_bytes, gpu_memory_bytes),
        repack=Choice(value=True, reason="weights in the processor's own order decode faster"),
        parked_mib=choose_parked_mib(info, budget_bytes - memory.total_bytes),
        memory=memory,
        budget_bytes=budget_bytes,
        notes=_notes(info),
    )


def free_memory(machine: Machine) -> int:
    """Return the memory that a load may take: what is free, less a reserve for everything else."""
    reserve = min(MAX_RESERVE_BYTES, machine.memory.total_bytes // 20)
    return max(0, machine.memory.available_bytes - reserve)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sizing:
    """Finds the context and the pool of cells that fit into the budget."""

    info: ModelInfo
    asked: int | None
    force: bool
    budget_bytes: int
    kv_type: str
    flash_attention: bool
    num_sequences: Choice[int]

    def need(self, tokens: int) -> MemoryNeed:
        return memory_need(
            self.info,
            cells=tokens,
            num_sequences=self.num_sequences.value,
            micro_batch_tokens=BATCH_TOKENS,
            kv_type=self.kv_type,
            flash_attention=self.flash_attention,
        )

    def context(self) -> Choice[int]:
        asked = self.asked
        trained = self.info.context_length
        wanted = min(trained, DEFAULT_CONTEXT) if asked is None else asked
        if self._fits(wanted):
            if asked is not None:
                return Choice(value=asked, reason="as asked")
            if wanted == trained:
                return Choice(value=wanted, reason="all that it was trained for")
            return Choice(value=wanted, reason=f"of {trained:,}; --context asks for more")
        if self.force:
            return Choice(value=wanted, reason="forced, although memory may not suffice")
        fitting = self._largest_fitting(wanted)
        if asked is not None or fitting is None:
            raise self._too_large(wanted, fitting)
        return Choice(value=fitting, reason=f"{wanted:,} would need more memory than is free")

    def cells(self, context: int) -> Choice[int]:
        pool = padded_cells(context)
        if self.need(2 * pool).total_bytes <= self.budget_bytes // 2:
            return Choice(value=2 * pool, reason="two whole contexts; sequences share the pool")
        return Choice(value=pool, reason="one whole context; more would take half the free memory")

    def _fits(self, tokens: int) -> bool:
        return self.need(tokens).total_bytes <= self.budget_bytes

    def _largest_fitting(self, wanted: int) -> int | None:
        """Return the largest context below `wanted` that fits, in steps of the smallest."""
        steps = range(SMALLEST_CONTEXT, wanted, SMALLEST_CONTEXT)
        num_fitting = bisect.bisect_right(
            steps, self.budget_bytes, key=lambda tokens: self.need(tokens).total_bytes
        )
        return steps[num_fitting - 1] if num_fitting else None

    def _too_large(self, wanted: int, fitting: int | None) -> ModelTooLarge:
        need = self.need(wanted)
        message = (
            f"{self.info.name} needs {amount(need.total_bytes)} with a context of {wanted:,} "
            f"tokens (weights {amount(need.weights_bytes)}, keys and values "
            f"{amount(need.kv_bytes)}, the rest "
            f"{amount(need.total_bytes - need.weights_bytes - need.kv_bytes)}), and "
            f"{amount(self.budget_bytes)} are free for it."
        )
        if fitting is not None:
            hint = f"Try --context {fitting}"
            smaller = SMALLER_KV_TYPES.get(self.kv_type)
            if smaller and fills_blocks(self.info, smaller):
                hint += f", or --kv-type {smaller}"
        else:
            hint = "Unload other models (`hearth ps`), or take a smaller model or quantization"
        return ModelTooLarge(message, hint=f"{hint}; --force tries all the same.")


def _notes(info: ModelInfo) -> tuple[str, ...]:
    notes = [
        "the file's pages stay in the system's cache as well; it takes them back when it needs to"
    ]
    if not info.exact_memory:
        notes.append(f"{info.architecture} keeps caches that have no formula here: it needs more")
    return tuple(notes)


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:,}" if isinstance(value, int) else str(value)
