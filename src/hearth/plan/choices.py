"""The choices of a plan that do not depend on each other: each a value and the reason for it."""

from __future__ import annotations

from hearth.core import Choice, LoadOptions, check_range
from hearth.errors import InvalidRequest
from hearth.machine.probe import Machine
from hearth.models.gguf.info import ModelInfo
from hearth.plan.memory import KEPT_SEQUENCES, KV_TYPES
from hearth.plan.show import amount

DEFAULT_SEQUENCES = 16
RECURRENT_SEQUENCES = 4
MAX_PARKED_MIB = 1024
PARKED_PART = 8  # of the memory that is left
MAX_SEQUENCES = 256 - KEPT_SEQUENCES  # llama.cpp knows 256 sequence ids
MAX_THREADS = 512  # as llama.cpp
AUTO, OFF = "auto", "off"


def choose_sequences(info: ModelInfo, options: LoadOptions) -> Choice[int]:
    """Choose how many sequences run at once."""
    check_range("num_sequences", options.num_sequences, 1, MAX_SEQUENCES)
    if options.num_sequences is not None:
        return Choice(value=options.num_sequences, reason="as asked")
    state_bytes = sum(layer.state_bytes for layer in info.layers)
    if state_bytes:
        reason = f"each keeps a state of {amount(state_bytes)}, also while it does not run"
        return Choice(value=RECURRENT_SEQUENCES, reason=reason)
    return Choice(value=DEFAULT_SEQUENCES, reason="they cost next to nothing until they run")


def choose_parked_mib(info: ModelInfo, spare_bytes: int) -> Choice[int]:
    """Choose the memory for conversations that wait for their next question.

    Args:
        info: The model.
        spare_bytes: What is left of the budget when the model is loaded.
    """
    mib = max(0, min(MAX_PARKED_MIB, spare_bytes // PARKED_PART // 2**20))
    if any(layer.state_bytes for layer in info.layers):
        return Choice(value=mib, reason="states are copied there where answers end")
    return Choice(value=mib, reason="conversations that wait are copied there, as far as it goes")


def choose_speculation(info: ModelInfo, options: LoadOptions) -> Choice[str]:
    """Choose whether answers are guessed ahead, so that several tokens are computed in one step.

    Raises:
        InvalidRequest: It is neither "auto" nor "off".
    """
    asked = options.speculation
    if asked not in (None, AUTO, OFF):
        raise InvalidRequest(
            f"Speculation is {asked!r}; {AUTO} and {OFF} are possible.", param="speculation"
        )
    if asked == OFF:
        return Choice(value=OFF, reason="as asked")
    if any(layer.state_bytes for layer in info.layers):
        reason = "a recurrent state cannot be taken back where a guess was wrong"
        return Choice(value=OFF, reason=reason)
    reason = "what an answer repeats is guessed, where that pays; no answer changes"
    return Choice(value=AUTO, reason=reason)


def choose_padding(info: ModelInfo, options: LoadOptions) -> Choice[str]:
    """Choose whether steps may get rows that are thrown away.

    Raises:
        InvalidRequest: It is neither "auto" nor "off".
    """
    reason = "steps get more rows where that is measured to be faster"
    choice = choose_switch("padding", options.padding, reason)
    if choice.value == AUTO and any(layer.state_bytes for layer in info.layers):
        return Choice(value=OFF, reason="each row of it would need a recurrent state")
    return choice


def choose_switch(name: str, asked: str | None, reason: str) -> Choice[str]:
    """Choose between "auto" and "off" for something that adapts by itself.

    Args:
        name: The setting.
        asked: What a person asked for.
        reason: What it does by itself.

    Raises:
        InvalidRequest: Neither of the two was asked for.
    """
    if asked not in (None, AUTO, OFF):
        raise InvalidRequest(
            f"{name} is {asked!r}; {AUTO} and {OFF} are possible.",
            hint=f"Use --{name.replace('_', '-')} {OFF}, or leave it away.",
            param=name,
        )
    if asked == OFF:
        return Choice(value=OFF, reason="as asked")
    return Choice(value=AUTO, reason=reason)


def choose_threads(machine: Machine, options: LoadOptions) -> Choice[int]:
    """Choose the number of computing threads."""
    check_range("threads", options.threads, 1, MAX_THREADS)
    cpu = machine.cpu
    if options.threads is not None:
        over = (
            f", more than the {cpu.num_usable} usable" if options.threads > cpu.num_usable else ""
        )
        return Choice(value=options.threads, reason=f"as asked{over}")
    if cpu.quota is not None and cpu.num_threads < min(cpu.num_physical, cpu.num_usable):
        reason = f"the container's quota is {cpu.quota:g} processors"
    elif cpu.num_physical < cpu.num_usable:
        reason = "one for each whole core; a core's second thread adds little"
    elif cpu.num_usable < cpu.num_logical:
        reason = f"the cores that this process may use, of {cpu.num_logical}"
    else:
        reason = "one for each core"
    return Choice(value=cpu.num_threads, reason=reason)


def choose_kv_type(info: ModelInfo, options: LoadOptions) -> Choice[str]:
    """Choose the number format of keys and values.

    Raises:
        InvalidRequest: The type is unknown, or the model's heads do not fill its blocks.
    """
    asked = options.kv_type
    if asked is None:
        return Choice(value="f16", reason="as exact as needed; smaller types are slower on a CPU")
    if asked not in KV_TYPES:
        raise InvalidRequest(
            f"The key-value type is {asked!r}; {', '.join(KV_TYPES)} are possible.", param="kv_type"
        )
    if not fills_blocks(info, asked):
        raise InvalidRequest(
            f"{asked} packs {KV_TYPES[asked][0]} numbers at a time, but the heads of {info.name} "
            f"have {info.key_length} and {info.value_length}.",
            hint="Use --kv-type f16.",
            param="kv_type",
        )
    return Choice(value=asked, reason="as asked")


def fills_blocks(info: ModelInfo, kv_type: str) -> bool:
    """Say whether a model's heads fill whole blocks of a key-value type."""
    block, _ = KV_TYPES[kv_type]
    return info.key_length % block == 0 and info.value_length % block == 0


def check_gpu_layers(options: LoadOptions, gpu_memory_bytes: int) -> None:
    """Check the layers that were asked for on a GPU.

    Raises:
        InvalidRequest: There are none, or this engine can use no device.
    """
    check_range("gpu_layers", options.gpu_layers, 0, 2**31 - 1)
    if options.gpu_layers and not gpu_memory_bytes:
        raise InvalidRequest(
            f"{options.gpu_layers} layers on a GPU were asked for, but this engine sees none.",
            hint="`hearth doctor` says which GPU is here, and how to build the engine for it.",
            param="gpu_layers",
        )


def choose_gpu_layers(
    info: ModelInfo, options: LoadOptions, fitting: int, gpu_memory_bytes: int
) -> Choice[int]:
    """Choose how many layers a device computes; the output counts as one.

    Args:
        info: The model.
        options: What a person asked for.
        fitting: Layers that were asked for, or as many as the device's memory holds.
        gpu_memory_bytes: 0 where the engine can use no device.
    """
    all_layers = info.num_layers + 1
    if not gpu_memory_bytes:
        return Choice(value=0, reason="this engine sees no GPU that it can use")
    if options.gpu_layers is not None:
        return Choice(value=fitting, reason="as asked")
    if fitting == all_layers:
        return Choice(value=fitting, reason="all of it fits into the device's memory")
    return Choice(value=fitting, reason=f"as many of {all_layers} as the device's memory holds")
