"""How attention is computed: as flash attention, or with its full matrix of queries and keys.

On a processor llama.cpp's flash attention takes the rows of a step one by one, each through all
keys, unless there are 64 or more of one sequence; without it they are multiplied like any matrix.

    heads      of 128 and 256 numbers have flash attention that is several times as fast as for
               others. With those others answers behind a long text come two to three times as
               fast without it; prompts about as fast (docs/log.md)
    windows    flash attention passes over what they hide, a matrix has it all
    sequences  likewise what belongs to others: nine different texts undo the gain, by what single
               operations take
    memory     the matrix has 4 bytes for each row, head and cell; so fewer rows are computed at
               once (`plan.sizing.micro_batch`)

Measured on x86 alone (docs/log.md, "What attention costs by the size of its heads"), so that other
processors keep what the engine chooses.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from hearth.core import Choice, LoadOptions
from hearth.errors import InvalidRequest
from hearth.models.gguf.info import ModelInfo
from hearth.plan.memory import KV_TYPES, has_formula
from hearth.plan.show import amount

AUTO, ON, OFF = "auto", "on", "off"
NO_FLASH_ATTENTION = ("grok",)  # llama.cpp switches it off for these
MEASURED_ON = "avx2"  # an instruction set of the processors that it was measured on
QUICK_HEADS = 128  # numbers of a head; flash attention is fast for multiples of it
MOST_TOGETHER = 8  # sequences with texts of their own, from kernels; not measured as a whole
MATRIX_PART = 8  # of the memory that a load may take, what the matrix may


def choose_flash_attention(info: ModelInfo, kv_type: str, options: LoadOptions) -> Choice[str]:
    """Choose how attention is computed.

    Raises:
        InvalidRequest: It is none of the ways, or the family, or the type of keys and values, does
            not have it.
    """
    asked = options.flash_attention
    if asked not in (None, AUTO, ON, OFF):
        raise InvalidRequest(
            f"flash_attention is {asked!r}; {AUTO}, {ON} and {OFF} are possible.",
            hint="Leave --flash-attention away to have it chosen.",
            param="flash_attention",
        )
    packs = KV_TYPES[kv_type][0] > 1
    if info.architecture in NO_FLASH_ATTENTION:
        if packs or asked == ON:
            raise InvalidRequest(
                f"{kv_type} needs flash attention, which {info.architecture} cannot use."
                if packs
                else f"{info.architecture} cannot be computed with flash attention.",
                hint="Use --kv-type f16." if packs else "Leave --flash-attention away.",
                param="kv_type" if packs else "flash_attention",
            )
        return Choice(value=OFF, reason=f"{info.architecture} cannot be computed with it")
    if packs and asked == OFF:
        raise InvalidRequest(
            f"{kv_type} values need flash attention.",
            hint="Use --kv-type f16, or leave --flash-attention away.",
            param="flash_attention",
        )
    if asked in (ON, OFF):
        return Choice(value=asked, reason="as asked")
    if packs:
        return Choice(value=ON, reason=f"{kv_type} values need it")
    return Choice(value=AUTO, reason="on where the engine has it for this model: saves memory")


def full_matrix_pays(
    info: ModelInfo, kv_type: str, cpu_flags: AbstractSet[str], *, together: int = 1
) -> bool:
    """Say whether a processor should compute a model's attention with its full matrix.

    Args:
        info: The model.
        kv_type: Type of the keys and values; packed ones need flash attention.
        cpu_flags: The processor's instruction sets.
        together: Sequences that are expected to run at once.
    """
    return (
        MEASURED_ON in cpu_flags
        and together <= MOST_TOGETHER
        and info.key_length % QUICK_HEADS != 0
        and KV_TYPES[kv_type][0] == 1
        and info.architecture not in NO_FLASH_ATTENTION
        and has_formula(info)
        and all(not layer.windowed for layer in info.layers)
        and all(layer.value_width for layer in info.layers if layer.key_width)
    )


def can_afford(more_bytes: int, free_bytes: int | None) -> bool:
    """Say whether what the matrix takes more is little of the memory that a load may take."""
    return free_bytes is not None and more_bytes <= free_bytes // MATRIX_PART


def with_full_matrix(more_bytes: int) -> Choice[str]:
    """Return the choice of the full matrix, with what it costs.

    Args:
        more_bytes: That it takes beyond flash attention; that reads more of a prompt at once, and
            may be the one that takes more.
    """
    cost = f"; its matrix takes {amount(more_bytes)} more" if more_bytes > 0 else ""
    return Choice(value=OFF, reason=f"answers come faster so on a processor{cost}")
