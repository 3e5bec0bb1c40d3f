"""What a quantized file says of where it came from: texts in its header, which travel with it."""

from __future__ import annotations

from dataclasses import dataclass

from hearth.models.gguf.header import GgufHeader

PREFIX = "hearth.quantized."
FROM_SHA256, FROM_TYPE, FROM_NAME = (f"{PREFIX}from_{part}" for part in ("sha256", "type", "name"))
ENGINE, AGAIN = f"{PREFIX}by", f"{PREFIX}requantized"
MAX_NAME_CHARS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The model that a file was quantized from.

    Args:
        sha256: The model's digest (see `ModelEntry.digest`).
        quantization: The type that most of its weights had.
        name: What it was called here.
        engine: The build that did it.
        is_requantized: Whether the model's own weights were quantized already, so that the errors
            of both add up.
    """

    sha256: str
    quantization: str
    name: str
    engine: str
    is_requantized: bool

    def as_metadata(self) -> dict[str, str]:
        """Return the texts for the new file's header."""
        return {
            FROM_SHA256: self.sha256,
            FROM_TYPE: self.quantization,
            FROM_NAME: self.name.encode("ascii", "replace").decode()[:MAX_NAME_CHARS],
            ENGINE: self.engine[:MAX_NAME_CHARS],
            AGAIN: "yes" if self.is_requantized else "no",
        }


def origin_of(header: GgufHeader) -> Origin | None:
    """Return what a file says that it was quantized from; None where it says nothing."""
    found = [header.metadata.get(key) for key in (FROM_SHA256, FROM_TYPE, FROM_NAME, ENGINE, AGAIN)]
    texts = [value for value in found if isinstance(value, str)]
    if len(texts) != len(found):
        return None
    sha256, quantization, name, engine, again = texts
    return Origin(
        sha256=sha256,
        quantization=quantization,
        name=name,
        engine=engine,
        is_requantized=again == "yes",
    )
