"""What is not known of a machine: each reason once, with the figures that it keeps from us."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hearth.machine.profile import MachineProfile


def unknown_figures(profile: MachineProfile) -> dict[str, list[str]]:
    """Return the figures that are not known, by the reason why, as in `memory modules`."""
    found: dict[str, dict[str, None]] = {}
    for part, missing in _parts(profile):
        for figure, reason in missing.items():
            found.setdefault(reason, {})[f"{part} {figure.replace('_', ' ')}"] = None
    return {reason: list(figures) for reason, figures in found.items()}


def _parts(profile: MachineProfile) -> Iterator[tuple[str, Mapping[str, str]]]:
    yield "system", profile.system.missing
    yield "CPU", profile.cpu.missing
    yield "memory", profile.memory.missing
    yield from (("disk", part.missing) for part in profile.storage)
    yield from (("GPU", part.missing) for part in profile.gpus)
    yield from (("link", part.missing) for part in profile.links)
    yield "energy of the", profile.power.missing
    if not profile.kernels:
        yield "engine's", profile.missing
    yield from ((f"{part.name}'s", part.missing) for part in profile.network if part.is_up)
