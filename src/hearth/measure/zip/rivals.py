"""What compressors without a model make of the same bytes, to compare with."""

from __future__ import annotations

import lzma
import shutil
import subprocess
import zlib

ZSTD_S = 60.0


def rival_sizes(data: bytes) -> dict[str, int | None]:
    """Return the bytes that each compressor needs at its best setting; None where it is missing."""
    return {
        "zlib -9": len(zlib.compress(data, 9)),
        "xz -9e": len(lzma.compress(data, preset=9 | lzma.PRESET_EXTREME)),
        "zstd -19": _zstd(data),
    }


def _zstd(data: bytes) -> int | None:
    program = shutil.which("zstd")
    if program is None:
        return None
    try:
        done = subprocess.run(
            [program, "-19", "-c", "-q"], input=data, capture_output=True, timeout=ZSTD_S
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return len(done.stdout) if done.returncode == 0 else None
