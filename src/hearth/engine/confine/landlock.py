"""Landlock: a process gives up all files but the few that it names.

A ruleset lists the rights that it handles; every handled right is refused except beneath the
paths to which a rule grants it. All rights that the running kernel knows are handled, so that a
right that is not granted is gone: writing, creating, removing, renaming, executing, device
controls, and since ABI 4 TCP bind and connect, since ABI 6 signals and abstract sockets to
processes outside. It binds the calling thread and whatever that thread starts later, which is why
it must come before the engine's own threads.

Source: https://docs.kernel.org/userspace-api/landlock.html (`linux/landlock.h`).
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import struct
import sys
import sysconfig
from collections.abc import Iterable, Sequence
from pathlib import Path

import hearth
from hearth.engine.confine.kernel import forbid_new_privileges, is_linux, system_call
from hearth.engine.confine.layer import Layer

# The same numbers on every architecture.
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
CREATE_RULESET_VERSION = 1
RULE_PATH_BENEATH = 1

WRITE_FILE = 1 << 1
READ_FILE = 1 << 2
READ_DIR = 1 << 3
TRUNCATE = 1 << 14  # since ABI 3; before it, whoever may open a file may empty it

# Highest bit of the file rights by ABI: 1 has bits 0 to 12, then refer, truncate, device ioctl.
NUM_FILE_RIGHTS_BY_ABI = ((5, 16), (3, 15), (2, 14), (1, 13))
NETWORK_RIGHTS = 0b11  # ABI 4: bind and connect of TCP
SCOPES = 0b11  # ABI 6: abstract UNIX sockets and signals stay inside

RUNTIME_FILES = (
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/dev/null",
    "/dev/urandom",
    "/proc/self",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/sys/devices/system/cpu",
    "/sys/devices/system/node",
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/usr/share/zoneinfo",
)


def restrict_files(readable: Sequence[Path], *, writable: Sequence[Path] = ()) -> Layer:
    """Allow this process to read the given files, the libraries, and no other file at all.

    Call it before any other thread is started. On a kernel without Landlock nothing is changed,
    and the layer says so.

    Args:
        readable: The model's files (or folders, with all that is beneath).
        writable: Files that are there already and may be emptied and written.
    """
    abi, reason = _probe()
    if abi == 0:
        return Layer(name="landlock", active=False, detail=reason)
    libraries = [path for path in runtime_paths() if os.path.exists(path)]
    try:
        _enforce(abi, [*readable, *libraries], writable)
    except OSError as error:
        return Layer(name="landlock", active=False, detail=f"it could not be applied: {error}")
    names = ", ".join(str(path) for path in readable) or "no model"
    written = ", ".join(str(path) for path in writable) or "nothing"
    detail = f"files: reads {names} and the libraries, writes {written} (ABI {abi})"
    return Layer(name="landlock", active=True, detail=detail)


def runtime_paths() -> tuple[Path, ...]:
    """Return what Python and native libraries may have to read while a model is loaded.

    Whole entries of `sys.path` are taken only where they are library folders: the current folder
    or a person's home can stand there too, and must not become readable.
    """
    libraries = {
        sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")
    }
    libraries |= {p for p in sys.path if Path(p).name in ("site-packages", "dist-packages")}
    libraries |= {str(Path(sys.base_prefix) / "lib"), str(Path(hearth.__file__).parent)}
    return tuple(Path(path) for path in (*sorted(libraries), *RUNTIME_FILES))


def _probe() -> tuple[int, str]:
    """Return Landlock's ABI version here; 0 with the reason where there is none."""
    if not is_linux():
        return 0, f"there is no Landlock on {sys.platform}"
    try:
        return system_call(CREATE_RULESET, None, 0, CREATE_RULESET_VERSION), ""
    except OSError as error:
        if error.errno == errno.EOPNOTSUPP:
            return 0, "Landlock is switched off in this kernel (boot with lsm=landlock,...)"
        if error.errno == errno.ENOSYS:
            return 0, "this kernel has no Landlock (it came with Linux 5.13)"
        return 0, f"the kernel refused to say: {error}"


def _enforce(abi: int, readable: Iterable[Path], writable: Iterable[Path]) -> None:
    """Bind the calling thread, and all that it starts later, to these paths."""
    ruleset = _create_ruleset(abi)
    writing = WRITE_FILE | (TRUNCATE if abi >= 3 else 0)
    try:
        for path in readable:
            _allow(ruleset, path)
        for path in writable:
            _allow(ruleset, path, writing)
        forbid_new_privileges()
        system_call(RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _create_ruleset(abi: int) -> int:
    """Open a ruleset that handles every right this ABI knows; returns its descriptor."""
    num_file_rights = next(count for since, count in NUM_FILE_RIGHTS_BY_ABI if abi >= since)
    fields = [(1 << num_file_rights) - 1]
    if abi >= 4:
        fields.append(NETWORK_RIGHTS)
    if abi >= 6:
        fields.append(SCOPES)
    attributes = struct.pack(f"={len(fields)}Q", *fields)
    buffer = ctypes.create_string_buffer(attributes, len(attributes))
    return system_call(CREATE_RULESET, buffer, len(attributes), 0)


def _allow(ruleset: int, path: Path, more: int = 0) -> None:
    """Grant reading of one file, or of a folder and all that is beneath it, and what more."""
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        rights = READ_FILE | more | (READ_DIR if is_folder else 0)
        attributes = struct.pack("=Qi", rights, descriptor)  # packed, as the header declares it
        buffer = ctypes.create_string_buffer(attributes, len(attributes))
        system_call(ADD_RULE, ruleset, RULE_PATH_BENEATH, buffer, 0)
    finally:
        os.close(descriptor)
