"""One way to run a model on a machine: settings, memory, speeds, and what it costs in quality."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from hearth.core import LoadOptions
from hearth.errors import InvalidRequest
from hearth.machine.profile import MachineProfile
from hearth.models.gguf.info import ModelInfo
from hearth.plan.choices import choose_sequences
from hearth.plan.choose.budget import Budgets
from hearth.plan.choose.placing import placements
from hearth.plan.choose.quality import total_loss
from hearth.plan.choose.split import DeviceShare, Divider, Split
from hearth.plan.choose.subject import Subject
from hearth.plan.computers import computer_of
from hearth.plan.corrected import correct_memory, correct_speeds
from hearth.plan.corrections import Corrections
from hearth.plan.flash import NO_FLASH_ATTENTION, can_afford, full_matrix_pays
from hearth.plan.memory import MemoryNeed, memory_need, padded_cells
from hearth.plan.sizing import micro_batch
from hearth.plan.speeds import Speeds, predict_speeds


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What can be set.

    Args:
        context: Tokens of one conversation; `cells` is the memory that all share.
        flash_attention: Whether attention is computed without its full matrix.
        users: Conversations that are answered at once.
    """

    quantization: str
    context: int
    cells: int
    kv_type: str
    users: int
    flash_attention: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One way to run a model on a machine.

    Args:
        memory: What it takes in all; `devices` says where, GPUs first.
        speeds: None where the machine's figures do not suffice.
        loss: Part by which perplexity rises; None where no published figure is known.
        fits: False where a device is known to have too little memory.
    """

    settings: Settings
    split: Split
    memory: MemoryNeed
    devices: tuple[DeviceShare, ...]
    speeds: Speeds | None
    loss: float | None
    fits: bool

    @property
    def decode(self) -> float | None:
        """Likely tokens per second of all answers together."""
        estimate = self.speeds.decode.estimate if self.speeds else None
        return estimate.likely if estimate else None

    @property
    def is_checked(self) -> bool:
        """Whether the memory of every device is known, so that `fits` says something."""
        return all(share.budget.free_bytes is not None for share in self.devices)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The machine that offers are made for, read once.

    Args:
        prompt_tokens: Of the prompt that stands before each answer.
        corrections: What predictions of this machine are corrected by.
    """

    profile: MachineProfile
    limits: Budgets
    prompt_tokens: int
    corrections: Corrections

    @property
    def shares_memory(self) -> bool:
        """Whether a GPU computes from main memory."""
        return any(gpu.shares_memory and gpu.memory_bandwidth for gpu in self.profile.gpus)


def settings_for(
    subject: Subject, table: Table, *, context: int, kv_type: str, users: int
) -> Settings:
    """Return the settings of a load, with as many cells as it takes."""
    info = subject.info
    pool = padded_cells(context * users)
    free = table.limits.free_bytes
    settings = Settings(
        quantization=subject.quantization,
        context=context,
        cells=2 * pool,
        kv_type=kv_type,
        users=users,
        flash_attention=info.architecture not in NO_FLASH_ATTENTION,
    )
    # The same rule as for a load: a second conversation keeps its place where that is cheap.
    if users == 1 and free is not None and need_of(info, settings, table).total_bytes <= free // 2:
        return _with_matrix(info, settings, table)
    return _with_matrix(info, replace(settings, cells=pool), table)


def _with_matrix(info: ModelInfo, settings: Settings, table: Table) -> Settings:
    """Return the settings with the full matrix of attention where that pays, as for a load."""
    full = replace(settings, flash_attention=False)
    flags = frozenset(table.profile.cpu.flags)
    pays = full_matrix_pays(info, settings.kv_type, flags, together=settings.users)
    if not pays or table.limits.gpus or table.shares_memory:
        return settings
    need = need_of(info, full, table).total_bytes
    more_bytes = need - need_of(info, settings, table).total_bytes
    free = table.limits.free_bytes
    fits = free is not None and need <= free and can_afford(more_bytes, free)
    return full if fits else settings


def need_of(info: ModelInfo, settings: Settings, table: Table) -> MemoryNeed:
    """Return what a load with these settings takes."""
    asked = LoadOptions(num_sequences=settings.users if settings.users > 1 else None)
    need = memory_need(
        info,
        cells=settings.cells,
        num_sequences=choose_sequences(info, asked).value,
        micro_batch_tokens=micro_batch(flash_attention=settings.flash_attention).value,
        kv_type=settings.kv_type,
        flash_attention=settings.flash_attention,
        cpu_flags=frozenset(table.profile.cpu.flags),
    )
    return correct_memory(need, table.corrections)


def offers(subject: Subject, table: Table, settings: Settings) -> Iterator[Offer]:
    """Yield an offer for each division of the model among the devices, those that fit first."""
    need = need_of(subject.info, settings, table)
    divider = Divider(
        subject.info, subject.shape, need, table.limits, shares_memory=table.shares_memory
    )
    found = [(split, divider.shares(split)) for split in divider.splits()]
    found.sort(key=lambda each: not all(share.fits for share in each[1]))
    for split, shares in found:
        yield Offer(
            settings=settings,
            split=split,
            memory=need,
            devices=shares,
            speeds=None,
            loss=total_loss(settings.quantization, settings.kv_type),
            fits=all(share.fits for share in shares),
        )


def with_speeds(offer: Offer, subject: Subject, table: Table) -> Offer:
    """Return an offer with its speeds, as far as the machine's figures go."""
    settings = offer.settings
    computer = computer_of(table.profile, subject.shape)
    placed = placements(offer.split, subject.shape, computer)
    if placed is None:
        return offer
    depth = min(table.prompt_tokens, settings.context)
    try:
        speeds = predict_speeds(
            subject.shape,
            table.profile,
            prompt_tokens=depth,
            depth=depth,
            batch=settings.users,
            kv_type=settings.kv_type,
            flash=settings.flash_attention,
            placements=placed,
        )
    except InvalidRequest:  # no device has a known bandwidth: the answer says so
        return offer
    speeds = correct_speeds(speeds, table.corrections, prompt_tokens=depth, batch=settings.users)
    return replace(offer, speeds=speeds)
