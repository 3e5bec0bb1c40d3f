"""A tuning that goes on: all entrants answer the same requests, then distances are measured.

Requests come round by round in random order, so that what disturbs the machine meets all alike. Of
each file the best layout stays (`layouts.py`), and its distance from the model as it was given is
measured.
"""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hearth.config import Config
from hearth.core import LoadOptions
from hearth.engine.cancelling import until_cancelled
from hearth.engine.scoring import ScoringSettings
from hearth.machine.probe import read_machine
from hearth.measure.evidence import Figure
from hearth.measure.perplexity import SampleText, distance_figures, measure_distance
from hearth.measure.quants.siblings import Sibling
from hearth.measure.quants.speeds import Taken, measure_speeds
from hearth.measure.speed.findings import figure_of
from hearth.measure.statistics import Ratio, median_interval, paired_ratio
from hearth.measure.tuning.choosing import Proposal, propose
from hearth.measure.tuning.entrants import Entrant, entrants_of
from hearth.measure.tuning.layouts import by_speed, fastest_of, is_allowed
from hearth.measure.tuning.plan import TuningPlan
from hearth.measure.tuning.point import FIGURES, TuningPoint
from hearth.plan.layouts import SPLIT

STOPPED = "The tuning was stopped; models that were made for it are kept."
SHORTEST_CONTEXT = 2048  # room for the words by which the length of prompts is found

Progress = Callable[[int, int, str], None]


