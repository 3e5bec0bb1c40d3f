"""The kinds of evidence: what measures each as a job, and what measures a record of it again.

Measuring packages are imported when they are wanted: statistics and their libraries are slow to
come. Each kind is one line here, and a test holds every line against its package.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, get_type_hints

from hearth.config import Config
from hearth.errors import InvalidRequest
from hearth.measure.arguments import read_arguments
from hearth.measure.evidence import Draft, Progress, Record, Replays


@dataclass(frozen=True, slots=True)
class Kind:
    """Where a kind of evidence comes from.

    Args:
        package: Of `hearth.measure`.
        replay: Its function that measures a record again.
        bench: Its function that measures as a job; None: it takes more than plain data says.
    """

    package: str
    replay: str
    bench: str | None = None


KINDS: Mapping[str, Kind] = {
    "speed": Kind("speed", "replay_speed", "bench_speed"),
    "compare": Kind("speed", "replay_compare", "bench_compare"),
    "perplexity": Kind("perplexity", "replay_perplexity", "bench_perplexity"),
    "distance": Kind("perplexity", "replay_distance", "bench_distance"),
    "quants": Kind("quants", "replay_quants", "measure_quants"),
    "tuning": Kind("tuning", "replay_tuning", "measure_tuning"),
    "truth": Kind("truth", "replay_truth", "bench_truth"),
    "truth-difference": Kind("truth", "replay_difference"),
    "choices": Kind("choices", "replay_choices", "bench_choices"),
    "conversation": Kind("conversation", "replay", "bench_conversation"),
    "instruction": Kind("instruction", "replay", "bench_instruction"),
    "harm": Kind("harm", "replay", "bench_harm"),
    "language": Kind("language", "replay", "bench_language"),
    "suite": Kind("suites", "replay", "bench_suite"),
    "suite-change": Kind("suites", "replay_change"),
    "harness": Kind("harness", "replay", "bench_harness"),
    "arena": Kind("arena", "replay_board"),
}
BENCHES = tuple(name for name, kind in KINDS.items() if kind.bench)


class Bench(Protocol):
    """A measurement, ready to begin.

    It ends soon after `cancelled` is set, by raising RequestAborted.
    """

    def __call__(self, config: Config, progress: Progress, cancelled: threading.Event) -> Draft:
        """Measure."""


def bench_of(name: str, arguments: Mapping[str, Any]) -> Bench:
    """Return a measurement with its arguments.

    Args:
        name: One of `BENCHES`.
        arguments: Plain data; the first parameter of the package's function says which.

    Raises:
        InvalidRequest: There is no such measurement, or its arguments are wrong.
    """
    kind = KINDS.get(name)
    if kind is None or kind.bench is None:
        raise InvalidRequest(
            f"There is no measurement {name!r} that can be a job.",
            hint=f"There is {', '.join(BENCHES)}.",
            param="kind",
        )
    measure = _function(kind, kind.bench)
    wanted = next(iter(get_type_hints(measure).values()))
    return partial(measure, read_arguments(arguments, wanted))


def _replay(name: str, record: Record, config: Config, progress: Progress) -> Draft:
    kind = KINDS[name]
    found: Draft = _function(kind, kind.replay)(record, config, progress)
    return found


def _function(kind: Kind, name: str) -> Any:
    return getattr(importlib.import_module(f"hearth.measure.{kind.package}"), name)


REPLAYS: Replays = {name: partial(_replay, name) for name in KINDS}
