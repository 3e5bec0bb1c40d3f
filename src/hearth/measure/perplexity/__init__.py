"""How well a model expects a text: perplexity, bits per byte, and the distance between two models.

texts.py       the text: a file of the user's, or what Hearth comes with
plan.py        what is measured, in which variants
windows.py     the text cut into windows, of which the second half is scored
scoring.py     every token's log p in each variant
distance.py    ... and, of two models side by side, how their distributions differ
figures.py     from tokens to figures with intervals
positions.py   perplexity against the position in the context
evidence.py    both as evidence, as jobs, and how to replay it
"""

from hearth.measure.perplexity.distance import Distance, measure_distance
from hearth.measure.perplexity.evidence import (
    bench_distance,
    bench_perplexity,
    distance_figures,
    replay_distance,
    replay_perplexity,
    take_distance,
    take_perplexity,
)
from hearth.measure.perplexity.plan import DistancePlan, PerplexityPlan, Side, Variant
from hearth.measure.perplexity.positions import Stretch, by_position
from hearth.measure.perplexity.scoring import Scored, measure_perplexity
from hearth.measure.perplexity.texts import SampleText, own_text, read_text

__all__ = [
    "Distance",
    "DistancePlan",
    "PerplexityPlan",
    "SampleText",
    "Scored",
    "Side",
    "Stretch",
    "Variant",
    "bench_distance",
    "bench_perplexity",
    "by_position",
    "distance_figures",
    "measure_distance",
    "measure_perplexity",
    "own_text",
    "read_text",
    "replay_distance",
    "replay_perplexity",
    "take_distance",
    "take_perplexity",
]
