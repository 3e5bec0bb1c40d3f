"""Carry a pull out: lock, fetch, verify, publish; one file after the other.

A file that does not hash to what its source says is put aside under another name and fetched once
more; if it is wrong again the pull fails and says so. Nothing is visible under a file's name before
its bytes are verified.
"""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from hearth.errors import ChecksumMismatch, DiskFull, RequestAborted, SourceError, StoreError
from hearth.models.labels import plain
from hearth.models.pull.digest import Hash, git_blob, sha256
from hearth.models.pull.download import MAX_TRIES, Download, Means, Stopped
from hearth.models.pull.journal import Journal, chunk_bytes_of, kept_bytes
from hearth.models.pull.place import journal_path, part_path, quarantine_path
from hearth.models.pull.plan import SPARE_BYTES, PlannedFile, PullPlan
from hearth.models.pull.planner import identity_of
from hearth.models.pull.progress import Meter
from hearth.models.pull.requests import Changed, RangesIgnored, Remote, TryAgain

LOCK_POLL_S = 0.25
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Run:
    """One plan being carried out.

    Args:
        plan: What to do.
        means: What to fetch with.
        headers: What proves to the source who asks.
        meter: Told how far it is.
    """

    def __init__(
        self,
        plan: PullPlan,
        means: Means,
        headers: dict[str, str],
        meter: Meter,
    ) -> None:
        self._plan = plan
        self._means = means
        self._headers = headers
        self._meter = meter

    def __call__(self) -> dict[Path, str]:
        """Fetch every file; return by path the SHA-256 of those that were fetched and hashed so.

        Raises:
            RequestAborted: It was cancelled; what has come is kept.
            DiskFull: The disk is full; what has come is kept.
            HearthError: The source failed, or holds other bytes than it says.
        """
        digests: dict[Path, str] = {}
        for planned in self._plan.files:
            with _explained(planned, self._plan):
                digest = self._pull(planned)
            if digest is not None:
                digests[self._plan.place.name_path(planned.file)] = digest
        with _explained(self._plan.files[-1], self._plan):
            self._plan.place.finish()
        return digests

    def _pull(self, planned: PlannedFile) -> str | None:
        """Fetch one file unless it is here; only one program does so at a time."""
        place, file = self._plan.place, planned.file
        target = place.bytes_path(file)
        with self._locked(planned):
            if target.exists() and target.stat().st_size == file.size_bytes:
                self._meter.settle(file.name, file.size_bytes)
                if not place.name_path(file).exists():
                    place.publish(file, None)
                return None
            target.parent.mkdir(parents=True, exist_ok=True)
            digest = self._fetch_verified(planned, target)
            place.publish(file, part_path(target))
            journal_path(target).unlink(missing_ok=True)
            quarantine_path(target).unlink(missing_ok=True)
            return digest

    @contextmanager
    def _locked(self, planned: PlannedFile) -> Iterator[None]:
        """Wait until no other program fetches this file, and show meanwhile how far that one is."""
        place, file = self._plan.place, planned.file
        path = place.lock_path(file)
        path.parent.mkdir(parents=True, exist_ok=True)
        journal, identity = journal_path(place.bytes_path(file)), identity_of(planned)

        def is_cancelled() -> bool:
            waiting_for = f"another program fetches {file.name}"
            self._meter.begin(waiting_for, kept_bytes(journal, identity))
            return self._means.cancelled.is_set()

        lock = FileLock(path)
        try:
            lock.acquire(poll_interval=LOCK_POLL_S, cancel_check=is_cancelled)
        except Timeout as error:
            raise Stopped from error
        try:
            yield
        finally:
            lock.release()

    def _fetch_verified(self, planned: PlannedFile, target: Path) -> str | None:
        """Return the SHA-256 of the fetched bytes, where that is what was computed."""
        file = planned.file
        expected = file.sha256 or file.git_id
        for _ in range(2):
            digest = self._fetch(planned, target)
            if expected is None or digest == expected:
                self._meter.settle(file.name, file.size_bytes)
                return None if file.git_id else digest
            self._put_aside(planned, target)
        aside = quarantine_path(target)
        kept = f"put aside as {plain(aside, 300)}" if aside.exists() else "deleted to make room"
        raise ChecksumMismatch(
            f"{plain(file.name)} arrived twice with other bytes than its source says: it hashes "
            f"to {digest}, not to {expected}. What came is {kept}.",
            hint="Try again later or from another network; the file is not used.",
        )

    def _put_aside(self, planned: PlannedFile, target: Path) -> None:
        """Take wrong bytes out of the way, or off the disk where it has no room for both."""
        aside = quarantine_path(target)
        journal_path(target).unlink(missing_ok=True)
        part_path(target).replace(aside)
        if shutil.disk_usage(target.parent).free < planned.file.size_bytes + SPARE_BYTES:
            aside.unlink()

    def _fetch(self, planned: PlannedFile, target: Path) -> str:
        """Return the digest of the whole file, in whichever way its server allows."""
        if not part_path(target).is_file() or not identity_of(planned).tag:
            _forget(target)  # what nothing names cannot be known to be the same
        try:
            return self._download(planned, target, Download.run)
        except RangesIgnored:
            pass
        for number in range(1, MAX_TRIES + 1):
            _forget(target)
            try:
                return self._download(planned, target, Download.run_whole)
            except TryAgain as error:
                failure = error
                pause_s = self._means.first_pause_s * number
                self._means.cancelled.wait(pause_s if failure.after_s is None else failure.after_s)
        raise SourceError(
            f"{plain(planned.file.name)}: {failure.reason}, {MAX_TRIES} times, and this server "
            "can only send the whole file.",
            hint="Try again later.",
        ) from failure

    def _download(
        self, planned: PlannedFile, target: Path, way: Callable[[Download, Hash], str]
    ) -> str:
        file = planned.file
        chunk_bytes = chunk_bytes_of(file.size_bytes, self._means.num_connections)
        journal = Journal(journal_path(target), identity_of(planned), chunk_bytes)
        try:
            self._meter.begin(file.name, journal.done_bytes)
            remote = Remote(
                url=planned.url,
                size_bytes=file.size_bytes,
                etag=planned.etag,
                headers=self._headers,
            )
            download = Download(remote, part_path(target), journal, self._means, self._meter.add)
            return way(download, git_blob(file.size_bytes) if file.git_id else sha256())
        finally:
            journal.close()


