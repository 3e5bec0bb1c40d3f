"""Turn a reference into the plan of a pull: ask what there is, look at what is here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import httpx

from hearth.config import Config
from hearth.errors import InvalidRequest, Offline, SourceError, StoreError
from hearth.models.gguf.parts import part_paths
from hearth.models.hub import Hub, HubFile, HubSettings
from hearth.models.labels import plain
from hearth.models.pull.choose import choose_files
from hearth.models.pull.journal import Identity, kept_bytes
from hearth.models.pull.names import check_names
from hearth.models.pull.place import Folder, HubCache, Place, free_bytes, journal_path
from hearth.models.pull.plan import PlannedFile, PullPlan
from hearth.models.pull.requests import Remote, TryAgain, failure_of
from hearth.models.reach import Reach, open_client
from hearth.models.sources import Reference

# Where bytes with a digest lie already, if the library knows such a place.
FindCopy = Callable[[str], Path | None]


def identity_of(planned: PlannedFile) -> Identity:
    """Return what a file's bytes are, so that only its own are ever joined."""
    file = planned.file
    return Identity(
        size_bytes=file.size_bytes, tag=file.sha256 or file.git_id or planned.etag or ""
    )


def plan_hub_pull(
    reference: Reference, hub: Hub, config: Config, *, to: Path | None, find_copy: FindCopy
) -> PullPlan:
    """Plan a pull from the hub.

    Args:
        reference: Of kind HUB.
        hub: Where to ask.
        config: Says where locks are kept.
        to: A plain folder to put the files into; default: the hub's own cache.
        find_copy: Looks for the same bytes on this machine.

    Raises:
        HearthError: The hub does not have it or does not answer, or a name in it is refused.
    """
    repo = hub.repo(reference.name, reference.revision)
    choice = choose_files(repo, reference.file)
    check_names(file.name for file in choice.files)
    place: Place = HubCache(cache_dir=hub.settings.cache_dir, repo=repo)
    if to is not None:
        place = Folder(folder=to, locks_dir=config.locks_dir)
    planned = [
        _look(place, PlannedFile(file=file, url=hub.url(repo, file.name))) for file in choice.files
    ]
    is_single = len(planned) == 1 and not planned[0].is_here and to is None
    digest = planned[0].file.sha256
    copy = find_copy(digest) if is_single and digest else None
    return PullPlan(
        reference=reference.text,
        title=f"{hub.settings.endpoint}/{repo.repo}",
        pinned=f"hf:{repo.repo}{f':{choice.opens}' if choice.opens else ''}@{repo.commit}",
        commit=repo.commit,
        reason=choice.reason,
        place=place,
        opens=place.folder / choice.opens if choice.opens else place.folder,
        files=tuple(planned),
        free_bytes=free_bytes(place.folder),
        elsewhere=copy,
    )


def plan_url_pull(
    reference: Reference, config: Config, settings: HubSettings, *, to: Path | None, reach: Reach
) -> PullPlan:
    """Plan a pull of a file, or of a model in parts, from a web address.

    Raises:
        HearthError: The server does not have it, does not say how long it is, or does not answer.
    """
    if settings.offline:
        raise Offline(
            "The network may not be used: HF_HUB_OFFLINE is set.",
            hint="Unset it, or use a model of `hearth models list`.",
        )
    url = reference.name
    host = urlsplit(url).hostname or ""
    folder = to or config.models_dir / host.replace(":", "_")
    place = Folder(folder=folder, locks_dir=config.locks_dir)
    urls = _part_urls(url)
    check_names(urls)
    with open_client(reach) as client:
        planned = [_look(place, _probe(client, name, address)) for name, address in urls.items()]
    first = planned[0].file.name
    return PullPlan(
        reference=reference.text,
        title=host,
        pinned=reference.text,
        commit=None,
        reason=f"{first} is the file at this address."
        + (f" It comes in {len(planned)} parts." if len(planned) > 1 else ""),
        place=place,
        opens=folder / first,
        files=tuple(planned),
        free_bytes=free_bytes(folder),
    )


def _part_urls(url: str) -> dict[str, str]:
    """Return name and address of every part of the model that an address is the first part of."""
    parts = urlsplit(url)
    base, _, last = parts.path.rpartition("/")
    name = unquote(last)
    if not name:
        raise InvalidRequest(f"{plain(url)!r} names no file.", param="model")
    names = [part.name for part in part_paths(Path(name))]
    return {
        found: parts._replace(path=f"{base}/{last if found == name else quote(found)}").geturl()
        for found in names
    }


def _probe(client: httpx.Client, name: str, url: str) -> PlannedFile:
    """Ask a server for one byte of a file, which tells its length and version."""
    remote = Remote(url=url, size_bytes=0, etag=None, headers={})
    try:
        with client.stream("GET", url, headers={"range": "bytes=0-0"}) as response:
            if response.status_code not in (200, 206, 416):
                failure = failure_of(response, remote)
                if isinstance(failure, TryAgain):
                    raise SourceError(f"{plain(url, 300)}: {failure.reason}.")
                raise failure
            size_bytes = _length(response)
            etag = response.headers.get("etag")
    except httpx.TooManyRedirects as error:
        raise SourceError(f"{plain(url, 300)} redirects in a circle.") from error
    except httpx.TransportError as error:
        raise SourceError(
            f"{plain(url, 300)} does not answer: {error or type(error).__name__}.",
            hint="Check the address and the network.",
        ) from error
    if size_bytes is None:
        raise SourceError(f"{plain(url, 300)} does not say how long the file is.")
    file = HubFile(name=name, size_bytes=size_bytes, sha256=None, git_id=None)
    return PlannedFile(file=file, url=url, etag=etag)


def _length(response: httpx.Response) -> int | None:
    if response.headers.get("content-encoding", "identity") != "identity":
        return None
    if response.status_code == 200:
        text = response.headers.get("content-length", "")
    else:
        text = response.headers.get("content-range", "").rpartition("/")[2]
    return int(text) if text.isdecimal() and len(text) < 20 else None


def _look(place: Place, planned: PlannedFile) -> PlannedFile:
    """Note what of a file is here already."""
    file = planned.file
    target = place.bytes_path(file)
    try:
        there = target.lstat() if target.exists() else None
    except OSError as error:
        raise StoreError(f"{plain(target, 300)} cannot be looked at: {error.strerror}.") from error
    if there is not None and there.st_size == file.size_bytes:
        return replace(planned, is_here=True)
    if there is not None and isinstance(place, Folder):
        raise InvalidRequest(
            f"{plain(target, 300)} exists and is another file: {there.st_size:,} bytes, not "
            f"{file.size_bytes:,}.",
            hint="Move it away, or name another folder with --to.",
        )
    return replace(planned, kept_bytes=kept_bytes(journal_path(target), identity_of(planned)))
