"""Decide how a model is tried: which layers, which prompts and answers, and whether it may be.

A model that fits is tried whole, with the settings that a real load would have. One that does not
is tried with fewer layers, at two numbers of them, so that what each layer costs can be told from
what all share. Both numbers take in whole periods of the layers' pattern, where there is one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hearth.core import Choice, LoadOptions
from hearth.errors import InvalidRequest, ModelTooLarge
from hearth.machine.probe import Machine
from hearth.models.gguf.info import ModelInfo
from hearth.models.gguf.tensors import TensorInfo
from hearth.plan.load import LoadPlan, free_memory, plan_load
from hearth.plan.shape import ModelShape, shape_of_tensors
from hearth.plan.show import amount

DEFAULT_PROMPT_TOKENS = 512
PROMPT_PARTS = (1, 2, 8)  # of the longest prompt: the whole, a half, an eighth
SHORT_PROMPT_TOKENS = 16  # before an answer at no depth worth speaking of
MAX_ANSWER_TOKENS = 64
MAX_USERS = 64
MAX_REPEATS = 20
MAX_LEAD_LAYERS = 4  # that may differ from the pattern of the others
SMALL_SHARE = 4  # of the two numbers of layers, the smaller is about the larger divided by this


@dataclass(frozen=True, slots=True, kw_only=True)
class TwinOptions:
    """What a person may ask of a try; None leaves it to the plan.

    Args:
        context: Longest sequence, in tokens.
        prompt_tokens: Longest prompt that is measured, and the depth of answers.
        users: Answers that are written at once.
        kv_type: Number format of keys and values.
        layers: Most layers to run; the rest is extrapolated.
        repeats: Of each measurement.
    """

    context: int | None = None
    prompt_tokens: int | None = None
    users: int = 1
    kv_type: str | None = None
    layers: int | None = None
    repeats: int = 3

    def __post_init__(self) -> None:
        _check("prompt_tokens", self.prompt_tokens, SHORT_PROMPT_TOKENS, 2**20)
        _check("users", self.users, 1, MAX_USERS)
        _check("layers", self.layers, 2, 2**16)
        _check("repeats", self.repeats, 1, MAX_REPEATS)


@dataclass(frozen=True, slots=True, kw_only=True)
class TwinPlan:
    """How a model will be tried.

    Args:
        name: The model's name for itself.
        load: Settings of the load.
        num_layers: Of the whole model.
        layer_counts: Numbers of layers that are run, the largest first; one means the whole.
        reason: Why those.
        stand_in_bytes: Size of the largest stand-in, most of which is a hole in its file.
        prompt_lengths: Prompts that are measured, in tokens.
        depth: Tokens that stand before the answers that are measured.
    """

    name: str
    load: LoadPlan
    num_layers: int
    layer_counts: tuple[int, ...]
    reason: str
    stand_in_bytes: int
    prompt_lengths: tuple[int, ...]
    depth: int
    users: int
    repeats: int

    @property
    def is_whole(self) -> bool:
        """True when nothing is left to extrapolate."""
        return self.layer_counts == (self.num_layers,)

    def load_of(self, num_layers: int) -> LoadPlan:
        """Return the settings for so many layers: those of the whole, on the GPU as great a part.

        What the whole model parks of waiting conversations is no part of what is measured.
        """
        share = num_layers / self.num_layers
        layers = self.load.gpu_layers
        return replace(
            self.load,
            gpu_layers=Choice(value=round(layers.value * share), reason=layers.reason),
            parked_mib=self.load.parked_mib if self.users > 1 else Choice(value=0, reason=""),
        )

    def __str__(self) -> str:
        counts = " and then ".join(f"{count:,}" for count in self.layer_counts)
        lengths = ", ".join(f"{tokens:,}" for tokens in self.prompt_lengths)
        return "\n".join(
            [
                f"Try {self.name} by a stand-in, each measurement {self.repeats} times",
                f"  layers   {counts} of {self.num_layers:,}  {self.reason}",
                f"  file     {amount(self.stand_in_bytes)}, nearly all of it a hole",
                f"  prompts  {lengths} tokens",
                f"  answers  after {SHORT_PROMPT_TOKENS:,} and {self.depth:,} tokens"
                + (f", and {self.users:,} at once" if self.users > 1 else ""),
                str(self.load),
            ]
        )


def plan_twin(
    info: ModelInfo,
    tensors: Sequence[TensorInfo],
    machine: Machine,
    options: TwinOptions,
    *,
    limit_bytes: int | None = None,
    gpu_memory_bytes: int = 0,
) -> TwinPlan:
    """Decide how a model is tried on a machine.

    Args:
        info: The whole model.
        tensors: Its tensor table.
        machine: What there is to compute with, now.
        options: What a person asked for.
        limit_bytes: Most memory that may be taken; None: what is free.
        gpu_memory_bytes: Free memory of the devices that the engine can use.

    Raises:
        BadModelFile: The model cannot write text.
        InvalidRequest: An option is out of range, or impossible for this model.
        ModelTooLarge: Not even two of its layers fit.
    """
    free_bytes = free_memory(machine)
    budget_bytes = free_bytes if limit_bytes is None else min(limit_bytes, free_bytes)
    load, fits = _plan_load(info, machine, options, budget_bytes, gpu_memory_bytes)
    shape = shape_of_tensors(info, tensors)
    counts, reason = _layer_counts(info, tensors, shape, load, options.layers, fits=fits)
    depth = _depth(load, options)
    return TwinPlan(
        name=info.name,
        load=load,
        num_layers=info.num_layers,
        layer_counts=counts,
        reason=reason,
        stand_in_bytes=info.file_bytes - round(_layer_bytes(shape, counts[0], info.num_layers)),
        prompt_lengths=tuple(
            sorted({max(SHORT_PROMPT_TOKENS, depth // part) for part in PROMPT_PARTS})
        ),
        depth=depth,
        users=options.users,
        repeats=options.repeats,
    )


def _plan_load(
    info: ModelInfo,
    machine: Machine,
    options: TwinOptions,
    budget_bytes: int,
    gpu_memory_bytes: int,
) -> tuple[LoadPlan, bool]:
    """Return the settings of the whole model, and whether it fits with them."""
    wanted = LoadOptions(
        context=options.context,
        kv_type=options.kv_type,
        num_sequences=options.users if options.users > 1 else None,
        speculation="off",  # a stand-in repeats itself, and what repeats is guessed
    )

    def plan(options: LoadOptions) -> LoadPlan:
        return plan_load(
            info,
            machine,
            options,
            budget_bytes=budget_bytes,
            gpu_memory_bytes=gpu_memory_bytes,
        )

    try:
        return plan(wanted), True
    except ModelTooLarge:
        return plan(replace(wanted, force=True)), False


def _depth(load: LoadPlan, options: TwinOptions) -> int:
    """Return the longest prompt: as asked, or what context and users leave room for."""
    room = min(load.context.value, load.cells.value // options.users) - MAX_ANSWER_TOKENS
    if options.prompt_tokens is None:
        return max(SHORT_PROMPT_TOKENS, min(DEFAULT_PROMPT_TOKENS, room))
    if options.prompt_tokens > room:
        raise InvalidRequest(
            f"A prompt of {options.prompt_tokens:,} tokens and an answer of {MAX_ANSWER_TOKENS} "
            f"for {options.users:,} users do not fit: there is room for {room:,} in the prompt.",
            hint="Ask for a longer --context, or a shorter --prompt-tokens.",
            param="prompt_tokens",
        )
    return options.prompt_tokens


def _layer_counts(
    info: ModelInfo,
    tensors: Sequence[TensorInfo],
    shape: ModelShape,
    load: LoadPlan,
    most: int | None,
    *,
    fits: bool,
) -> tuple[tuple[int, ...], str]:
    """Return the numbers of layers to run, and why those."""
    total = info.num_layers
    if fits and (most is None or most >= total):
        return (total,), "all of them: the model fits"
    if fits:
        limit, reason = min(most or total, total), "as asked; the rest is extrapolated"
    else:
        # Half of what is free: the file's pages want the other half, and nothing shall swap.
        limit = _num_fitting(shape, load, load.budget_bytes // 2)
        limit = min(limit, most or total)
        reason = (
            f"all would need {amount(load.total_bytes)}, and {amount(load.budget_bytes)} are free; "
            "the rest is extrapolated"
        )
    if limit < 2:
        raise ModelTooLarge(
            f"Not even two layers of {info.name} fit: what all layers share and two of them need "
            f"more than half of the {amount(load.budget_bytes)} that are free.",
            hint="Unload other models (`hearth ps`), or try a smaller quantization or --context.",
        )
    return _pair(limit, *_pattern(info, tensors)), reason


def _num_fitting(shape: ModelShape, load: LoadPlan, budget_bytes: int) -> int:
    total = len(shape.layers)
    fitting = [
        count
        for count in range(1, total)
        if load.total_bytes
        - _layer_bytes(shape, count, total)
        - load.memory.kv_bytes * (1 - count / total)
        <= budget_bytes
    ]
    return max(fitting, default=0)


def _layer_bytes(shape: ModelShape, first: int, last: int) -> float:
    return sum(part.weight_bytes + part.expert_bytes for part in shape.layers[first:last])


def _pair(limit: int, lead: int, period: int) -> tuple[int, int]:
    """Return two numbers of layers up to a limit, of whole periods where two of them fit."""
    periods = (limit - lead) // period
    if periods < 2:
        return limit, max(1, limit // SMALL_SHARE)
    return lead + periods * period, lead + max(1, periods // SMALL_SHARE) * period


def _pattern(info: ModelInfo, tensors: Sequence[TensorInfo]) -> tuple[int, int]:
    """Return how many layers stand before the pattern of the others, and its period."""
    names: list[set[str]] = [set() for _ in range(info.num_layers)]
    for tensor in tensors:
        block, _, rest = tensor.name.removeprefix("blk.").partition(".")
        if block.isdigit() and int(block) < info.num_layers:
            names[int(block)].add(rest)
    kinds = [
        (frozenset(name), cache.windowed, cache.key_width, cache.state_bytes)
        for name, cache in zip(names, info.layers, strict=True)
    ]
    for period in range(1, info.num_layers // 2 + 1):
        for lead in range(min(MAX_LEAD_LAYERS, info.num_layers - 2 * period) + 1):
            if kinds[lead + period :] == kinds[lead:-period]:
                return lead, period
    return 0, 1


def _check(name: str, value: int | None, low: int, high: int) -> None:
    if value is not None and not low <= value <= high:
        raise InvalidRequest(
            f"{name} is {value:,}; {low:,} to {high:,} are allowed.",
            hint=f"Give --{name.replace('_', '-')} a number in that range.",
            param=name,
        )
