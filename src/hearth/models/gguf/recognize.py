"""Say what a file is that should be a model and is not.

People meet these by accident: a download that saved an error page, a Git LFS pointer in place of
the weights, a PyTorch checkpoint. None of them is opened here; the first bytes are enough.
"""

from __future__ import annotations

START_BYTES = 512

_NEEDS_GGUF = "Hearth runs GGUF files; look for a repository of this model with 'GGUF' in its name."
_DOWNLOAD_AGAIN = "Download the model again, and compare its size with the one that is announced."

# (first bytes, what the file is, what to do). Pickled formats can run code when they are loaded,
# so they are named and never opened.
_SIGNATURES: tuple[tuple[bytes, str, str], ...] = (
    (
        b"version https://git-lfs",
        "a Git LFS pointer, not the weights themselves",
        "Run `git lfs pull` in its repository, or download the file from the model's page.",
    ),
    (
        b"FUGG",
        "a byte-swapped (big-endian) GGUF, which is not supported",
        "Use the little-endian file of this model.",
    ),
    (
        b"PK\x03\x04",
        "a zip archive (PyTorch checkpoints are such), which is not opened",
        _NEEDS_GGUF,
    ),
    (b"\x80\x02", "a Python pickle, which can run code and is not opened", _NEEDS_GGUF),
    (b"\x80\x04", "a Python pickle, which can run code and is not opened", _NEEDS_GGUF),
    (b"\x80\x05", "a Python pickle, which can run code and is not opened", _NEEDS_GGUF),
    (b"\x89HDF", "an HDF5 file (Keras), which is not opened", _NEEDS_GGUF),
    (b"\x93NUMPY", "a NumPy array", _NEEDS_GGUF),
    (b"lmgg", "an old GGML file from before GGUF", _NEEDS_GGUF),
    (b"fmgg", "an old GGMF file from before GGUF", _NEEDS_GGUF),
    (b"tjgg", "an old GGJT file from before GGUF", _NEEDS_GGUF),
    (b"algg", "an old GGLA adapter from before GGUF", _NEEDS_GGUF),
    (b"\x1f\x8b", "a gzip archive", "Unpack it first."),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive", "Unpack it first."),
    (b"\xfd7zXZ", "an xz archive", "Unpack it first."),
)


def recognize(start: bytes, size_bytes: int) -> tuple[str, str]:
    """Return what a file without GGUF's magic seems to be, and what to do about it.

    Args:
        start: The first bytes of the file, `START_BYTES` are enough.
        size_bytes: Size of the whole file.
    """
    if size_bytes == 0:
        return "empty (0 bytes)", _DOWNLOAD_AGAIN
    for signature, what, cure in _SIGNATURES:
        if start.startswith(signature):
            return f"{what} ({size_bytes:,} bytes)", cure
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith((b"<!doctype", b"<html", b"<?xml", b"<head")):
        return f"a web page ({size_bytes:,} bytes), perhaps an error message", _DOWNLOAD_AGAIN
    if start[8:9] == b"{" and int.from_bytes(start[:8], "little") <= size_bytes:
        return "a safetensors file", _NEEDS_GGUF
    if text.startswith((b"{", b"[")):
        return f"JSON text ({size_bytes:,} bytes), perhaps an error message", _DOWNLOAD_AGAIN
    if size_bytes < 4:
        return f"only {size_bytes} bytes long", _DOWNLOAD_AGAIN
    return f"no GGUF file: it begins with {start[:4]!r} in place of b'GGUF'", _NEEDS_GGUF
