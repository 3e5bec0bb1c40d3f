"""Find the file that a loosely named quantization means: "Q4", "4bit", or nothing at all.

Among the quantizations of one width, those that spend more bits on the tensors that need them are
better at nearly the same size. Source of the order: the perplexities in llama.cpp's
tools/quantize/README.md (Llama-3.1-8B: Q4_K_M before Q4_K_S before Q4_0).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from hearth.errors import InvalidRequest
from hearth.models.gguf.parts import is_later_part, whole_name
from hearth.models.labels import plain

GGUF_SUFFIX = ".gguf"
# Without a wish: four bits keep nearly all of the quality at a quarter of the size.
DEFAULT_ORDER = ("Q4", "Q5", "Q6", "Q8", "IQ4", "MXFP4", "Q3", "IQ3", "F16", "BF16", "Q2", "F32")
# Within one width, the best first.
MIX_ORDER = ("K_M", "K_XL", "K_L", "K_S", "K", "NL", "XS", "M", "S", "XXS", "0", "1", "")

_LABEL = re.compile(
    r"(?<![A-Za-z0-9])"
    r"((?:I?Q|TQ)[1-8](?:_(?:0|1|K|NL|XXS|XS|S|M|L|XL))*|MXFP4(?:_MOE)?|BF16|FP?16|FP?32)"
    r"(?![A-Za-z0-9_])",
    re.IGNORECASE,
)
_BITS = re.compile(r"(?:int)?([1-8])[ _-]?(?:bits?)?", re.IGNORECASE)
_COMPANIONS = re.compile(r"mmproj|imatrix|(?:^|[-_.])lora[-_.]", re.IGNORECASE)


def quant_label(name: str) -> str | None:
    """Return the quantization that a file's name tells ("Q4_K_M"), or None."""
    found = _LABEL.findall(whole_name(Path(name)))
    return found[-1].upper().replace("FP16", "F16").replace("FP32", "F32") if found else None


def resolve_quant(wanted: str | None, files: Sequence[str]) -> tuple[str, str]:
    """Return the file that is meant, and why.

    Args:
        wanted: A file's name or path, a quantization, a loose one ("Q4", "4bit"), or None.
        files: Paths of the files to choose from; what is no model of its own is passed over.

    Returns:
        The file (of a model in parts, the first), and the reason as a sentence.

    Raises:
        InvalidRequest: No file fits, or several fit equally well; they are named.
    """
    models = [
        file
        for file in sorted(files)
        if file.lower().endswith(GGUF_SUFFIX)
        and not is_later_part(Path(file))
        and not _COMPANIONS.search(file.rsplit("/", 1)[-1])
    ]
    if wanted is not None and (exact := _exact(wanted, files)):
        return exact, f"{exact} is the file that was named."
    if wanted is None and len(models) == 1:
        return models[0], f"{models[0]} is the only model there."
    labels = {file: label for file in models if (label := quant_label(file)) is not None}
    key = None if wanted is None else _normal(wanted)
    fitting = {file: label for file, label in labels.items() if key in (None, label)}
    if key is not None and fitting:
        return _only(wanted, list(fitting), f"it is the file with {key}")
    if key is not None:
        fitting = {file: label for file, label in labels.items() if label.startswith(f"{key}_")}
    if not fitting:
        raise _none_fits(wanted, models, labels)
    best = min(map(_rank, fitting.values()))
    chosen = [file for file, label in fitting.items() if _rank(label) == best]
    label = fitting[chosen[0]]
    there = ", ".join(sorted(set(fitting.values()), key=_rank))
    asked = f"of those that {plain(wanted)} can mean ({there})" if wanted else f"of {there}"
    return _only(wanted, chosen, f"{label} is the best {asked}")


def _exact(wanted: str, files: Sequence[str]) -> str | None:
    for spelled in (wanted, f"{wanted}{GGUF_SUFFIX}"):
        named = [file for file in files if file == spelled]
        named = named or [file for file in files if file.rsplit("/", 1)[-1] == spelled]
        if len(named) == 1:
            return named[0]
    whole = [file for file in files if whole_name(Path(file)) == wanted]
    return min(whole) if whole else None


def _normal(wanted: str) -> str:
    """Return a wish in the spelling of labels."""
    bits = _BITS.fullmatch(wanted.strip())
    if bits:
        return f"Q{bits[1]}"
    return wanted.strip().upper().replace("-", "_").replace("FP16", "F16").replace("FP32", "F32")


def _rank(label: str) -> tuple[int, int, str]:
    width, _, mix = label.partition("_")
    by_width = DEFAULT_ORDER.index(width) if width in DEFAULT_ORDER else len(DEFAULT_ORDER)
    return by_width, MIX_ORDER.index(mix) if mix in MIX_ORDER else len(MIX_ORDER), label


def _only(wanted: str | None, files: list[str], reason: str) -> tuple[str, str]:
    if len(files) > 1:
        raise InvalidRequest(
            f"{plain(wanted) if wanted else 'This model'!s} can mean several files: "
            f"{', '.join(plain(file) for file in files[:8])}.",
            param="model",
            hint="Name one of the files.",
        )
    return files[0], f"{files[0]}: {reason}."


def _none_fits(wanted: str | None, models: list[str], labels: dict[str, str]) -> InvalidRequest:
    there = sorted(set(labels.values()), key=_rank) or [plain(file) for file in models[:8]]
    what = f"a file for {plain(wanted)!r}" if wanted is not None else "one best file"
    if not models:
        return InvalidRequest("There is no GGUF file among these files.", param="model")
    return InvalidRequest(
        f"There is not {what} here; there is {', '.join(there)}.",
        param="model",
        hint="Name one of these.",
    )
