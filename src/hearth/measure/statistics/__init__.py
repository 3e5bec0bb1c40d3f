"""Statistics that every measurement shares: intervals, paired comparisons, evidence that adds up.

interval.py     a figure with what it lies between
proportions.py  shares of yes and no (Wilson)
repeats.py      mean and median of few repeats
bootstrap.py    any other statistic, by resampling
signed_rank.py  Wilcoxon's test of paired differences, and the interval that belongs to it
ratios.py       how many times more one of two is, from pairs that were measured side by side
outcomes.py     two that answered the same questions, right or wrong (McNemar)
e_values.py     votes that may be looked at after each one

Each function is told its level and, where it draws at random, its seed. Nothing here knows what was
measured.
"""

from hearth.measure.statistics.bootstrap import bootstrap, bootstrap_ratio
from hearth.measure.statistics.e_values import e_value
from hearth.measure.statistics.interval import Interval
from hearth.measure.statistics.outcomes import Outcomes, mcnemar
from hearth.measure.statistics.proportions import wilson
from hearth.measure.statistics.ratios import Ratio, paired_ratio
from hearth.measure.statistics.repeats import mean_interval, median_interval
from hearth.measure.statistics.signed_rank import least_differences
from hearth.measure.statistics.verdict import Verdict

__all__ = [
    "Interval",
    "Outcomes",
    "Ratio",
    "Verdict",
    "bootstrap",
    "bootstrap_ratio",
    "e_value",
    "least_differences",
    "mcnemar",
    "mean_interval",
    "median_interval",
    "paired_ratio",
    "wilson",
]
