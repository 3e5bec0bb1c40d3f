"""Plan a load: every setting of the engine with the reason for it, before a byte is loaded.

A plan is a value that prints itself. What a person asked for is taken or refused, never quietly
changed; what nobody asked for follows from the model and the machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

from hearth.core import Choice, LoadOptions
from hearth.errors import BadModelFile, ModelTooLarge
from hearth.machine.probe import Machine
from hearth.models.gguf.info import ModelInfo
from hearth.plan.choices import (
    check_gpu_layers,
    choose_gpu_layers,
    choose_kv_type,
    choose_padding,
    choose_parked_mib,
    choose_sequences,
    choose_speculation,
    choose_switch,
    choose_threads,
)
from hearth.plan.context import choose_cells, choose_context, fitting_context, usual_context
from hearth.plan.drafts import choose_draft, draft_need, with_draft
from hearth.plan.flash import (
    AUTO,
    OFF,
    can_afford,
    choose_flash_attention,
    full_matrix_pays,
    with_full_matrix,
)
from hearth.plan.layouts import PLAIN, WITH_READER, choose_layout, with_reader
from hearth.plan.memory import MemoryNeed, MemoryParts, has_formula
from hearth.plan.notes import notes_of
from hearth.plan.rope import choose_rope
from hearth.plan.show import amount
from hearth.plan.sizing import BATCH, SMALLEST_CONTEXT, Sizing
from hearth.plan.ways_out import Held, ways_out

__all__ = ["SMALLEST_CONTEXT", "LoadPlan", "confirm", "free_memory", "plan_load"]

MAX_RESERVE_BYTES = 2**30  # of memory left to everything else
LIVE = "fewer compute where that is measured to be faster, beside other work"
DISAGREEMENT = 0.01  # of formula and simulation, from which on both are shown


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadPlan:
    """How a model will be loaded.

    Args:
        name: The model's name for itself.
        context: Longest sequence in tokens; `cells` is the pool that all sequences share.
        memory: What it will need, by part.
        budget_bytes: What it may need.
        notes: What else should be known, as sentences.
        draft_files: Files of the model that writes ahead, the first one first.
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
    rope: Choice[str]
    gpu_layers: Choice[int]
    layout: Choice[str]
    parked_mib: Choice[int]
    speculation: Choice[str]
    draft_model: Choice[str]
    padding: Choice[str]
    live_threads: Choice[str]
    memory: MemoryNeed
    budget_bytes: int
    notes: tuple[str, ...] = ()
    draft_files: tuple[str, ...] = ()

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
            f"{amount(need.weights_bytes)}, keys and values "
            f"{amount(need.kv_bytes + need.state_bytes)}, compute "
            f"{amount(need.compute_bytes)}, output {amount(need.output_bytes)}, the program itself "
            f"{amount(need.overhead_bytes)}"
        ]
        if len(need.devices) > 1:
            lines += [f"    {each.device} {amount(each.total_bytes)}" for each in need.devices]
        lines += [f"  note: {note}" for note in self.notes]
        return "\n".join(lines)


def plan_load(
    info: ModelInfo,
    machine: Machine,
    options: LoadOptions | None = None,
    *,
    budget_bytes: int | None = None,
    gpu_memory_bytes: int = 0,
    loaded: Sequence[Held] = (),
    tuned: Choice[str] | None = None,
    draft: ModelInfo | None = None,
) -> LoadPlan:
    """Choose every setting of a load.

    Args:
        info: The model.
        machine: What there is to compute with.
        options: What a person asked for.
        budget_bytes: Memory that the load may take; None means what is free, less a reserve.
        gpu_memory_bytes: Free memory of the devices that the engine can use; 0 means that it was
            built without support for any.
        loaded: Models in memory that could be unloaded, to name them where this one does not fit.
        tuned: The layout that measuring has found best, with the figures; see `choose_layout`.
        draft: The model that shall write ahead.

    Raises:
        BadModelFile: The model cannot write text.
        InvalidRequest: An option is out of range, or impossible for this model.
        ModelTooLarge: The model does not fit, and `options.force` is not set.
    """
    options = options or LoadOptions()
    _refuse_mute(info)
    host_bytes = budget_bytes if budget_bytes is not None else free_memory(machine)
    kv_type, threads = choose_kv_type(info, options), choose_threads(machine, options)
    flash_attention = choose_flash_attention(info, kv_type.value, options)
    rope, asked = choose_rope(info, options), choose_context(info, options)
    num_sequences = choose_sequences(info, options)
    check_gpu_layers(options, gpu_memory_bytes)
    sizing = Sizing(
        info=info,
        host_bytes=host_bytes,
        gpu_bytes=gpu_memory_bytes,
        kv_type=kv_type.value,
        flash_attention=flash_attention.value != OFF,
        num_sequences=num_sequences.value,
        asked_layers=options.gpu_layers,
        cpu_flags=machine.cpu.flags,
    )
    wanted = usual_context(info, rope.value) if asked is None else asked
    draft_model = choose_draft(info, options, draft)
    beside = draft_need(draft, sizing, wanted) if draft else MemoryNeed()
    sizing = sizing.changed(host_bytes=max(0, host_bytes - beside.total_bytes))
    context = fitting_context(sizing, wanted, is_asked=asked is not None, force=options.force)
    if context is None:
        raise _too_large(sizing, wanted, machine.memory.total_bytes, loaded)
    cells = choose_cells(sizing, context.value)
    gpu_layers = choose_gpu_layers(info, options, sizing.gpu_layers(cells.value), gpu_memory_bytes)
    flash_attention = _settle(flash_attention, sizing, cells.value, options.num_sequences or 1)
    sizing = sizing.changed(flash_attention=flash_attention.value != OFF)
    layout = choose_layout(
        info,
        options,
        sizing,
        context=context.value,
        cells=cells.value,
        gpu_layers=gpu_layers.value,
        tuned=tuned,
    )
    memory = sizing.changed(repack=layout.value != PLAIN).need(cells.value)
    if layout.value in WITH_READER:
        memory = with_reader(memory, info, sizing, layout=layout.value, context=context.value)
    spare_bytes = sizing.budget_bytes - memory.total_bytes
    if draft is not None:
        memory = with_draft(memory, beside)
    return LoadPlan(
        name=info.name,
        context=context,
        cells=cells,
        num_sequences=num_sequences,
        batch_tokens=BATCH,
        micro_batch_tokens=sizing.micro_batch,
        threads=threads,
        threads_batch=threads,
        flash_attention=flash_attention,
        kv_type=kv_type,
        rope=rope,
        gpu_layers=gpu_layers,
        layout=layout,
        parked_mib=choose_parked_mib(info, spare_bytes),
        speculation=choose_speculation(info, options),
        draft_model=draft_model,
        padding=choose_padding(info, options),
        live_threads=choose_switch("live_threads", options.live_threads, LIVE),
        memory=memory,
        budget_bytes=sizing.budget_bytes + beside.total_bytes,
        draft_files=tuple(str(file) for file in draft.files) if draft else (),
        notes=notes_of(info, memory, sizing, machine.memory.swap_bytes),
    )


