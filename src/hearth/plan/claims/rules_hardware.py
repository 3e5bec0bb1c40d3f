"""Statements about hardware: memory kits by their transfer rate, bandwidths, disks, links, GPUs."""

from __future__ import annotations

import re

from hearth.machine.catalogue import find_gpu, gpus
from hearth.plan.claims.draft import Draft
from hearth.plan.claims.patterns import COUNT_WORD, NUMBER, Rule, how_many, number, one_of, whole
from hearth.plan.devices import make_device
from hearth.plan.units import num_bytes, scaled

CHANNEL_BYTES = 8  # a channel of memory is 64 bits wide
USUAL_CHANNELS = 2  # of a PC
LANE_BYTES_PER_S = {3: 0.985e9, 4: 1.969e9, 5: 3.938e9, 6: 7.563e9}  # after the link's own coding


def _memory_kit(match: re.Match[str], draft: Draft) -> str | None:
    before, kind, rate, after, behind, bits = match.groups()
    transfers = number(rate) * 1e6
    said = before or after or behind
    if bits:
        bandwidth, width = transfers * int(bits) / 8, f"{int(bits) // 8} B"
    else:
        channels = how_many(said) if said else USUAL_CHANNELS
        bandwidth = transfers * CHANNEL_BYTES * channels
        width = f"{CHANNEL_BYTES} B x {channels} channel{'s' if channels > 1 else ''}"
        if not said:
            draft.notes.append(
                f"{match[0]} does not say how many channels; {USUAL_CHANNELS} were assumed, as "
                "PCs have."
            )
    name = f"{kind.upper()}-{rate}"
    formula = f"{transfers / 1e6:,.0f} MT/s x {width}"
    draft.devices.append(make_device(name, "cpu", bandwidth, source=formula))
    return f"{formula} = {scaled(bandwidth, 'B/s')} at most"


def _bandwidth(match: re.Match[str], draft: Draft) -> str | None:
    value = number(match[1]) * {"m": 1e6, "g": 1e9, "t": 1e12}[match[2][0]]
    words = match[3] or ""
    if any(word in words for word in ("ssd", "nvme", "disk", "drive", "hdd")):
        draft.say("disk_bytes_per_s", value)
        return f"storage that reads {scaled(value, 'B/s')}"
    if any(word in words for word in ("line", "link", "connection", "internet", "download")) or (
        draft.fields.get("is_download") and not words
    ):
        draft.say("link_bits_per_s", 8 * value)
        return f"a line of {scaled(8 * value, 'bit/s')}"
    draft.devices.append(make_device(f"memory of {scaled(value, 'B/s')}", "cpu", value))
    return f"memory that delivers {scaled(value, 'B/s')}"


def _pci_express(match: re.Match[str], draft: Draft) -> str | None:
    generation, lanes = int(match[1]), int(match[2] or 16)
    draft.link = LANE_BYTES_PER_S[generation] * lanes
    return f"a link of {scaled(draft.link, 'B/s')} each way"


def name_rules() -> tuple[Rule, ...]:
    """Return the rules that must come first: names hold numbers that mean nothing by themselves."""
    names = one_of(name.lower() for row in gpus() for name in (row.name, *row.also))
    count = rf"(?:{COUNT_WORD}(?: ?x)? )?"
    return (
        (whole(rf"{count}({names})s?(?: ?x ?(\d{{1,2}}))?"), _gpu),
        (
            whole(
                rf"(?:{COUNT_WORD}[- ]?(?:channels?|x)(?: of)? )?((?:lp)?ddr[345]x?)[ -]?"
                rf"(\d{{3,5}})(?: ?mt/s| ?mhz)?(?: ?x ?(\d{{1,2}}))?"
                rf"(?:,? \(?{COUNT_WORD}[- ]channels?\)?)?(?:,? \(?(\d{{2,4}})[ -]bit\)?)?"
            ),
            _memory_kit,
        ),
    )


def _gpu(match: re.Match[str], draft: Draft) -> str | None:
    row = find_gpu(match[2])
    if row is None:
        return None
    num = how_many(match[1] or match[3] or "1")
    flops = row.flops_f16()
    device = make_device(
        row.name,
        "gpu",
        row.bandwidth_gb_s * 1e9,
        flops_f16=flops.value if flops else None,
        memory_bytes=row.memory_bytes,
        shares_memory=row.shares_memory,
        source=row.source,
    )
    draft.devices += [device] * num
    times = f"{num} x " if num > 1 else ""
    return f"{times}{row.name}: {scaled(device.bandwidth, 'B/s')}, {num_bytes(row.memory_bytes)}"


RULES: tuple[Rule, ...] = (
    (
        whole(
            rf"{NUMBER} ?(mb|gb|tb)/s(?:ec)?((?: of)?(?: memory| ram| bandwidth| ssd| nvme| disk| "
            r"drive| hdd| line| link| connection| internet| download)*)"
        ),
        _bandwidth,
    ),
    (whole(r"pcie ?(?:gen ?)?([3456])(?:\.0)?(?: ?x ?(1|2|4|8|16))?"), _pci_express),
)
