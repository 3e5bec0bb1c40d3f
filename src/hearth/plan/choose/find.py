"""Find the model that a person means, by its header alone: here, on a server, or well known.

A path costs one read of a header; a name of the library, one look at its folders as well. Of a
model on a server only the header travels. A well-known model needs no file at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hearth.config import Config
from hearth.errors import BadModelFile, ModelNotFound
from hearth.models.gguf.header import GgufHeader, read_header
from hearth.models.gguf.parts import read_parts
from hearth.models.library import Library, ModelEntry
from hearth.models.sources import Source
from hearth.models.sources.quant import GGUF_SUFFIX
from hearth.plan.choose.published import find_published
from hearth.plan.choose.subject import Subject, subject_of_headers

if TYPE_CHECKING:
    from hearth.models.opening import OpenModel


def find_subject(config: Config, text: str, *, is_trusted: bool = True) -> Subject:
    """Return the model that a person means.

    Args:
        config: Says where the library looks.
        text: A name of the library, a path, a reference such as `hf:owner/repository:Q4_K_M`, or
            the name of a well-known model such as "llama 3.1 8b".
        is_trusted: False for requests over the network: they may name neither paths nor servers.

    Raises:
        ModelNotFound: Nothing has that name.
        BadModelFile: It is no GGUF, or a damaged one.
        InvalidRequest: It can mean several files.
        SourceError: A server failed.
    """
    library = Library(config)
    try:
        return _of_entry(
            library.locate(text) if is_trusted else library.resolve(text, allow_path=False), text
        )
    except ModelNotFound as error:
        published = find_published(text)
        if published is not None:
            return published
        if not is_trusted:
            raise
        return _elsewhere(config, text, error)


def _of_entry(entry: ModelEntry, text: str) -> Subject:
    # Outside the library only its path finds it again.
    name = text if entry.source is Source.PATH else entry.name
    return subject_of_headers(
        read_parts(entry.path),
        name=name,
        place="here",
        source="its header",
        identity=entry.identity or "",
    )


def _elsewhere(config: Config, text: str, error: ModelNotFound) -> Subject:
    from hearth.models.opening import open_model  # what speaks to servers; most models are here

    try:
        with open_model(text, config) as opened:
            where = opened.files.where
            return subject_of_headers(
                _headers(opened), name=text, place="remote", source=f"its header at {where}"
            )
    except ModelNotFound:
        raise ModelNotFound(
            error.message,
            hint=f"{error.hint or ''} Well-known models are planned for without a file, such as "
            '"llama 3.1 8b"; `hearth can-run` lists them.'.strip(),
            param="model",
        ) from error


def _headers(opened: OpenModel) -> list[GgufHeader]:
    names = opened.files.ending(GGUF_SUFFIX)
    if opened.card.format != "gguf" or not names:
        raise BadModelFile(
            f"{opened.card.name} is {opened.card.format}; plans are made from a GGUF's header.",
            hint="Name its GGUF, such as hf:owner/repository-GGUF:Q4_K_M.",
        )
    return [read_header(opened.files.source(name)) for name in names]
