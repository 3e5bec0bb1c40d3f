"""Does a model's language read like language? What can be counted of it.

Models that are too small, too much quantized or badly set repeat themselves: the same phrases, the
same sentence to the end of the context, the same answer whatever the seed. That can be counted
without a judge. Whether a text is pleasant cannot, and is left to people: `hearth arena`.

Texts by a person are measured beside the model's, so that a figure says more than "more" or "less".

Sources: Holtzman et al. 2019, "The Curious Case of Neural Text Degeneration",
https://arxiv.org/abs/1904.09751 (repetition); Li et al. 2015, https://arxiv.org/abs/1510.03055
(distinct n-grams); Covington and McFall 2010, "Cutting the Gordian Knot: The Moving-Average
Type-Token Ratio", https://doi.org/10.1080/09296171003643098.
"""

from hearth.measure.language.figures import loops, repetition, sameness, vocabulary
from hearth.measure.language.measuring import bench_language, measure_language, replay
from hearth.measure.language.prompts import LanguagePlan, read_prompts, read_texts
from hearth.measure.language.scoring import LanguageScores, Written, score, self_test

__all__ = [
    "LanguagePlan",
    "LanguageScores",
    "Written",
    "bench_language",
    "loops",
    "measure_language",
    "read_prompts",
    "read_texts",
    "repetition",
    "replay",
    "sameness",
    "score",
    "self_test",
    "vocabulary",
]
