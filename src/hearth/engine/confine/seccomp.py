"""seccomp: a process gives up system calls, on all of its threads at once.

The filter names what is refused (`system_calls.toml`) and lets the rest pass, because what a
numeric library, a C library and Python need differs between their versions. Two rules close the
usual gap of such a list: a call newer than the list is answered as if the kernel did not have it,
and calls in the numbering of another architecture (32-bit, x32) are refused as a whole.

Refused calls fail with EPERM, so that the caller gets an error instead of dying. It cannot be
undone; new threads inherit it.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

from hearth.engine.confine import bpf
from hearth.engine.confine.kernel import forbid_new_privileges, is_linux, system_call
from hearth.engine.confine.layer import Layer

SET_MODE_FILTER = 1
FLAG_TSYNC = 1  # all threads of the process, or none

# The highest number that the list was checked against (mseal, Linux 6.10).
NEWEST_KNOWN_CALL = 462
CLONE3 = 435
CLONE_THREAD = 0x00010000
X32_BIT = 0x40000000

# Terminal controls that put keystrokes into somebody's shell.
TIOCSTI, TIOCLINUX = 0x5412, 0x541C

OPENING = "open-files"  # the group of calls that a process which still opens files needs

REFUSED = bpf.answer(errno.EPERM)
UNKNOWN = bpf.answer(errno.ENOSYS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """Numbers that differ between architectures."""

    audit_code: int  # AUDIT_ARCH_* of linux/audit.h
    seccomp: int
    clone: int
    ioctl: int
    kill: int
    tgkill: int
    prlimit64: int


ARCHITECTURES = {
    "x86_64": Architecture(
        audit_code=0xC000003E,
        seccomp=317,
        clone=56,
        ioctl=16,
        kill=62,
        tgkill=234,
        prlimit64=302,
    ),
    "aarch64": Architecture(
        audit_code=0xC00000B7,
        seccomp=277,
        clone=220,
        ioctl=29,
        kill=129,
        tgkill=131,
        prlimit64=261,
    ),
}


def restrict_system_calls(*, opens_files: bool = False) -> Layer:
    """Refuse files, sockets, programs and other processes to every thread of this process.

    Call it once the model is loaded and all modules are imported. Where the kernel or the
    architecture has no such filter nothing is changed, and the layer says so.

    Args:
        opens_files: Leave the opening of files to the other layer, which knows their names.
    """
    if not is_linux():
        return Layer(name="seccomp", active=False, detail=f"there is no seccomp on {sys.platform}")
    machine = os.uname().machine
    if machine not in ARCHITECTURES:
        known = ", ".join(ARCHITECTURES)
        detail = f"there is no list of system calls for {machine} (only for {known})"
        return Layer(name="seccomp", active=False, detail=detail)
    try:
        program = build_filter(machine, os.getpid(), opens_files=opens_files)
        _install(program, ARCHITECTURES[machine].seccomp)
    except OSError as error:
        return Layer(name="seccomp", active=False, detail=f"it could not be applied: {error}")
    files = "" if opens_files else "no opening of files, "
    detail = f"system calls: {files}no sockets, no programs, no other processes"
    return Layer(name="seccomp", active=True, detail=detail)


def build_filter(machine: str, pid: int, *, opens_files: bool = False) -> bytes:
    """Assemble the filter for an architecture and for the process with this id."""
    numbers = ARCHITECTURES[machine]
    return b"".join(
        (
            bpf.require_architecture(numbers.audit_code),
            # x32 calls carry this bit on x86_64; elsewhere no number is as high.
            bpf.refuse_above(X32_BIT - 1, REFUSED),
            # Without clone3, whose flags a filter cannot see, the C library falls back to clone.
            bpf.refuse(CLONE3, UNKNOWN),
            bpf.refuse_above(NEWEST_KNOWN_CALL, UNKNOWN),
            *(bpf.refuse(number, REFUSED) for number in refused_calls(machine, opens_files)),
            bpf.allow_only_with(
                numbers.clone,
                argument=0,
                mask=CLONE_THREAD,
                values=(CLONE_THREAD,),
                verdict=REFUSED,
            ),
            bpf.refuse_only_with(
                numbers.ioctl, argument=1, values=(TIOCSTI, TIOCLINUX), verdict=REFUSED
            ),
            bpf.allow_only_with(numbers.kill, argument=0, values=(pid,), verdict=REFUSED),
            bpf.allow_only_with(numbers.tgkill, argument=0, values=(pid,), verdict=REFUSED),
            bpf.allow_only_with(numbers.prlimit64, argument=0, values=(0, pid), verdict=REFUSED),
            bpf.instruction(bpf.RETURN, bpf.ALLOW),
        )
    )


def refused_calls(machine: str, opens_files: bool = False) -> list[int]:
    """Return the numbers of all calls that are refused whatever their arguments."""
    text = Path(__file__).with_name("system_calls.toml").read_text(encoding="utf-8")
    groups = tomllib.loads(text)
    return sorted(
        number
        for name, group in groups.items()
        if name != OPENING or not opens_files
        for where in ("all", machine)
        for number in group.get(where, {}).values()
    )


def _install(program: bytes, seccomp: int) -> None:
    """Hand the program to the kernel for all threads.

    Raises:
        OSError: The kernel has no seccomp, or a thread already runs under another filter.
    """
    code = ctypes.create_string_buffer(program, len(program))
    num_instructions = len(program) // 8
    pointer = struct.pack("@HP", num_instructions, ctypes.addressof(code))  # struct sock_fprog
    forbid_new_privileges()
    thread = system_call(
        seccomp, SET_MODE_FILTER, FLAG_TSYNC, ctypes.create_string_buffer(pointer, len(pointer))
    )
    if thread != 0:
        raise OSError(errno.EBUSY, f"thread {thread} runs under another filter")
