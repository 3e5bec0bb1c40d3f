"""Is the new file what was planned? Its header is compared, and it is loaded once.

Whoever writes a file is the last to judge it: the header is read by Hearth's own validator, and the
model is loaded in a worker, which computes a token and refuses one that computes no numbers. (Each
block is checked by the quantizer itself while it writes.)
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

from hearth.config import Config
from hearth.core import LoadOptions
from hearth.engine.local import LocalEngine
from hearth.errors import EngineError, ModelTooLarge
from hearth.forge.quantize.origin import PREFIX
from hearth.forge.quantize.plan import QuantizePlan
from hearth.models.gguf.header import GgufHeader, read_header
from hearth.models.gguf.metadata import GgufArray, LongText, Value
from hearth.models.validate import Validator

CONTEXT = 256  # tokens; enough to compute one
_MAY_DIFFER = ("general.file_type", "general.quantization_version", "general.alignment")
_MAY_DIFFER_AFTER = (PREFIX, "split.")


def check_file(path: Path, plan: QuantizePlan) -> None:
    """Compare a new file's header with its model's and with what was decided.

    Raises:
        BadModelFile: It is no sound model.
        EngineError: It is another one than was to be made.
    """
    Validator().inspect(path)
    header, source = read_header(path), plan.source
    shapes = {one.name: one.shape for file in source.headers for one in file.tensors}
    types = {tensor.name: tensor.type.name.upper() for tensor in header.tensors}
    if {tensor.name: tensor.shape for tensor in header.tensors} != shapes:
        raise _other("its tensors are not those of the model")
    wrong = [name for name, kind in types.items() if kind != plan.outcome.types[name]]
    if wrong:
        raise _other(f"{wrong[0]} is {types[wrong[0]]} and not {plan.outcome.types[wrong[0]]}")
    before, after = _kept(source.headers[0]), _kept(header)
    if changed := [key for key in before if after.get(key) != before[key]]:
        raise _other(f"{changed[0]} in its header is not the model's")


def check_computes(path: Path, config: Config) -> str | None:
    """Load a new file once; return why that was left out, or None.

    Raises:
        HearthError: It cannot be loaded, or computes no numbers.
    """
    quiet = config.model_copy(update={"predictions": False})
    try:
        asyncio.run(_load(path, quiet))
    except ModelTooLarge as error:
        return f"it was not loaded to try it: {error.message}"
    return None


async def _load(path: Path, config: Config) -> None:
    engine = LocalEngine(config)
    try:
        await engine.load(
            str(path), LoadOptions(context=CONTEXT, num_sequences=1, prefix_cache="off")
        )
    finally:
        await engine.close()


def _kept(header: GgufHeader) -> Mapping[str, object]:
    """Return the metadata that quantizing leaves alone, without where in the file they are."""
    return {
        key: _content(value)
        for key, value in header.metadata.items()
        if key not in _MAY_DIFFER and not key.startswith(_MAY_DIFFER_AFTER)
    }


def _content(value: Value) -> object:
    if isinstance(value, GgufArray):
        return value.element_type, value.count, value.size_bytes, value.values
    return value.size_bytes if isinstance(value, LongText) else value


def _other(what: str) -> EngineError:
    return EngineError(f"llama.cpp wrote another file than it was asked for: {what}.")
