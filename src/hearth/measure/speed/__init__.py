"""How fast a model answers: measured at the one who asks, whatever it is that answers.

target.py     what is measured: something that answers a prompt, piece by piece
targets/      models of this machine, and servers of three dialects
plan.py       what is asked, and how often
prompts.py    words of a wanted number of tokens, that no cache has seen
alone.py      one request at a time
loads.py      many at once: closed and open loop
sustained.py  minutes of it: what heat does
bounds.py     the roofline beside it; energy.py the joules
compare.py    two targets in turn, with a verdict
replay.py     the same again, from a record
benching.py   as a job
"""

from hearth.measure.speed.benching import bench_compare, bench_speed
from hearth.measure.speed.bounds import BOUND
from hearth.measure.speed.commands import bench_command
from hearth.measure.speed.compare import COMPARE, compare, ratios_of
from hearth.measure.speed.measure import SPEED, by_series, measure_speed
from hearth.measure.speed.plan import ComparePlan, SpeedPlan
from hearth.measure.speed.replay import plan_of, replay_compare, replay_speed
from hearth.measure.speed.running import run_compare, run_speed
from hearth.measure.speed.target import Request, Target, TargetFacts, TimedAnswer

__all__ = [
    "BOUND",
    "COMPARE",
    "SPEED",
    "ComparePlan",
    "Request",
    "SpeedPlan",
    "Target",
    "TargetFacts",
    "TimedAnswer",
    "bench_command",
    "bench_compare",
    "bench_speed",
    "by_series",
    "compare",
    "measure_speed",
    "plan_of",
    "ratios_of",
    "replay_compare",
    "replay_speed",
    "run_compare",
    "run_speed",
]
