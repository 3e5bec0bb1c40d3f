"""What the arena makes of simulated voters: coverage of its intervals, and what top-two gains.

    python benchmarks/arena_simulation.py [--people 1000]

The voters are those of `tests/support/voting.py`; their strengths differ by 104 Elo (standard
deviation).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from hearth.measure.arena.ratings import rate
from hearth.measure.arena.tallies import pairs_of
from hearth.measure.statistics.interval import normal_quantile
from support.voting import LOGITS_PER_ELO, at_random, by_top_two, strengths, vote

SIZES = ((3, 20), (5, 20), (5, 50), (8, 50), (5, 100), (5, 200))
RACES = ((8, 50), (8, 100), (4, 50))


def coverage(people: int, contestants: int, num_votes: int) -> tuple[float, float, float]:
    """Return how often 95 % intervals hold, their median width, and the error, both in Elo."""
    random = np.random.default_rng(0)
    truth = strengths(random, people, contestants)
    found = rate(vote(random, truth, num_votes), contestants)
    errors, deviations = [], []
    for first, second in pairs_of(contestants):
        mean, deviation = found.difference(first, second)
        errors.append(mean - (truth[:, first] - truth[:, second]))
        deviations.append(deviation)
    half = normal_quantile(0.95) * np.array(deviations)
    holds = float(np.mean(np.abs(errors) <= half))
    width = float(np.median(2 * half)) / LOGITS_PER_ELO
    return holds, width, float(np.sqrt(np.mean(np.square(errors)))) / LOGITS_PER_ELO


def race(people: int, contestants: int, num_votes: int) -> list[tuple[float, float]]:
    """Return for random pairs and for top-two how often the first is best, and the regret."""
    found = []
    for choose in (at_random, by_top_two):
        random = np.random.default_rng(9)
        truth = strengths(random, people, contestants)
        first = rate(vote(random, truth, num_votes, choose), contestants).mean.argmax(axis=1)
        short = truth.max(axis=1) - truth[np.arange(people), first]
        is_best = float(np.mean(first == truth.argmax(axis=1)))
        found.append((is_best, float(short.mean()) / LOGITS_PER_ELO))
    return found


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1000)
    people = parser.parse_args().people
    print("| models / votes | 95 % intervals hold | median width, Elo | error, Elo |")
    print("| --- | ---: | ---: | ---: |")
    for contestants, num_votes in SIZES:
        holds, width, error = coverage(people, contestants, num_votes)
        print(f"| {contestants} / {num_votes} | {holds:.3f} | {width:.0f} | {error:.0f} |")
    print()
    print("| models / votes | random pairs: best found, regret | top-two: best found, regret |")
    print("| --- | ---: | ---: |")
    for contestants, num_votes in RACES:
        plain, top_two = race(people, contestants, num_votes)
        cells = " | ".join(f"{best:.2f}, {regret:.0f} Elo" for best, regret in (plain, top_two))
        print(f"| {contestants} / {num_votes} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