def _forget(target: Path) -> None:
    journal_path(target).unlink(missing_ok=True)
    part_path(target).unlink(missing_ok=True)


@contextmanager
def _explained(planned: PlannedFile, plan: PullPlan) -> Iterator[None]:
    """Say what an end in the middle of a file means for the person who asked."""
    name, folder = plain(planned.file.name), plain(plan.place.folder, 300)
    try:
        yield
    except Stopped as error:
        raise RequestAborted(
            f"The pull of {plain(plan.reference)!r} was stopped; what has come is kept.",
            hint=f"Go on with: hearth pull {plain(plan.reference)}",
        ) from error
    except Changed as error:
        _forget(plan.place.bytes_path(planned.file))
        raise SourceError(
            f"{name} became another file at its source while it was fetched.",
            hint="Pull it again to fetch the new one.",
        ) from error
    except OSError as error:
        if error.errno in FULL:
            target = plan.place.bytes_path(planned.file)
            kept = kept_bytes(journal_path(target), identity_of(planned))
            missing = planned.file.size_bytes - kept
            raise DiskFull(
                f"The disk of {folder} became full: {name} lacks {missing:,} bytes of room.",
                hint="Free some space and pull again: what has come is kept.",
            ) from error
        raise StoreError(
            f"{name} could not be written to {folder}: {error.strerror or error}.",
            hint="Check the disk and its permissions and pull again: what has come is kept.",
        ) from error