@dataclass(slots=True, kw_only=True)
class Trial:
    """A tuning that goes on: what is asked for, and what was found so far.

    Args:
        digests: SHA-256 of each file, by the name of its model.
    """

    plan: TuningPlan
    config: Config
    text: SampleText
    progress: Progress
    cancelled: threading.Event
    digests: Mapping[str, str]
    entrants: tuple[Entrant, ...] = ()
    speeds: Mapping[str, Taken] = field(default_factory=dict)
    held_all: bool = True
    distances: dict[str, dict[str, Figure]] = field(default_factory=dict)
    own_divergences: dict[str, Figure] = field(default_factory=dict)

    def run(self, siblings: Sequence[Sibling]) -> Proposal:
        """Measure speeds, then distances of what may be chosen; return the proposal."""
        self.entrants = entrants_of(siblings, read_machine(self.config).cpu.flags)
        steps = itertools.count()
        total = self.plan.rounds + 2 + len(siblings)
        self._measure_speeds(lambda doing: self.progress(next(steps), total, doing))
        contenders = []
        for sibling, step in zip(siblings, steps, strict=False):
            own = [one for one in self.entrants if one.sibling is sibling]
            best = self._best(own, _windows(self.progress, step, total, sibling.name))
            contenders.append(best)
        points = [self.point(one) for one in self.entrants]
        kept = {one.name for one in contenders}
        return propose(
            points,
            [one for one in points if one.name in kept],
            {name: self.gains(name) for name in kept},
            self.seconds,
            self.plan.limit,
        )

    @property
    def seconds(self) -> dict[str, list[float]]:
        """What each entrant took for each request."""
        return {name: taken.request_s for name, taken in self.speeds.items()}

    def gains(self, name: str) -> dict[str, Ratio]:
        """Return how many times as fast an entrant is as the model as it was given."""
        its, shipped = self.speeds[name], self.speeds[self.entrants[0].name]
        return {
            "prompt": paired_ratio(its.prompt_per_s, shipped.prompt_per_s),
            "decode": paired_ratio(its.decode_per_s, shipped.decode_per_s),
            "request": paired_ratio(shipped.request_s, its.request_s),
        }

    def point(self, entrant: Entrant) -> TuningPoint:
        """Return what was found of an entrant."""
        taken, sibling = self.speeds[entrant.name], entrant.sibling
        what = f"median of {len(taken.request_s)} requests"
        found: dict[str, Any] = {
            name: figure_of(median_interval(values), *_unit(name, what))
            for name, values in series_of(taken).items()
        }
        distance = self.distances.get(entrant.name)
        if entrant.is_shipped:
            distance = _no_distance()
        if distance is not None:
            found["distance"] = distance["divergence"]
            found["perplexity"] = distance["perplexity ratio"]
            found["same_top"] = distance["same top token"]
        return TuningPoint(
            name=entrant.name,
            model=sibling.name,
            quantization=sibling.info.quantization,
            layout=entrant.layout,
            digest=self.digests[sibling.name],
            size_bytes=sibling.info.file_bytes,
            is_shipped=entrant.is_shipped,
            is_made=sibling.is_made,
            remark=self._remark(entrant),
            **found,
        )

    def _measure_speeds(self, tell: Callable[[str], None]) -> None:
        plan = self.plan
        context = max(SHORTEST_CONTEXT, 2 * (plan.prompt_tokens + plan.answer_tokens))
        options = {
            one.name: LoadOptions(
                context=min(context, one.sibling.info.context_length),
                num_sequences=1,
                layout=one.layout,
                prefix_cache="off",  # every prompt shall be read, and every token computed
                speculation="off",
                padding="off",
                live_threads="off",  # one entrant's work would look like a crowd to the next
            )
            for one in self.entrants
        }
        paths = {one.name: one.sibling.path for one in self.entrants}
        work = measure_speeds(paths, plan, self.config, tell, options)
        self.speeds, self.held_all = asyncio.run(until_cancelled(work, self.cancelled, STOPPED))

    def _best(self, own: Sequence[Entrant], tell: Progress) -> Entrant:
        """Return a file's best layout that is allowed, with its distance measured."""
        shipped = self.entrants[0]
        for entrant in by_speed(own, self.seconds):
            if entrant.layout == SPLIT:
                found = self._distance(own[0], entrant, tell)
                self.own_divergences[entrant.name] = found["divergence"]
            if not is_allowed(entrant, self.own_divergences.get(entrant.name)):
                continue
            if own[0] is shipped and entrant.layout == SPLIT:
                self.distances[entrant.name] = found
            elif entrant is not shipped:
                self.distances[entrant.name] = self._distance(shipped, entrant, tell)
            return entrant
        raise AssertionError("layouts that hold the weights once are always allowed")

    def _distance(self, one: Entrant, other: Entrant, tell: Progress) -> dict[str, Figure]:
        def settings(entrant: Entrant) -> ScoringSettings:
            return ScoringSettings(context=self.plan.context, layout=entrant.layout)

        found = measure_distance(
            one.sibling.path,
            other.sibling.path,
            self.text.content,
            settings(one),
            self.config,
            candidate_settings=settings(other),
            max_tokens=self.plan.max_tokens,
            report=tell,
            cancelled=self.cancelled,
        )
        return distance_figures(found)

    def _remark(self, entrant: Entrant) -> str:
        own = self.own_divergences.get(entrant.name)
        if own is not None and not is_allowed(entrant, own):
            return f"{own.value:.2g} nats per token from itself in one layout"
        if entrant.is_shipped or entrant.name in self.distances:
            return ""
        layouts = [one for one in self.entrants if one.sibling is entrant.sibling]
        if entrant in fastest_of(layouts, self.seconds):
            return "not told apart from a simpler layout"
        return "slower than another layout"


def series_of(taken: Taken) -> dict[str, list[float]]:
    """Return what a model took, by figure."""
    return {
        "prompt": taken.prompt_per_s,
        "decode": taken.decode_per_s,
        "request": taken.request_s,
    }


def _unit(name: str, what: str) -> tuple[str, str, str]:
    unit, higher_is = FIGURES[name]
    return unit, what, higher_is


def _no_distance() -> dict[str, Figure]:
    how = "the model as it was given, by definition"
    return {
        "divergence": Figure(value=0.0, unit="nats", how=how, higher_is="worse"),
        "perplexity ratio": Figure(value=1.0, how=how, higher_is="worse"),
        "same top token": Figure(value=1.0, how=how, higher_is="better"),
    }


def _windows(progress: Progress, step: int, total: int, name: str) -> Progress:
    """Return what tells of windows as parts of one step."""

    def tell(done: int, count: int, _doing: str) -> None:
        window = f", window {done + 1:,} of {count:,}" if count else ""
        progress(step, total, f"Distance of {name}{window}")

    return tell
