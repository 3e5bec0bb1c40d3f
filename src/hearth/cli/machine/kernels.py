"""The engine's own kernels as a table: how fast weights of each type are read, and multiplied."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hearth.cli import console
from hearth.cli.machine.figures import range_words, rate

if TYPE_CHECKING:
    from hearth.machine.profile import KernelSpeed, MachineProfile, Measured


def draw_kernels(profile: MachineProfile) -> None:
    """Draw one row for each type of weights and device; nothing where none was measured."""
    if not profile.kernels:
        return
    most = max(one.batch_size for one in profile.kernels)
    shown = console.table(
        "weights", "", ">one token", ">range", f">{most} tokens at once", ">range"
    )
    for (weight_type, device, layout), found in _by_type(profile).items():
        one, many = _of_batch(found, 1), _of_batch(found, most)
        shown.add_row(
            weight_type,
            console.literal(", ".join(_words(device, layout))),
            rate(one.bandwidth if one else None),
            _range_words(one.bandwidth if one else None),
            rate(many.flops if many else None),
            _range_words(many.flops if many else None),
        )
    console.out().print()
    console.out().print(shown)
    threads = profile.kernels[0].num_threads
    with_threads = f", with {threads} thread{'' if threads == 1 else 's'}" if threads else ""
    console.note(
        f"Speeds of the engine's own kernels{with_threads}: one token is a matter of bytes of "
        "weights, many at once of operations."
    )


def _range_words(figure: Measured | None) -> str:
    return (range_words(figure) or "one run") if figure else ""


def _words(device: str, layout: str) -> Iterator[str]:
    if device != "cpu":
        yield device
    if layout == "repacked":
        yield "rearranged for this processor"


def _by_type(profile: MachineProfile) -> dict[tuple[str, str, str], list[KernelSpeed]]:
    found: dict[tuple[str, str, str], list[KernelSpeed]] = {}
    for kernel in profile.kernels:
        key = (kernel.weight_type, kernel.device, kernel.layout)
        found.setdefault(key, []).append(kernel)
    return found


def _of_batch(kernels: list[KernelSpeed], batch_size: int) -> KernelSpeed | None:
    """Return the kernel at a batch size, on the largest working set: from memory, not a cache."""
    fitting = [one for one in kernels if one.batch_size == batch_size]
    return max(fitting, key=lambda one: one.working_set_bytes or 0, default=None)
