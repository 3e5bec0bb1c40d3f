"""Open a model to look into it: one that is here, a path, or one that lies on a server.

Of a remote model only what is looked at travels: the listing of its repository, small text files,
and the headers of its weights, by range requests.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from hearth.config import Config
from hearth.errors import InvalidRequest, ModelNotFound
from hearth.models.card import ModelCard
from hearth.models.formats.documents import README
from hearth.models.formats.files import ModelFiles, is_looked_at, local_files
from hearth.models.formats.hub_weights import SUFFIX as SAFETENSORS
from hearth.models.gguf.parts import part_paths
from hearth.models.hub import Hub, HubRepo, hub_settings
from hearth.models.identify import identify_files, whole_path
from hearth.models.library import Library, ModelEntry
from hearth.models.ranges import RangeBytes
from hearth.models.reach import Reach, open_client
from hearth.models.sources.quant import GGUF_SUFFIX, resolve_quant
from hearth.models.sources.reference import Reference, ReferenceKind


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenModel:
    """A model that is being looked into.

    Args:
        files: Its files; they stay open as long as the model does.
        entry: Its entry in the library; None for remote models and for paths outside.
        reason: Why this file was taken, where what was asked could mean several.
    """

    card: ModelCard
    files: ModelFiles
    entry: ModelEntry | None = None
    reason: str | None = None

    @property
    def is_remote(self) -> bool:
        """True when its bytes come over the network."""
        return self.files.is_remote

    @property
    def fetched_bytes(self) -> int:
        """Bytes that were read so far, from the disk or over the network."""
        return self.files.fetched_bytes


def open_model(
    name: str, config: Config, *, hub: Hub | None = None
) -> AbstractContextManager[OpenModel]:
    """Find a model; the block that follows has it open, and described.

    Args:
        name: A name of the library, a path, or a reference (`hf:owner/repository:Q4_K_M`, an
            https address). What is here is read here, also when a reference names it.
        config: Says where the library looks.
        hub: The hub to ask; None: the one of the environment.

    Raises:
        ModelNotFound: There is no such model, here or there.
        BadModelFile: It is damaged, or cannot be what it claims.
        InvalidRequest: It can mean several files.
        SourceError: A server failed.
    """
    try:
        entry = Library(config).resolve(name, allow_path=False)
    except ModelNotFound:
        if (path := _path(name)) is not None:
            return _local(path, None)
        reference = _remote_reference(name)
        if reference is None:
            raise
    else:
        return _local(entry.path, entry)
    if reference.kind is ReferenceKind.HUB:
        return _on_hub(reference, hub or Hub(hub_settings()))
    return _at_url(reference.name)


@contextmanager
def _local(path: Path, entry: ModelEntry | None) -> Iterator[OpenModel]:
    with local_files(whole_path(path)) as files:
        card = identify_files(files)
        if entry is not None:
            card = replace(card, sha256=entry.digest)
        yield OpenModel(card=card, files=files, entry=entry, reason=entry.reason if entry else None)


@contextmanager
def _on_hub(reference: Reference, hub: Hub) -> Iterator[OpenModel]:
    repo = hub.repo(reference.name, reference.revision)
    named, reason = _named_files(repo, reference.file)
    sizes = {file.name: file.size_bytes for file in repo.files}
    with open_client(hub.reach, headers=hub.headers()) as client:
        files = ModelFiles(
            name=reference.name,
            where=f"hf:{reference.name}",
            sizes={name: sizes[name] for name in named if name in sizes},
            open_file=lambda name: RangeBytes(hub.url(repo, name), client=client),
            alone=reason is not None or named == [reference.file],
            is_remote=True,
        )
        with files:
            card = _with_digests(identify_files(files), repo)
            yield OpenModel(card=card, files=files, reason=reason)


def _named_files(repo: HubRepo, wanted: str | None) -> tuple[list[str], str | None]:
    """Return the files that are meant: those of one quantization, one file, or all."""
    names = [file.name for file in repo.files]
    if wanted in names and not wanted.lower().endswith(GGUF_SUFFIX):
        return [wanted], None
    has_ggufs = any(name.lower().endswith(GGUF_SUFFIX) for name in names)
    if wanted is None and (not has_ggufs or any(name.endswith(SAFETENSORS) for name in names)):
        return [name for name in names if is_looked_at(name)], None
    first, reason = resolve_quant(wanted, names)
    return [*(path.as_posix() for path in part_paths(Path(first))), README], reason


def _with_digests(card: ModelCard, repo: HubRepo) -> ModelCard:
    """Return the card with the digests that the hub promises."""
    digests = {file.name: file.sha256 for file in repo.files}
    files = tuple(replace(file, sha256=digests.get(file.name)) for file in card.files)
    return replace(card, files=files, sha256=files[0].sha256 if len(files) == 1 else None)


@contextmanager
def _at_url(url: str) -> Iterator[OpenModel]:
    file = unquote(urlsplit(url).path).rpartition("/")[2] or url
    with open_client(Reach.of_url(url)) as client, RangeBytes(url, client=client) as source:
        files = ModelFiles(
            name=Path(file).stem,
            where=url,
            sizes={file: source.size_bytes},
            open_file=lambda _: source,
            alone=True,
            is_remote=True,
        )
        with files:
            yield OpenModel(card=identify_files(files), files=files)


def _remote_reference(name: str) -> Reference | None:
    try:
        reference = Reference.parse(name)
    except InvalidRequest:
        return None
    return reference if reference.is_remote else None


def _path(name: str) -> Path | None:
    """Return the path that a name is, or None where nothing lies there."""
    try:
        path = Path(name).expanduser()
        return path if "\0" not in name and path.exists() else None
    except (OSError, RuntimeError):  # too long for a path; an unknown home
        return None
