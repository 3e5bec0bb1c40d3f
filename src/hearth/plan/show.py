"""Numbers as people read them."""

from __future__ import annotations


def amount(num_bytes: int) -> str:
    """Write bytes in MiB or GiB."""
    mib = num_bytes / 2**20
    return f"{mib / 1024:.2f} GiB" if mib >= 1024 else f"{mib:.0f} MiB"