def _settle(choice: Choice[str], sizing: Sizing, cells: int, together: int) -> Choice[str]:
    """Return how attention is computed where that was left open, once the context is known."""
    pays = full_matrix_pays(sizing.info, sizing.kv_type, sizing.cpu_flags, together=together)
    if choice.value != AUTO or sizing.gpu_bytes or not pays:
        return choice
    full = sizing.changed(flash_attention=False)
    more_bytes = full.need(cells).total_bytes - sizing.need(cells).total_bytes
    if full.fits(cells) and can_afford(more_bytes, sizing.budget_bytes):
        return with_full_matrix(more_bytes)
    return choice


def _refuse_mute(info: ModelInfo) -> None:
    if info.cannot_chat:
        raise BadModelFile(
            f"{info.name} is {info.cannot_chat}, and cannot write text on its own.",
            hint="Choose a language model: `hearth models list`.",
        )


def free_memory(machine: Machine) -> int:
    """Return the memory that a load may take: what is free, less a reserve for everything else."""
    reserve = min(MAX_RESERVE_BYTES, machine.memory.total_bytes // 20)
    return max(0, machine.memory.available_bytes - reserve)


def confirm(plan: LoadPlan, info: ModelInfo, simulated: MemoryParts) -> LoadPlan:
    """Return a plan whose figures are those of the engine's own simulated allocation.

    Args:
        plan: The plan, by formulas.
        info: The model.
        simulated: What the engine says for the same settings.
    """
    formula = plan.memory
    by_engine = {
        name: getattr(simulated, name)
        for name in ("kv_bytes", "state_bytes", "compute_bytes", "output_bytes")
    }
    memory = replace(formula, **by_engine, devices=())
    notes = list(plan.notes)
    if not has_formula(info):
        notes.append("its caches and scratch memory are what the engine's simulated load takes")
    if abs(memory.total_bytes - formula.total_bytes) > DISAGREEMENT * memory.total_bytes:
        notes.append(
            f"the formulas give {amount(formula.total_bytes)}, the engine's simulated load "
            f"{amount(memory.total_bytes)}, which counts"
        )
    return replace(plan, memory=memory, notes=tuple(notes))


def _too_large(
    sizing: Sizing, wanted: int, total_memory_bytes: int, loaded: Sequence[Held]
) -> ModelTooLarge:
    need = sizing.need(wanted)
    ways = ways_out(sizing, wanted, total_memory_bytes=total_memory_bytes, loaded=loaded)
    kept = need.kv_bytes + need.state_bytes
    message = (
        f"{sizing.info.name} needs {amount(need.total_bytes)} with a context of {wanted:,} "
        f"tokens (weights {amount(need.weights_bytes)}, keys and values {amount(kept)}, the rest "
        f"{amount(need.total_bytes - need.weights_bytes - kept)}), and "
        f"{amount(sizing.budget_bytes)} are free for it."
    )
    listed = "; ".join(f"{number}. {way.text}" for number, way in enumerate(ways, 1))
    details = {
        "need": need.parts() | {"total": need.total_bytes},
        "free_bytes": sizing.budget_bytes,
        "ways_out": [way.as_data() for way in ways],
    }
    hint = f"Ways out: {listed}. --force tries all the same."
    return ModelTooLarge(message, hint=hint, details=details)


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:,}" if isinstance(value, int) else str(value)
