"""The seccomp program itself, run by a few lines of BPF interpreter for both architectures."""

import errno
import struct

import pytest

from hearth.engine.confine import bpf
from hearth.engine.confine.seccomp import ARCHITECTURES, build_filter, refused_calls

PID = 4242
EPERM, ENOSYS = bpf.answer(errno.EPERM), bpf.answer(errno.ENOSYS)


def verdict(program: bytes, audit_code: int, number: int, *arguments: int) -> int:
    """Run the filter over one system call, as the kernel does."""
    padded = (*arguments, *[0] * (6 - len(arguments)))
    data = struct.pack("=IIQ6Q", number, audit_code, 0, *padded)
    instructions = list(struct.iter_unpack("=HBBI", program))
    accumulator, position = 0, 0
    while True:
        code, if_true, if_false, k = instructions[position]
        position += 1
        match code:
            case bpf.LOAD:
                (accumulator,) = struct.unpack_from("=I", data, k)
            case bpf.AND:
                accumulator &= k
            case bpf.JUMP_IF_EQUAL:
                position += if_true if accumulator == k else if_false
            case bpf.JUMP_IF_GREATER:
                position += if_true if accumulator > k else if_false
            case bpf.RETURN:
                return k
            case _:
                pytest.fail(f"unknown instruction {code:#x}")


@pytest.fixture(params=sorted(ARCHITECTURES))
def machine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_the_program_is_within_the_kernels_limit(machine: str) -> None:
    assert len(build_filter(machine, PID)) // 8 < 4096


def test_foreign_conventions_are_refused(machine: str) -> None:
    program, code = build_filter(machine, PID), ARCHITECTURES[machine].audit_code
    assert verdict(program, 0x40000003, 3) == bpf.KILL_PROCESS  # 32-bit x86
    assert verdict(program, code, 0x40000000) == EPERM  # x32
    assert verdict(program, code, 0xFFFFFFFF) == EPERM


def test_listed_calls_are_refused_newer_ones_unknown_and_the_rest_pass(machine: str) -> None:
    program, numbers = build_filter(machine, PID), ARCHITECTURES[machine]
    special = {numbers.clone, numbers.ioctl, numbers.kill, numbers.tgkill, numbers.prlimit64}
    refused = set(refused_calls(machine))
    assert not refused & special
    for number in range(700):
        if number in special:
            continue
        expected = EPERM if number in refused else bpf.ALLOW
        expected = ENOSYS if number == 435 or number > 462 else expected
        assert verdict(program, numbers.audit_code, number) == expected, number


def test_arguments_decide_over_threads_signals_limits_and_terminals(machine: str) -> None:
    program, numbers = build_filter(machine, PID), ARCHITECTURES[machine]

    def call(number: int, *arguments: int) -> int:
        return verdict(program, numbers.audit_code, number, *arguments)

    assert call(numbers.clone, 0x3D0F00) == bpf.ALLOW  # what pthread_create passes
    assert call(numbers.clone, 17) == EPERM  # fork
    assert call(numbers.kill, PID, 9) == bpf.ALLOW
    assert call(numbers.kill, 1, 9) == EPERM
    assert call(numbers.kill, 0xFFFFFFFF, 9) == EPERM  # everybody
    assert call(numbers.kill, 0, 9) == EPERM  # the whole process group
    assert call(numbers.tgkill, PID, PID + 1, 6) == bpf.ALLOW
    assert call(numbers.tgkill, 1, 1, 6) == EPERM
    assert call(numbers.prlimit64, 0) == bpf.ALLOW
    assert call(numbers.prlimit64, 1) == EPERM
    assert call(numbers.ioctl, 0, 0x5401) == bpf.ALLOW  # is it a terminal?
    assert call(numbers.ioctl, 0, 0x5412) == EPERM
