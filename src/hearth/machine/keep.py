"""Profiles in Hearth's home: this machine's own figures, and machines that were imported.

What the system tells is read afresh each time; what was measured is kept with its date, and stands
as long as the machine's fingerprint is the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from hearth.config import Config, ensure_home, write_whole
from hearth.errors import InvalidRequest, SetupError
from hearth.machine.describe import describe_machine
from hearth.machine.engine_build import engine_build
from hearth.machine.facts import read_facts
from hearth.machine.profile import OPERATIONS, EngineSpeeds, MachineProfile
from hearth.machine.profile_file import parse_profile, profile_text, read_profile

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def this_machine(config: Config) -> MachineProfile:
    """Return this machine with what was last measured on it, if anything was."""
    facts = read_facts(config)
    kept = kept_profile(config)
    if kept is None or kept.fingerprint != facts.fingerprint:
        return facts
    if kept.engine is not None and not _stands(kept.engine):
        kept = replace(kept, kernels=(), engine=None)
    return replace(
        kept,
        system=facts.system,
        memory=replace(kept.memory, available_bytes=facts.memory.available_bytes),
        storage=tuple(
            replace(then, free_bytes=now.free_bytes)
            for then, now in zip(kept.storage, facts.storage, strict=False)
        ),
        # The same GPUs, or the fingerprint would be another.
        gpus=tuple(
            replace(then, available_bytes=now.available_bytes, link=now.link)
            for then, now in zip(kept.gpus, facts.gpus, strict=False)
        ),
        toolkits=facts.toolkits,
        power=kept.power if kept.power.idle else facts.power,
    )


def kept_profile(config: Config) -> MachineProfile | None:
    """Return what was last measured; None where nothing was, or the file is not whole."""
    try:
        return parse_profile(_own_path(config).read_bytes(), "the kept profile")
    except (OSError, InvalidRequest):
        return None  # it can be measured again at any time


def _stands(engine: EngineSpeeds) -> bool:
    """Say whether kernels were timed on the build that is here, and all kinds of them."""
    is_same = engine_build() in (None, engine.build)
    return is_same and {row.name for row in engine.operations} >= set(OPERATIONS)


def measure_this_machine(config: Config, progress: Callable[[str], None]) -> MachineProfile:
    """Measure this machine and keep the figures; takes up to 20 seconds.

    Args:
        config: Says where Hearth's home is; its disk is measured.
        progress: Told what is being measured.

    Raises:
        SetupError: Hearth's home cannot be written.
    """
    from hearth.machine.cpu import usable_cpus
    from hearth.machine.measure.bandwidth import Processors
    from hearth.machine.measure.survey import measure_machine
    from hearth.machine.read.processor import whole_cores_first

    ensure_home(config)
    facts = read_facts(config)
    processors = Processors(whole_cores_first(usable_cpus(facts.cpu.num_logical or 1)))
    measured = measure_machine(facts, processors, config.home, progress)
    kept = kept_profile(config)
    if kept is not None and kept.fingerprint == facts.fingerprint:
        # Measured by others, and still true.
        measured = replace(measured, kernels=kept.kernels, engine=kept.engine)
    keep_profile(config, measured)
    return measured


def keep_profile(config: Config, profile: MachineProfile) -> None:
    """Keep this machine's profile, for instance with kernels that were measured since.

    Args:
        config: Says where Hearth's home is.
        profile: Made from `this_machine`.

    Raises:
        SetupError: Hearth's home cannot be written.
    """
    ensure_home(config)
    write_profile(profile, _own_path(config))


def write_profile(profile: MachineProfile, path: Path) -> None:
    """Write a profile as JSON, whole or not at all.

    Raises:
        SetupError: The file cannot be written.
    """
    try:
        write_whole(path, profile_text(profile))
    except OSError as error:
        raise SetupError(
            f"The profile cannot be written to {path}: {error.strerror or error}.",
            hint="Name a file in a folder that exists and that you may write to.",
        ) from error


def export_profile(config: Config, path: Path) -> None:
    """Write this machine's profile for others: without folders, which hold people's names.

    Args:
        config: Says where Hearth's home is.
        path: The file to write.

    Raises:
        SetupError: The file cannot be written.
    """
    profile = this_machine(config)
    disks = tuple(replace(part, path=None) for part in profile.storage)
    toolkits = tuple(
        replace(part, runtime=_file_name(part.runtime), toolkit=_file_name(part.toolkit))
        for part in profile.toolkits
    )
    write_profile(replace(profile, storage=disks, toolkits=toolkits), path)


def import_profile(config: Config, path: Path, name: str | None = None) -> str:
    """Take a profile into Hearth's home, to be used by its name.

    Args:
        config: Says where Hearth's home is.
        path: A file that `hearth machine export` wrote.
        name: What to call it; default: the file's name without its ending.

    Returns:
        The name.

    Raises:
        InvalidRequest: The file is no profile, or the name cannot be one of a file.
    """
    profile = read_profile(path)
    chosen = name if name is not None else path.stem
    if not _NAME.fullmatch(chosen):
        raise InvalidRequest(
            f"A machine cannot be called {chosen!r}: letters, digits, . _ and - are allowed.",
            hint=f"Name it yourself: hearth machine import {path} --name NAME.",
            param="name",
        )
    ensure_home(config)
    folder = _folder(config)
    folder.mkdir(mode=0o700, exist_ok=True)
    write_profile(replace(profile, name=chosen), folder / f"{chosen}.json")
    return chosen


def imported_names(config: Config) -> list[str]:
    """Return the names of all imported machines."""
    return sorted(path.stem for path in _folder(config).glob("*.json"))


def find_machine(config: Config, text: str | None) -> MachineProfile:
    """Return the machine that a person means.

    Args:
        config: Says where Hearth's home is.
        text: None for this machine; else the name of an imported one, the path of a profile, or a
            description such as "RTX 4090 + DDR5-6000 x2".

    Raises:
        InvalidRequest: It is none of these.
    """
    if text is None:
        return this_machine(config)
    if text in imported_names(config):
        return read_profile(_folder(config) / f"{text}.json")
    if text.endswith(".json"):
        return read_profile(Path(text))
    return describe_machine(text)


def _file_name(path: str | None) -> str | None:
    return Path(path).name if path else None


def _own_path(config: Config) -> Path:
    return config.home / "machine.json"


def _folder(config: Config) -> Path:
    return config.home / "machines"
