"""The thread governor against a simulated machine."""

from __future__ import annotations

from hearth.engine.worker.threads import LONGEST_PAUSE_S, ThreadGovernor


class Machine:
    """Cores, some of them taken by other programs; time passes in steps."""

    def __init__(self, cores: int, hogs: int = 0) -> None:
        self.cores, self.hogs, self.now_s = cores, hogs, 0.0
        self.governor = ThreadGovernor(cores, clock=lambda: self.now_s)
        self.crowded_steps = 0

    def run(self, seconds: float, step_s: float = 0.02) -> None:
        end_s = self.now_s + seconds
        while self.now_s < end_s:
            threads = self.governor.threads
            busy = threads + self.hogs
            crowded = busy > self.cores
            self.crowded_steps += crowded
            # A thread that shares its core with another program gets half of it.
            share = 1.0 - 0.5 * min(1.0, (busy - self.cores) / threads) if crowded else 1.0
            self.now_s += step_s
            self.governor.note(cpu_s=share * threads * step_s, wall_s=step_s)


def test_in_peace_all_threads_compute() -> None:
    machine = Machine(cores=2)
    machine.run(10)
    assert machine.governor.threads == 2


def test_a_busy_program_takes_a_thread_within_a_second() -> None:
    machine = Machine(cores=2, hogs=1)
    machine.run(1)
    assert machine.governor.threads == 1


def test_the_thread_comes_back_when_the_program_ends() -> None:
    machine = Machine(cores=2, hogs=1)
    machine.run(30)
    machine.hogs = 0
    machine.run(LONGEST_PAUSE_S + 1)
    assert machine.governor.threads == 2


def test_trying_again_costs_little_while_the_machine_stays_busy() -> None:
    machine = Machine(cores=2, hogs=1)
    machine.run(120)
    assert machine.crowded_steps * 0.02 < 0.05 * 120


def test_one_core_is_never_left() -> None:
    machine = Machine(cores=1, hogs=5)
    machine.run(5)
    assert machine.governor.threads == 1


def test_the_server_beside_the_engine_is_no_reason() -> None:
    governor = ThreadGovernor(2, clock=lambda: 0.0)
    for _ in range(100):
        governor.note(cpu_s=0.92 * 2 * 0.02, wall_s=0.02)
    assert governor.threads == 2
