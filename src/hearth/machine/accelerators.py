"""Which accelerators show themselves here. Their presence is read; nothing is loaded or run."""

from __future__ import annotations

import glob
import os
import platform
import shutil
import sys
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

_LIBRARY_FOLDERS = (
    "usr/lib",
    "usr/lib64",
    "usr/lib/*-linux-gnu",
    "usr/local/lib",
    "usr/local/cuda*/lib64",
    "usr/lib/wsl/lib",
    "opt/rocm*/lib",
    "Windows/System32",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accelerator:
    """Signs of one kind of accelerator; None where there is no sign.

    Args:
        kind: "cuda", "rocm", "oneapi", "vulkan" or "metal".
        device: The file by which the hardware's driver shows it.
        runtime: The library that programs use.
        toolkit: The compiler that building the engine for it needs.
        toolkit_name: What to install when the compiler is missing.
        build_option: The option to build the engine with.
    """

    kind: str
    title: str
    device: str | None
    runtime: str | None
    toolkit: str | None
    toolkit_name: str
    build_option: str


def read_accelerators(root: Path = Path("/")) -> tuple[Accelerator, ...]:
    """Return the accelerators that show any sign here, the specific kinds first.

    Args:
        root: The file system to look through.
    """
    looked_for = look_for_accelerators(root)
    return tuple(each for each in looked_for if each.device or each.runtime or each.toolkit)


def look_for_accelerators(root: Path = Path("/")) -> tuple[Accelerator, ...]:
    """Return every kind of accelerator that this system could have, with or without signs of it.

    Args:
        root: The file system to look through.
    """
    text = resources.files("hearth.machine").joinpath("accelerators.toml").read_text("utf-8")
    found = [_look(row, root) for row in tomllib.loads(text)["accelerator"]]
    if sys.platform == "darwin" and platform.machine() == "arm64":
        found.append(_metal())
    return tuple(found)


def _look(row: dict[str, object], root: Path) -> Accelerator:
    runtime = _first(_libraries(root, row["runtime_library"]))
    toolkit = _command(row["toolkit_command"], root) or _first(_under(root, row["toolkit"]))
    is_meant = runtime or toolkit or not row.get("shares_device")
    return Accelerator(
        kind=str(row["kind"]),
        title=str(row["title"]),
        device=_first(_under(root, row["device"])) if is_meant else None,
        runtime=runtime,
        toolkit=toolkit,
        toolkit_name=str(row["toolkit_name"]),
        build_option=str(row["build"]),
    )


def _metal() -> Accelerator:
    # Every Mac with Apple's own processor has it, and the compiler that builds the engine does too.
    return Accelerator(
        kind="metal",
        title="Apple Metal",
        device=platform.machine(),
        runtime="/System/Library/Frameworks/Metal.framework",
        toolkit="/usr/bin/clang",
        toolkit_name="the command line tools (xcode-select --install)",
        build_option="-DGGML_METAL=on",
    )


def _under(root: Path, patterns: object) -> Iterable[str]:
    return (str(root / pattern.lstrip("/")) for pattern in _texts(patterns))


def _libraries(root: Path, names: object) -> Iterable[str]:
    for name in _texts(names):
        if name.startswith("/"):
            yield str(root / name.lstrip("/"))
        else:
            yield from (str(root / folder / name) for folder in _LIBRARY_FOLDERS)


def _first(patterns: Iterable[str]) -> str | None:
    return next((path for pattern in patterns for path in sorted(glob.glob(pattern))), None)


def _command(names: object, root: Path) -> str | None:
    folders = os.environ.get("PATH", os.defpath) if root == Path("/") else str(root / "usr/bin")
    return next(
        (path for name in _texts(names) if (path := shutil.which(name, path=folders))), None
    )


def _texts(value: object) -> list[str]:
    return [str(entry) for entry in value] if isinstance(value, list) else []
