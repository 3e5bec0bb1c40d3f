"""A model of the library, wherever and however often its bytes lie on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hearth.models.sources.location import Location


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelEntry:
    """One model of the library: the same bytes in several places are one.

    Facts are None until the model has been examined (`Library.refresh`), and stay so where its
    header does not tell them.

    Args:
        name: What people type.
        path: What the engine opens: a file, the first of its parts, or a folder.
        size_bytes: Bytes of the weights, all parts together, counted once.
        source: Whose place `path` is in, one of `Source`.
        format: "gguf", "safetensors", and so on.
        kind: What it is: "model", "adapter", "projector", "embedding".
        quantization: The type that most weights have ("Q4_K_M").
        context_length: Longest sequence it was trained for, in tokens.
        runs_here: Whether an engine of Hearth runs it.
        digest: SHA-256 of its bytes in hexadecimal; of a model in several files, the SHA-256 of
            their digests, one per line.
        is_verified: True when `digest` was computed here from the bytes as they are now; otherwise
            it is what the store says that the file lies in.
        locations: Every place it lies in; the first one gave it its name.
        last_used_s: When it was last used, in seconds since 1970.
        problem: What is wrong with the file, as a sentence.
        reason: Why this model was taken for what was asked, where that was not plain.
        identity: Digest of the size and of samples of the bytes; what the index goes by until the
            bytes have been hashed.
    """

    name: str
    path: Path
    size_bytes: int
    source: str
    format: str | None = None
    kind: str | None = None
    architecture: str | None = None
    num_parameters: int | None = None
    quantization: str | None = None
    context_length: int | None = None
    runs_here: bool | None = None
    digest: str | None = None
    is_verified: bool = False
    locations: tuple[Location, ...] = ()
    last_used_s: float | None = None
    problem: str | None = None
    reason: str | None = None
    identity: str | None = None
