"""Measure Hearth side by side with the raw engine, with itself otherwise set, and with others.

    python benchmarks/run.py --list
    python benchmarks/run.py --only W1,W3 --models starter --out mine.jsonl
    python benchmarks/run.py --minutes 4 --out mine.jsonl      # goes on where it was stopped
    python benchmarks/run.py --page mine.jsonl > docs/benchmarks.md

Every block of samples is kept in the file at once. Nothing else should run meanwhile: samples that
are taken on a busy machine are kept and not counted (`workloads/gates.py`). Servers of others are
started by whoever compares; `--peer MODEL LABEL URL NAME` names one, and the model that it serves.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import httpx
import platformdirs

from workloads.cases import Case, Workload, peer
from workloads.gates import TOLERANCE, Gatekeeper
from workloads.limits import CannotMeasure
from workloads.models import model_file
from workloads.page import render, rows_of
from workloads.pairing import measure_block
from workloads.results import Conditions, Results
from workloads.sides import Setup, Side, side_of
from workloads.table import workloads
from workloads.texts import Texts

EXTRA_BLOCKS = 5  # tried besides, where some did not count


class Deadline:
    """The end of the time that a run has."""

    def __init__(self, minutes: float | None) -> None:
        self._at_s = None if minutes is None else time.monotonic() + 60 * minutes

    def has_come(self) -> bool:
        return self._at_s is not None and time.monotonic() >= self._at_s


class Run:
    """Measures what a file lacks."""

    def __init__(
        self,
        results: Results,
        folder: Path,
        deadline: Deadline,
        most_blocks: int | None,
        tolerance: float,
    ) -> None:
        self._results, self._folder, self._deadline = results, folder, deadline
        self._most_blocks = most_blocks
        self._keeper = Gatekeeper(tolerance)

    def tries(self, workload: Workload) -> bool:
        """Measure a workload; one that fails is told of, and takes nothing from the others."""
        try:
            self._measure(workload)
        except (RuntimeError, OSError, httpx.HTTPError) as error:
            print(f"{workload.number} {workload.model} failed: {error}", file=sys.stderr)
            return False
        return True

    def _measure(self, workload: Workload) -> None:
        missing = [case for case in workload.cases if self._lacks(workload, case)]
        if not missing or self._deadline.has_come():
            return
        model = model_file(workload.model, self._folder)
        with ExitStack() as stack:
            sides = [
                _opened(stack, setup, model, started=not workload.alone)
                for setup in (workload.subject, workload.baseline)
                if setup is not None
            ]
            for case in missing:
                try:
                    self._measure_case(workload, case, sides)
                except CannotMeasure as error:
                    print(f"{workload.number}, {case.name} left out: {error}", file=sys.stderr)

    def _measure_case(self, workload: Workload, case: Case, sides: Sequence[Side]) -> None:
        key = workload.key(case)
        if case.warm:
            for side in sides:
                case.measure(side, Texts(f"{key}/warm"))
        while self._lacks(workload, case) and not self._deadline.has_come():
            block = measure_block(
                key,
                case,
                len(self._results.of(key)),
                sides[0],
                sides[1] if len(sides) > 1 else None,
                self._keeper.look,
            )
            self._results.add(block)
            _tell(workload, case, self._results)

    def _lacks(self, workload: Workload, case: Case) -> bool:
        blocks = self._results.of(workload.key(case))
        wanted = min(case.blocks, self._most_blocks or case.blocks)
        counted = sum(block.counts for block in blocks)
        return counted < wanted and len(blocks) < wanted + EXTRA_BLOCKS


def _opened(stack: ExitStack, setup: Setup, model: Path, *, started: bool) -> Side:
    home = stack.enter_context(tempfile.TemporaryDirectory())
    side = side_of(setup, model, Path(home))
    stack.callback(side.stop)
    if started:
        side.start()
    return side


def _tell(workload: Workload, case: Case, results: Results) -> None:
    rows = [row for row in rows_of(results, [workload]) if row.case is case]
    blocks = results.of(workload.key(case))
    state = "counted" if blocks[-1].counts else "left out: the machine was busy"
    figure = ""
    if rows:
        shown = rows[0].ratio or rows[0].value
        figure = f": {shown.value:.3f} ({shown.low:.3f} to {shown.high:.3f})"
    name = f"{workload.number} {workload.model}, {case.name}"
    print(f"{name}, block {len(blocks)} {state}{figure}", file=sys.stderr, flush=True)


def chosen(args: argparse.Namespace) -> list[Workload]:
    """Return the workloads that were asked for, with the cases that were."""
    peers = [(model, peer(label, url, name, args.api_key)) for model, label, url, name in args.peer]
    only, models, cases = (
        [part for part in text.split(",") if part] for text in (args.only, args.models, args.cases)
    )
    found = []
    for workload in workloads(peers):
        if (only and workload.number not in only) or (models and workload.model not in models):
            continue
        kept = [each for each in workload.cases if not cases or any(c in each.name for c in cases)]
        found += [replace(workload, cases=tuple(kept))] if kept else []
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--list", action="store_true", help="show what there is to measure")
    parser.add_argument("--only", default="", help="workloads, such as W1,W6")
    parser.add_argument("--models", default="", help="models, such as starter,1b-Q4_0")
    parser.add_argument("--cases", default="", help="parts of the names of cases")
    parser.add_argument("--blocks", type=int, help="at most so many blocks of a case")
    parser.add_argument("--minutes", type=float, help="begin no block after so many")
    parser.add_argument(
        "--tolerance",
        type=float,
        default=TOLERANCE,
        help="how much slower than ever the machine may be before a sample, as a part of 1",
    )
    parser.add_argument("--out", type=Path, default=Path("benchmarks.jsonl"))
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path(platformdirs.user_cache_dir("hearth-benchmarks")),
        help="where model files are kept that are made",
    )
    parser.add_argument(
        "--peer",
        nargs=4,
        action="append",
        default=[],
        metavar=("MODEL", "LABEL", "URL", "NAME"),
        help="a server that serves one of the models",
    )
    parser.add_argument("--api-key", help="key of the peers")
    parser.add_argument("--page", nargs="*", type=Path, help="write the page of these files")
    args = parser.parse_args()
    found = chosen(args)
    if args.page is not None:
        sys.stdout.write(render([Results(path) for path in args.page], found))
    elif args.list:
        print("\n".join(each.key(case) for each in found for case in each.cases))
    else:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is stopped
        results = Results(args.out)
        results.begin(Conditions.here(args.tolerance))
        run = Run(results, args.folder, Deadline(args.minutes), args.blocks, args.tolerance)
        failed = [workload for workload in found if not run.tries(workload)]
        sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
