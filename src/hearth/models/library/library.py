"""The models that are here: one library over Hearth's own folder and those of other programs.

The list opens no model that it has seen before: it compares directory entries with the index.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from hearth.config import Config
from hearth.models.library import cleaning, verifying
from hearth.models.library.cleaning import CleanReport
from hearth.models.library.entry import ModelEntry
from hearth.models.library.facts import Facts, read_facts
from hearth.models.library.grouping import at, identity_of, make_entries
from hearth.models.library.hashing import Cancelled, OnProgress, never
from hearth.models.library.importing import How, check_importable, plan_import, run_import
from hearth.models.library.index import Index, Origin
from hearth.models.library.looking import look_at_new_files, note_hashed
from hearth.models.library.lookup import entry_at, entry_of_path, find_entry, is_path, not_found
from hearth.models.library.removing import files_of, refuse_to_move, removable
from hearth.models.library.trash import TRASH_KEPT, Removed, Trash
from hearth.models.library.verifying import Repair, VerifyReport
from hearth.models.sources.location import Location
from hearth.models.sources.places import Places
from hearth.models.sources.scan import find_locations, places_of
from hearth.models.sources.tree import state_of

Entries = list[ModelEntry]  # inside the class, `list` is its method

MAX_REMEMBERED = 256
EXAMINED_AT_ONCE = 16  # models whose facts are noted together


class Library:
    """Finds models, and looks after those that are Hearth's own.

    Everything here is synchronous and may be called from several threads at once; what takes long
    tells how far it is and can be cancelled.

    Args:
        config: Says where to look.
        places: Where other programs keep models; None: where they do on this machine.
    """

    def __init__(self, config: Config, places: Places | None = None) -> None:
        self._config = config
        self._given_places = places
        self._index = Index(config)
        self._trash = Trash(config.home / "trash")
        self._located: dict[str, ModelEntry] = {}  # what `locate` found

    # -- finding --

    def list(self) -> Entries:
        """Return every model, the starter first, then by place and name."""
        known = self._index.knowledge()
        locations = list(find_locations(self._config, self._places()))
        look_at_new_files(locations, known, self._index)
        return make_entries(locations, known)

    def resolve(self, name: str, *, allow_path: bool = True) -> ModelEntry:
        """Return the model of a name, of a reference to one of its places, or of a path.

        Args:
            name: A name of this library in any case of letters, a reference such as
                `ollama:llama3.2:1b` or `hf:owner/repository:Q4`, or a path.
            allow_path: False for names that come over the network: only the library is searched.

        Raises:
            ModelNotFound: There is none; the nearest names are suggested.
            InvalidRequest: A reference can mean several files of its repository.
        """
        entries = self.list()
        found = find_entry(name, entries)
        if found is not None:
            return found
        outside = entry_of_path(name, entries) if allow_path else None
        if outside is None:
            raise not_found(name, entries)
        return outside

    def locate(self, name: str) -> ModelEntry:
        """Return where a model lies, as `resolve` does and at once, but without its facts.

        The engine asks so for each request: a model that still lies where it was found costs one
        look at its directory entry, and one that is found under its own name needs no index.
        """
        before = self._located.get(name)
        if before is not None and _is_unchanged(before):
            return before
        if is_path(name) and (outside := entry_of_path(name, ())) is not None:
            return outside
        named = (
            entry_at(location)
            for location in find_locations(self._config, self._places())
            if location.name == name
        )
        entry = next(named, None) or self.resolve(name)
        if len(self._located) >= MAX_REMEMBERED:
            self._located.clear()
        self._located[name] = entry
        return entry

    def locations(self, name: str) -> tuple[Location, ...]:
        """Return every place that a model lies in; see `resolve` for what can go wrong."""
        return self.resolve(name, allow_path=False).locations

    def with_digest(self, sha256: str) -> ModelEntry | None:
        """Return the model in a single file that is said to have this SHA-256, if one is here.

        What is here need not be downloaded; whether it truly has that digest, `verify` tells.
        """
        found = (each for each in self.list() if each.digest == sha256 and each.problem is None)
        return next(found, None)

    def refresh(
        self,
        on_progress: Callable[[int, int], None] | None = None,
        cancelled: Cancelled = never,
    ) -> Entries:
        """Read the headers of the models that the index does not know yet; return the list.

        Args:
            on_progress: Called with how many models have been read, and of how many.
            cancelled: Asked before each model; what has been read until then is kept.
        """
        entries = self.list()
        known = self._index.knowledge().facts
        new = {
            entry.identity: entry.path
            for entry in entries
            if entry.identity is not None and entry.identity not in known
        }
        facts: dict[str, Facts] = {}
        for number, (identity, path) in enumerate(new.items(), start=1):
            if cancelled():
                break
            facts[identity] = read_facts(path)
            if len(facts) == EXAMINED_AT_ONCE:
                self._index.note_facts(facts)
                facts = {}
            if on_progress is not None:
                on_progress(number, len(new))
        self._index.note_facts(facts)
        return self.list() if new else entries

    def note_use(self, entry: ModelEntry) -> None:
        """Note that a model is used now."""
        identity = entry.identity
        if identity is None and entry.locations:
            known = self._index.knowledge()
            look_at_new_files(entry.locations, known, self._index)
            identity = identity_of(entry.locations[0], known)
        if identity is not None:
            self._index.note_use(identity)

    # -- bringing models in --

    def register(self, path: Path, reference: str, digests: Mapping[Path, str]) -> ModelEntry:
        """Note a model that Hearth has fetched itself, and return it.

        Args:
            path: What the engine opens; it lies in one of the places that are searched.
            reference: A spelling that fetches it again.
            digests: The SHA-256 of each of its files, computed from the bytes that were written.

        Raises:
            ModelNotFound: The path lies in no place that is searched, or holds no model.
        """
        for file, digest in digests.items():
            self._index.note_origin(Origin(path=str(file), reference=reference, sha256=digest))
        note_hashed(digests, self._index)
        return self._listed(path.name, {path})

    def take_in(self, path: Path, name: str, sha256: str) -> ModelEntry:
        """Move a file that Hearth has made into its own folder, and return it as a model.

        Args:
            path: A GGUF file on the same disk, written to its end.
            name: What it shall be called.
            sha256: Of its bytes, as they were read back.

        Raises:
            InvalidRequest: The name is not allowed, or was taken meanwhile.
            StoreError: The folder cannot be written.
        """
        plan = plan_import(path, self._config.models_dir, How.MOVE, name)
        run_import(plan, self._config.models_dir)
        self._index.forget(str(target) for target in plan.targets)  # of what lay there before
        note_hashed({plan.targets[0]: sha256}, self._index)
        return self._listed(plan.name, {*plan.targets})

    def import_(
        self,
        path: Path,
        *,
        how: How = How.COPY,
        name: str | None = None,
        on_progress: OnProgress | None = None,
        cancelled: Cancelled = never,
    ) -> ModelEntry:
        """Bring a model into Hearth's own folder, whole or not at all.

        Args:
            path: A GGUF file, the first of its parts, or a folder with safetensors.
            how: Copy it, link to its bytes (same disk), refer to its path, or move it.
            name: What it shall be called; None: as its file is called.
            on_progress: Called with the bytes copied since the last call.
            cancelled: Asked again and again.

        Raises:
            ModelNotFound: There is no such file, or a part is missing.
            BadModelFile: It is no model that can be read.
            InvalidRequest: The name is taken, or the file belongs to another program and would
                be moved.
            StoreError: The disk is full or cannot be written.
        """
        path = path.expanduser().absolute()
        if how is How.MOVE:
            refuse_to_move(path, find_locations(self._config, self._places()))
        plan = plan_import(path, self._config.models_dir, how, name)
        check_importable(path)
        digests = run_import(
            plan, self._config.models_dir, on_progress=on_progress, cancelled=cancelled
        )
        self._index.forget(str(target) for target in plan.targets)  # of what lay there before
        note_hashed(digests, self._index)
        return self._listed(plan.name, {*plan.targets, plan.targets[0].parent})

    # -- taking models away --

    def remove(self, name: str) -> Removed:
        """Move what is Hearth's of a model to the trash, where it stays for seven days.

        Raises:
            ModelNotFound: There is no such model.
            InvalidRequest: It belongs to another program; the command that removes it is named.
            ModelInUse: It is loaded.
        """
        entry = self.resolve(name, allow_path=False)
        ours = removable(entry, self._index.knowledge(), self._places())
        paths = dict.fromkeys(path for location in ours for path in files_of(location))
        removed = self._trash.put(entry.name, list(paths), entry.size_bytes)
        self._located.clear()
        return removed

    def removed(self) -> Sequence[Removed]:
        """Return what lies in the trash, the newest first."""
        return self._trash.contents()

    def restore(self, wanted: str) -> Removed:
        """Put a model back where it was; see `Trash.restore`."""
        self._located.clear()
        return self._trash.restore(wanted)

    def gc(self, *, older_than: timedelta = TRASH_KEPT) -> CleanReport:
        """Delete trash that is older and half-made imports, and forget files that are gone."""
        return cleaning.clean(
            self._config.models_dir, self._trash, self._index, older_than=older_than
        )

    # -- checking --

    def verify(
        self,
        name: str,
        *,
        on_progress: OnProgress | None = None,
        cancelled: Cancelled = never,
        repair: Repair | None = None,
    ) -> VerifyReport:
        """Hash a model's files again, in every place that it lies in.

        Args:
            name: As for `resolve`.
            on_progress: Called with the bytes hashed since the last call.
            cancelled: Asked again and again.
            repair: Fetches a file again, given its path, a reference and its SHA-256; called for
                damaged files that Hearth knows the origin of.

        Raises:
            ModelNotFound: There is no such model.
            RequestAborted: It was cancelled.
        """
        entry = self.resolve(name)
        report = verifying.verify(
            entry, self._index, on_progress=on_progress, cancelled=cancelled, repair=repair
        )
        self._located.clear()
        return report

    # -- helpers --

    def _listed(self, name: str, paths: set[Path]) -> ModelEntry:
        """Return the model that has just come to one of these paths."""
        self._located.clear()
        for entry in self.refresh():
            for location in entry.locations:
                if location.path in paths:
                    return at(entry, location)
        raise not_found(name, [])

    def _places(self) -> Places:
        return self._given_places or places_of(self._config)


def _is_unchanged(entry: ModelEntry) -> bool:
    files = next((each.files for each in entry.locations if each.path == entry.path), ())
    return bool(files) and all(
        (now := state_of(file.path)) is not None
        and (now.size_bytes, now.mtime_ns) == (file.size_bytes, file.mtime_ns)
        for file in files
    )
