"""What a pull will do, as a value that prints itself: files, bytes, where they go, what is here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hearth.errors import DiskFull, InvalidRequest
from hearth.models.hub import HubFile
from hearth.models.labels import plain
from hearth.models.pull.place import Place

SPARE_PART = 0.05  # of what is fetched, for what else is written meanwhile
SPARE_BYTES = 1 << 30
LARGE_BYTES = 50 << 30  # more than this is fetched only when somebody says so once more
SHOWN_FILES = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedFile:
    """One file of a pull.

    Args:
        file: Its name, its length and what it must hash to.
        url: Where its bytes come from.
        etag: What the server called this version; None for files of the hub, whose address
            contains the commit.
        is_here: Whether all of it is in its place.
        kept_bytes: Bytes of it that an earlier attempt has left.
    """

    file: HubFile
    url: str
    etag: str | None = None
    is_here: bool = False
    kept_bytes: int = 0

    @property
    def to_fetch_bytes(self) -> int:
        """Bytes that are still to come."""
        return 0 if self.is_here else self.file.size_bytes - self.kept_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PullPlan:
    """What a pull will do.

    Args:
        reference: What was asked for, as it was typed.
        title: The repository or host that it comes from.
        pinned: A reference that means exactly these files, at this commit.
        commit: The commit that all files are of; None for a single address.
        reason: Why these files, as a sentence.
        place: Where they go.
        opens: The path that the model is opened by.
        files: What is needed.
        free_bytes: Free space there.
        elsewhere: A copy of the same bytes in another place, which makes the pull needless.
    """

    reference: str
    title: str
    pinned: str
    commit: str | None
    reason: str
    place: Place
    opens: Path
    files: tuple[PlannedFile, ...]
    free_bytes: int
    elsewhere: Path | None = None

    @property
    def total_bytes(self) -> int:
        """Bytes of all files together."""
        return sum(planned.file.size_bytes for planned in self.files)

    @property
    def to_fetch_bytes(self) -> int:
        """Bytes that will travel."""
        if self.elsewhere is not None:
            return 0
        return sum(planned.to_fetch_bytes for planned in self.files)

    @property
    def short_bytes(self) -> int:
        """Bytes that the disk lacks; 0 where there is room."""
        if not self.to_fetch_bytes:
            return 0
        needed = int(self.to_fetch_bytes * (1 + SPARE_PART)) + SPARE_BYTES
        return max(0, needed - self.free_bytes)

    def check(self, *, allow_large: bool) -> None:
        """Refuse what cannot, or should not simply, be carried out.

        Args:
            allow_large: Whether somebody has agreed to more than `LARGE_BYTES`.

        Raises:
            DiskFull: The disk has no room for it, with a margin.
            InvalidRequest: It is very large, and nobody has agreed to that.
        """
        if self.short_bytes:
            raise DiskFull(
                f"{plain(self.reference)!r} needs {size_text(self.to_fetch_bytes)} and a margin; "
                f"{plain(self.place.folder, 300)} has {size_text(self.free_bytes)} free, "
                f"{size_text(self.short_bytes)} ({self.short_bytes:,} bytes) too little.",
                hint="Free some space (`hearth models gc`), or name another disk with --to.",
            )
        if self.to_fetch_bytes > LARGE_BYTES and not allow_large:
            raise InvalidRequest(
                f"{plain(self.reference)!r} is {size_text(self.to_fetch_bytes)} to fetch; more "
                f"than {size_text(LARGE_BYTES)} is fetched only when it is meant.",
                hint="Say so with --yes, or choose a smaller quantization.",
                param="allow_large",
            )

    def as_data(self) -> dict[str, Any]:
        """Return the plan as plain data, for programs."""
        return {
            "reference": self.reference,
            "title": self.title,
            "commit": self.commit,
            "reason": self.reason,
            "folder": str(self.place.folder),
            "opens": str(self.opens),
            "elsewhere": None if self.elsewhere is None else str(self.elsewhere),
            "total_bytes": self.total_bytes,
            "to_fetch_bytes": self.to_fetch_bytes,
            "free_bytes": self.free_bytes,
            "short_bytes": self.short_bytes,
            "files": [
                {
                    "name": planned.file.name,
                    "size_bytes": planned.file.size_bytes,
                    "sha256": planned.file.sha256,
                    "is_here": planned.is_here,
                    "kept_bytes": planned.kept_bytes,
                }
                for planned in self.files
            ],
        }

    def __str__(self) -> str:
        """Return the plan for people."""
        lines = [f"{plain(self.reference)} from {plain(self.title)}"]
        if self.commit:
            lines[0] += f" at commit {self.commit[:12]}"
        lines.append(self.reason)
        if self.elsewhere is not None:
            lines.append(f"The same bytes are here already: {plain(self.elsewhere, 300)}.")
        lines += [_line(planned) for planned in self.files[:SHOWN_FILES]]
        if len(self.files) > SHOWN_FILES:
            lines.append(f"  and {len(self.files) - SHOWN_FILES} more files")
        lines.append(
            f"{size_text(self.to_fetch_bytes)} to fetch of {size_text(self.total_bytes)}, into "
            f"{plain(self.place.folder, 300)}, where {size_text(self.free_bytes)} are free."
        )
        if self.short_bytes:
            lines.append(f"That is {size_text(self.short_bytes)} too little, with the margin.")
        return "\n".join(lines)


def _line(planned: PlannedFile) -> str:
    state = ""
    if planned.is_here:
        state = ", here already"
    elif planned.kept_bytes:
        state = f", {size_text(planned.kept_bytes)} of it here already"
    digest = f", sha256 {planned.file.sha256[:12]}" if planned.file.sha256 else ""
    return f"  {plain(planned.file.name)}  {size_text(planned.file.size_bytes)}{state}{digest}"


def size_text(size_bytes: float) -> str:
    """Return a size in the binary unit that reads best."""
    unit = "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if size_bytes < 1024:
            break
        size_bytes, unit = size_bytes / 1024, larger
    digits = 0 if unit == "B" or size_bytes >= 100 else 1
    return f"{size_bytes:.{digits}f} {unit}"
