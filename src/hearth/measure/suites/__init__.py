"""A user's own regression suites: folders of YAML cases, run per model, compared case by case.

    # kitchen.yaml
    system: You are a kitchen helper. Answer briefly.      (may be left out)
    cases:
      - name: boiling
        prompt: At how many degrees Celsius does water boil? A number only.
        checks:
          - number: 100
        good: "100"

`checks` are those of `hearth.measure.checks`; `good` is an answer that passes them, because a check
that was never seen to pass is none. Two models, or one before and after a change, are compared by
the cases on which they differ.
"""

from hearth.measure.suites.changes import compare_records, replay_change
from hearth.measure.suites.comparing import Change, compare
from hearth.measure.suites.measuring import bench_suite, measure_suite, replay
from hearth.measure.suites.reading import Suite, read_suite
from hearth.measure.suites.scoring import SuiteScores, score

__all__ = [
    "Change",
    "Suite",
    "SuiteScores",
    "bench_suite",
    "compare",
    "compare_records",
    "measure_suite",
    "read_suite",
    "replay",
    "replay_change",
    "score",
]
