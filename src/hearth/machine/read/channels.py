"""Which channel a memory module hangs on, from the names that boards give to their slots.

There is no field for it: boards write "P0 CHANNEL A", "Controller0-ChannelA-DIMM0" or "DIMM_A1".
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from hearth.machine.profile import Measured, MemoryModule

_CHANNEL = re.compile(r"(.*?channel[ _-]?[a-z0-9]+?)(?:[ _-].*|dimm.*)?$", re.IGNORECASE)
_LETTERED = re.compile(r"(.*?dimm[ _-]?[a-z])[ _-]?\d*$", re.IGNORECASE)


def channel_of(bank: str | None, slot: str | None) -> str | None:
    """Return a name that all modules of one channel share; None where the board gives none."""
    for text in (bank, slot):
        for pattern in (_CHANNEL, _LETTERED):
            if text and (found := pattern.match(text)):
                return found[1].strip().casefold()
    return None


def count_channels(modules: Sequence[MemoryModule]) -> int | None:
    """Return how many channels have a module; None where that cannot be told."""
    channels = {module.channel for module in modules}
    if None in channels:
        return 1 if len(modules) == 1 else None
    return len(channels) or None


def theoretical_bandwidth(modules: Sequence[MemoryModule]) -> Measured | str:
    """Return transfers per second times the width of all channels, or why that is not known.

    Modules on one channel take turns, so each channel counts once; the slowest module sets the
    rate of all.
    """
    num_channels = count_channels(modules)
    if num_channels is None:
        return f"{len(modules)} modules are seen, but not which of them share a channel"
    rates = [module.transfers_per_s for module in modules if module.transfers_per_s]
    widths = {module.channel: module.width_bits for module in modules if module.width_bits}
    if len(rates) < len(modules) or len(widths) < num_channels:
        return "the firmware does not tell rate and width of every module"
    width_bits = sum(widths.values())
    source = f"{num_channels} channels, {width_bits} bits, {min(rates) / 1e6:.0f} MT/s (SMBIOS)"
    return Measured.looked_up(min(rates) * width_bits / 8, "B/s", source)
