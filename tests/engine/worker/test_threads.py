"""The thread governor against a simulated machine."""

from __future__ import annotations

from collections import Counter

import pytest

from hearth.engine.worker.threads import Kind, ThreadGovernor

ANSWERS = Kind.ANSWERS


class Machine:
    """Cores, some taken by other programs.

    Args:
        cores: Of this process.
        hogs: Programs that are always busy.
        loss: What a crowded barrier costs.
        steal: Part of each thread's time that goes to other machines.
        is_seen: Whether the system tells how much others take.
    """

    def __init__(
        self,
        cores: int,
        hogs: int = 0,
        *,
        loss: float = 3.0,
        steal: float = 0.0,
        is_seen: bool = False,
    ) -> None:
        self.num_cores, self.hogs, self.loss, self.steal = cores, hogs, loss, steal
        self.now_s = 0.0
        self.idle_s = 0.0  # how long nothing has been computed
        self.used = 0  # threads of the last step
        self.steps: Counter[int] = Counter()
        watch = self if is_seen else None
        self.governor = ThreadGovernor(cores, watch=watch, clock=lambda: self.now_s)

    def begin(self) -> None:
        """What hogs take here is always what they take now."""

    def cores(self) -> float:
        """Cores' time that hogs get: a half of each that they share with a thread."""
        if self.idle_s:
            return float(min(self.hogs, self.num_cores))
        shared = max(0, min(self.hogs, self.used + self.hogs - self.num_cores))
        return self.hogs - shared / 2

    def pause(self, seconds: float, *, hogs: int) -> None:
        """Compute nothing for a while, with so many hogs on the machine."""
        now, self.hogs, self.idle_s = self.hogs, hogs, seconds
        self.now_s += seconds
        self.governor.resume()
        self.hogs, self.idle_s = now, 0.0

    def run(self, seconds: float, *, num_tokens: int = 1, kind: Kind = ANSWERS) -> int:
        end_s = self.now_s + seconds
        tokens = 0
        while self.now_s < end_s:
            threads = self.governor.threads(num_tokens, kind)
            self.used = threads
            self.steps[threads] += 1
            crowded = threads + self.hogs > self.num_cores
            step_s = 0.02 / threads * (self.loss if crowded and threads > 1 else 1.0)
            share = (0.5 if crowded and threads > 1 else 1.0) - self.steal
            self.now_s += step_s
            tokens += num_tokens
            self.governor.note(num_tokens, kind, wall_s=step_s, cpu_s=share * threads * step_s)
        return tokens

    def threads(self, kind: Kind = ANSWERS) -> int:
        return self.governor.threads(1, kind)


def test_in_peace_the_plan_holds_and_nothing_is_tried() -> None:
    machine = Machine(cores=2)
    assert machine.run(10) == pytest.approx(1000, rel=0.01)
    assert machine.threads() == 2


def test_beside_a_busy_program_one_thread_is_found_to_be_faster() -> None:
    machine = Machine(cores=2, hogs=1)
    machine.run(1)
    assert machine.threads() == 1


def test_the_thread_comes_back_when_the_program_ends() -> None:
    machine = Machine(cores=2, hogs=1)
    machine.run(30)
    machine.hogs = 0
    machine.run(10)
    assert machine.threads() == 2


def test_trying_costs_little_while_the_machine_stays_busy() -> None:
    machine = Machine(cores=2, hogs=1)
    alone = 60 / 0.02
    assert machine.run(60) > 0.95 * alone


def test_where_the_second_thread_still_pays_it_stays() -> None:
    """A neighbour on the same hardware takes time from both threads; two are still faster."""
    machine = Machine(cores=2, steal=0.2)
    assert machine.run(60) > 0.97 * 60 / 0.01
    assert machine.threads() == 2


def test_prompts_and_answers_are_judged_apart() -> None:
    machine = Machine(cores=2, hogs=1)
    machine.run(1)
    machine.loss = 1.2
    machine.run(5, num_tokens=64, kind=Kind.PROMPTS)
    assert machine.threads() == 1
    assert machine.threads(Kind.PROMPTS) == 2


def test_one_core_is_never_left() -> None:
    machine = Machine(cores=1, hogs=5)
    machine.run(5)
    assert machine.threads() == 1


