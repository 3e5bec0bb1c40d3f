"""A small assembler for seccomp filters: rules in, the kernel's bytecode out.

A filter is a program of classic BPF that the kernel runs at every system call over

    struct seccomp_data { int nr; u32 arch; u64 instruction_pointer; u64 args[6]; }

and whose result is the verdict. The programs made here are a straight line of small tests, each
followed by its verdict, so that no jump is longer than two instructions. The length costs nothing:
since Linux 5.11 the kernel remembers which calls are allowed whatever their arguments.

Source: https://docs.kernel.org/userspace-api/seccomp_filter.html (`linux/filter.h`).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

# BPF: load a 32-bit word, jump, and-with-constant, return.
LOAD = 0x20
JUMP_IF_EQUAL = 0x15
JUMP_IF_GREATER = 0x25
AND = 0x54
RETURN = 0x06

# Verdicts.
ALLOW = 0x7FFF0000
KILL_PROCESS = 0x80000000

# Offsets in seccomp_data. Only little-endian machines are supported, so the low word comes first.
NUMBER, ARCHITECTURE, ARGUMENTS = 0, 4, 16


def instruction(code: int, k: int, if_true: int = 0, if_false: int = 0) -> bytes:
    """Encode one instruction (`struct sock_filter`); jumps count the instructions to skip."""
    return struct.pack("=HBBI", code, if_true, if_false, k)


def answer(error_number: int) -> int:
    """Return the verdict that makes a call fail with this error number."""
    return 0x00050000 | error_number


def require_architecture(audit_code: int) -> bytes:
    """End the process that calls in another architecture's convention, then load the number."""
    return b"".join(
        (
            instruction(LOAD, ARCHITECTURE),
            instruction(JUMP_IF_EQUAL, audit_code, if_true=1),
            instruction(RETURN, KILL_PROCESS),
            instruction(LOAD, NUMBER),
        )
    )


def refuse(number: int, verdict: int) -> bytes:
    """Give one call this verdict."""
    return instruction(JUMP_IF_EQUAL, number, if_false=1) + instruction(RETURN, verdict)


def refuse_above(number: int, verdict: int) -> bytes:
    """Give every call with a higher number this verdict."""
    return instruction(JUMP_IF_GREATER, number, if_false=1) + instruction(RETURN, verdict)


def allow_only_with(
    number: int, *, argument: int, values: Iterable[int], verdict: int, mask: int = 0xFFFFFFFF
) -> bytes:
    """Allow one call where an argument's masked low word is one of `values`; else the verdict."""
    return _by_argument(number, argument, mask, values, found=ALLOW, otherwise=verdict)


def refuse_only_with(number: int, *, argument: int, values: Iterable[int], verdict: int) -> bytes:
    """Give one call the verdict where an argument's low word is one of `values`; else allow."""
    return _by_argument(number, argument, 0xFFFFFFFF, values, found=verdict, otherwise=ALLOW)


def _by_argument(
    number: int, argument: int, mask: int, values: Iterable[int], *, found: int, otherwise: int
) -> bytes:
    body = instruction(LOAD, ARGUMENTS + 8 * argument) + instruction(AND, mask)
    for value in values:
        body += refuse(value, found)
    body += instruction(RETURN, otherwise)
    skip = len(body) // len(instruction(RETURN, ALLOW))
    return instruction(JUMP_IF_EQUAL, number, if_false=skip) + body
