"""Compress a file with a model, and decompress it again."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path

import msgspec

from hearth.config import Config
from hearth.engine.scoring import ScoringSettings, open_scorer
from hearth.errors import InvalidRequest, NotFound, StoreError
from hearth.measure.zip.chunks import Method
from hearth.measure.zip.codec import Codec
from hearth.measure.zip.container import Container, Header
from hearth.measure.zip.rivals import rival_sizes
from hearth.models.library import Library
from hearth.models.library.digests import digest_of_model

SUFFIX = ".hz"
MAX_FILE_BYTES = 16 << 20  # some hours, for a small model
DEFAULT_CONTEXT = 2048
DEFAULT_LANES = 4  # a batch of four costs little more than one token (docs/log.md)

Report = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ZipOptions:
    """How a file is compressed.

    Args:
        context: Tokens that a chunk has at most; more see further back, and take more memory.
        lanes: Chunks that are coded side by side.
        threads: Threads that compute; None: as the machine has them. Whoever decompresses computes
            with as many.
    """

    context: int = DEFAULT_CONTEXT
    lanes: int = DEFAULT_LANES
    threads: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Zipped:
    """What compressing came to.

    Args:
        target: The compressed file.
        num_bytes: Of the original; `zipped_bytes` of the compressed file, its header included.
        payload_bytes: Of the compressed file without its header.
        model_bytes: Part of the original that the model compressed; the rest went to xz.
        rivals: Bytes that other compressors need; None where one is not installed.
    """

    target: Path
    num_bytes: int
    zipped_bytes: int
    payload_bytes: int
    model_bytes: int
    rivals: dict[str, int | None]

    @property
    def bits_per_byte(self) -> float:
        """Bits of the compressed file for each byte of the original."""
        return 8 * self.zipped_bytes / max(1, self.num_bytes)


def zip_file(
    source: Path,
    target: Path,
    model: str | Path,
    config: Config,
    options: ZipOptions | None = None,
    *,
    replace: bool = False,
    report: Report = lambda done, total, doing: None,
    cancelled: threading.Event | None = None,
) -> Zipped:
    """Compress a file; it is written only after it has been decompressed and compared.

    Args:
        source: Any file of at most 16 MiB; text is what a model knows.
        target: The compressed file.
        model: A name of the library, or a path.
        config: Says where the library looks.
        options: How.
        replace: Overwrite a target that is there.
        report: Told tokens done, tokens in all, and what goes on.
        cancelled: Set to stop; RequestAborted is raised.

    Raises:
        NotFound: There is no such file.
        InvalidRequest: It is too large, or the target is there.
        StoreError: The target cannot be written.
    """
    options = options or ZipOptions()
    data = _read(source)
    _check_target(target, replace)
    settings = ScoringSettings(
        context=_context(model, options, config), lanes=options.lanes, threads=options.threads
    )
    report(0, 0, "Loading the model")
    with open_scorer(model, settings, config=config, cancelled=cancelled) as scorer:
        codec = Codec(scorer, digest_of_model(config, scorer.entry))
        made = codec.compress(data, report)
    written = made.to_bytes()
    _write(target, written)
    return Zipped(
        target=target,
        num_bytes=len(data),
        zipped_bytes=len(written),
        payload_bytes=sum(len(chunk.payload) for chunk in made.chunks),
        model_bytes=sum(c.num_bytes for c in made.chunks if c.method is Method.MODEL),
        rivals=rival_sizes(data),
    )


def unzip_file(
    source: Path,
    target: Path,
    config: Config,
    model: str | Path | None = None,
    *,
    replace: bool = False,
    report: Report = lambda done, total, doing: None,
    cancelled: threading.Event | None = None,
) -> int:
    """Decompress a file that `zip_file` made.

    Args:
        source: The compressed file.
        target: Where the original goes.
        config: Says where the library looks.
        model: The model that compressed it; None: the one of the name that the file tells.
        replace: Overwrite a target that is there.
        report: Told tokens done, tokens in all, and what goes on.
        cancelled: Set to stop; RequestAborted is raised.

    Returns:
        Bytes of the original.

    Raises:
        NotFound: There is no such file.
        InvalidRequest: It is no such file, is damaged, or something else made it.
        StoreError: The target cannot be written.
    """
    container = Container.from_bytes(_read(source))
    _check_target(target, replace)
    made = container.header
    name = model if model is not None else made.model
    digest = digest_of_model(config, Library(config).resolve(str(name)))
    if digest != made.digest:  # before it is loaded
        raise InvalidRequest(
            f"{source.name} was compressed with the model {made.model} (SHA-256 "
            f"{made.digest[:12]}); {name} is another one ({digest[:12]}), and would give garbage.",
            hint="Name the model that compressed it with --model.",
        )
    report(0, 0, "Loading the model")
    with open_scorer(name, _settings(made), config=config, cancelled=cancelled) as scorer:
        data = Codec(scorer, digest).decompress(container, report)
    _write(target, data)
    return len(data)


def _settings(made: Header) -> ScoringSettings:
    """Return the settings that a file was compressed with.

    Raises:
        InvalidRequest: The header has none that Hearth knows.
    """
    names = {field.name for field in fields(ScoringSettings)} - {"rope"}
    try:
        known = {name: made.settings[name] for name in names}
        return msgspec.convert(known, ScoringSettings)
    except (KeyError, msgspec.ValidationError) as error:
        raise InvalidRequest(
            "The file was compressed with settings that this version of Hearth does not know.",
            hint="Use the version that made it.",
        ) from error


def _context(model: str | Path, options: ZipOptions, config: Config) -> int:
    """Return the context, no longer than the model was trained for."""
    trained = Library(config).resolve(str(model)).context_length
    return min(options.context, trained) if trained else options.context


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise NotFound(f"{path} cannot be read: {error.strerror or error}.") from error
    if len(data) > MAX_FILE_BYTES:
        raise InvalidRequest(
            f"{path} has more than {MAX_FILE_BYTES >> 20} MiB, which would take days.",
            hint="This is a demonstration; for large files use xz or zstd.",
        )
    return data


def _check_target(target: Path, replace: bool) -> None:
    if target.exists() and not replace:
        raise InvalidRequest(
            f"{target} is there already.", hint="Choose another with --output, or add --force."
        )


def _write(target: Path, data: bytes) -> None:
    """Write all of a file or nothing."""
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StoreError(
            f"{target} cannot be written: {error.strerror or error}.",
            hint="Make room, or choose another folder with --output.",
        ) from error
