"""From what a person names to the stand-in of the whole model: a header, and a hole for weights.

The header may lie here, on a server (only it travels), or nowhere yet: then it is made from the
model's published sizes and a quantization.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hearth.config import Config
from hearth.errors import BadModelFile, InvalidRequest, ModelNotFound
from hearth.models.blueprint import (
    PublicModel,
    public_models,
    quantized,
    stand_in_of,
    write_stand_in,
)
from hearth.models.gguf.header import read_header
from hearth.models.labels import plain
from hearth.models.library import Library
from hearth.models.opening import OpenModel, open_model
from hearth.models.sources.quant import GGUF_SUFFIX

USED_TOKENS = range(256)  # ids whose embeddings a stand-in has


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """Where the header of a model came from.

    Args:
        where: A path, an address, or the source of published sizes.
        fetched_bytes: That travelled over the network.
    """

    where: str
    fetched_bytes: int = 0


def write_whole(model: str, path: Path, config: Config, *, is_trusted: bool = True) -> Original:
    """Write the stand-in of a whole model.

    Args:
        model: See `try_model`.
        path: File to write.
        config: Says where the library looks.
        is_trusted: False for requests over the network: they may name neither paths nor servers.

    Raises:
        HearthError: As `try_model` says of models and of the disk.
    """
    public = find_public(model)
    try:
        if not is_trusted:
            Library(config).resolve(model, allow_path=False)
        with open_model(model, config) as opened:
            return _write_opened(opened, path)
    except ModelNotFound as error:
        if public is None:
            raise ModelNotFound(
                error.message,
                hint=f"{error.hint or ''} A public model can be tried by its name and "
                "quantization, such as llama-3.1-8b:Q4_K_M.".strip(),
                param="model",
            ) from error
    row, quantization = public
    if not quantization:
        raise InvalidRequest(
            f"{row.name} is known by its published sizes: which quantization is meant?",
            hint=f"For example: hearth try {row.name}:Q4_K_M",
            param="model",
        )
    write_stand_in(path, quantized(row.blueprint, quantization), embed_rows=USED_TOKENS)
    return Original(where=row.source)


def find_public(model: str) -> tuple[PublicModel, str] | None:
    """Return the public model of a name, and the quantization behind its colon, if one is meant."""
    name, _, quantization = model.partition(":")
    found = (row for row in public_models() if row.name.casefold() == name.casefold())
    row = next(found, None)
    return None if row is None else (row, quantization)


def _write_opened(opened: OpenModel, path: Path) -> Original:
    names = opened.files.ending(GGUF_SUFFIX)
    if opened.card.format != "gguf" or not names:
        raise BadModelFile(
            f"{plain(opened.card.name)} is {opened.card.format}; a stand-in is made from a GGUF's "
            "header.",
            hint="Name its GGUF, such as hf:owner/repository-GGUF:Q4_K_M.",
        )
    sources = [opened.files.source(name) for name in names]
    headers = [read_header(source) for source in sources]
    stand_in_of(headers, path, source=sources[0], embed_rows=USED_TOKENS)
    return Original(
        where=opened.files.where,
        fetched_bytes=opened.fetched_bytes if opened.is_remote else 0,
    )