def test_a_neighbours_moment_is_no_crowd() -> None:
    """Shares that dip now and then lead to no trial: each costs more than it could find."""
    machine = Machine(cores=2)
    tried = set()
    for _ in range(50):
        machine.steal = 0.6
        machine.run(0.2)
        tried.add(machine.threads())
        machine.steal = 0.0
        machine.run(0.3)
        tried.add(machine.threads())
    assert tried == {2}


def test_who_is_seen_to_take_a_core_is_made_room_for_at_once() -> None:
    """The threads get three quarters of what they ask for, as they do in peace on some machines."""
    machine = Machine(cores=2, hogs=1, loss=2.6, steal=-0.25, is_seen=True)
    machine.run(0.5)
    assert machine.threads() == 1


def test_beside_a_seen_hog_nearly_all_steps_have_one_thread() -> None:
    machine = Machine(cores=2, hogs=1, is_seen=True)
    assert machine.run(60) > 0.97 * 60 / 0.02


def test_the_thread_comes_back_as_soon_as_the_hog_is_gone() -> None:
    machine = Machine(cores=2, hogs=1, is_seen=True)
    machine.run(60)
    machine.hogs = 0
    machine.run(0.5)
    assert machine.threads() == 2


def test_where_others_take_little_nothing_is_tried() -> None:
    """A server that sends text takes a tenth of a core."""
    machine = Machine(cores=2, is_seen=True)
    machine.cores = lambda: 0.1
    machine.run(30)
    assert set(machine.steps) == {2}


def test_of_many_cores_only_those_that_are_taken_are_given_up() -> None:
    machine = Machine(cores=8, hogs=2, is_seen=True)
    machine.run(30)
    assert machine.threads() == 6


def test_where_the_plan_is_fastest_a_seen_hog_costs_little() -> None:
    machine = Machine(cores=2, hogs=1, loss=1.0, is_seen=True)
    assert machine.run(60) > 0.97 * 60 / 0.01
    assert machine.threads() == 2


def test_what_others_did_meanwhile_is_no_reason_to_try() -> None:
    machine = Machine(cores=2, is_seen=True)
    for _ in range(20):
        machine.pause(5, hogs=2)
        machine.run(0.5)
    assert set(machine.steps) == {2}


def test_after_a_peaceful_pause_the_plan_holds_at_once() -> None:
    machine = Machine(cores=2, hogs=1, is_seen=True)
    machine.run(10)
    machine.hogs = 0
    machine.pause(5, hogs=0)
    assert machine.threads() == 2


def test_a_hog_that_was_there_before_a_pause_and_in_it_is_still_made_room_for() -> None:
    machine = Machine(cores=2, hogs=1, is_seen=True)
    machine.run(10)
    machine.pause(1, hogs=1)
    assert machine.threads() == 1


def test_a_trial_does_not_outlive_a_pause() -> None:
    machine = Machine(cores=2, hogs=1, loss=1.0, is_seen=True)
    while machine.threads() == 2:
        machine.run(0.001)
    machine.pause(1, hogs=1)
    assert machine.threads() == 2


def test_a_long_step_is_judged_by_itself() -> None:
    """Four chunks of a prompt on half the threads would keep a reader waiting for long."""
    governor = ThreadGovernor(2, watch=Machine(cores=2, hogs=1, is_seen=True), clock=lambda: 9.0)
    used = []
    for _ in range(3):
        used.append(governor.threads(512, Kind.PROMPTS))
        wall_s = 4.0 if used[-1] == 2 else 5.0
        governor.note(512, Kind.PROMPTS, wall_s=wall_s, cpu_s=6.0)
    assert used == [2, 1, 2]


@pytest.mark.parametrize(("kind", "tries"), [(Kind.PROMPTS, True), (Kind.BOTH, False)])
def test_answers_beside_a_prompt_wait_for_no_trial_that_a_neighbour_called_for(
    kind: Kind, *, tries: bool
) -> None:
    """Little processor time without anybody on our cores: a neighbour of the virtual machine."""
    machine = Machine(cores=2, steal=0.5, is_seen=True)
    machine.run(10, num_tokens=20, kind=kind)
    assert (machine.steps[1] > 0) is tries


def test_answers_beside_a_prompt_make_room_for_a_hog() -> None:
    machine = Machine(cores=2, hogs=1, is_seen=True)
    machine.run(10, num_tokens=20, kind=Kind.BOTH)
    assert machine.threads(Kind.BOTH) == 1
