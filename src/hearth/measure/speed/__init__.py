"""How fast a model answers: measured at the one who asks, whatever it is that answers."""

from hearth.measure.speed.plan import ComparePlan, SpeedPlan
from hearth.measure.speed.target import Request, Target, TargetFacts, TimedAnswer

__all__ = ["ComparePlan", "Request", "SpeedPlan", "Target", "TargetFacts", "TimedAnswer"]
