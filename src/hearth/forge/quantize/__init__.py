"""Store a model's weights in fewer bits: plan, carry out in a confined child, check, take in.

    plan = plan_quantize("starter", "Q4_0", config)     # what it would come to; nothing is written
    model = quantize("starter", "Q4_0", config, QuantizeOptions(allow_requantize=True))
    origin = origin_of(read_header(path))                # what a file that was made here came from
    for offer in offers("starter", config): ...          # every quantization, with its size

The child may read the model and write the new file, nothing else. What comes of it is checked
against the plan, loaded once, and moved into the library in one step.
"""

from hearth.forge.quantize.offers import Offer, offers
from hearth.forge.quantize.origin import Origin, origin_of
from hearth.forge.quantize.plan import QuantizeOptions, QuantizePlan, plan_quantize
from hearth.forge.quantize.run import QuantizedModel, quantize

__all__ = [
    "Offer",
    "Origin",
    "QuantizeOptions",
    "QuantizePlan",
    "QuantizedModel",
    "offers",
    "origin_of",
    "plan_quantize",
    "quantize",
]
