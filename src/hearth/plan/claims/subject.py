"""The model of a claim: at its smallest, from which bounds follow, and as it usually is.

"70B at Q4_K_M" may have two percent fewer weights than its label says and no more bits than its
smallest blocks; a bound must allow both. An estimate takes the label and a real file's bits. The
geometry of a model that is not named is borrowed from the known one nearest in size.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from hearth.plan.arithmetic import Step
from hearth.plan.claims.claim import Claim
from hearth.plan.known import KnownModel, like_known
from hearth.plan.quantizations import Quantization, quantization, smallest_bits
from hearth.plan.shape import ModelShape
from hearth.plan.units import count, num_bytes

USUAL_QUANTIZATION = "Q4_K_M"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A claim's model.

    Args:
        least: The shape that no file of this description goes below.
        usual: The shape of a usual file.
        quantization: As said; None where it was not.
        steps: How both came about.
    """

    known: KnownModel
    least: ModelShape
    usual: ModelShape
    quantization: Quantization | None
    usual_quantization: Quantization
    steps: tuple[Step, ...]

    @property
    def is_named(self) -> bool:
        """Whether the geometry is the model's own."""
        return self.known.assumed is None


def subject_of(claim: Claim, *, bits: Quantization | None = None) -> Subject | None:
    """Return the model of a claim, or None where not even its size was said.

    Args:
        claim: The claim.
        bits: A quantization that is known otherwise, such as the 16 bits that training needs.
    """
    known = _known(claim)
    if known is None:
        return None
    said = bits or claim.quantization
    least = said or smallest_bits()
    usual = said or quantization(USUAL_QUANTIZATION)
    smaller = _smaller(known, claim.rounding)
    return Subject(
        known=known,
        least=smaller.shape(least.least_bits),
        usual=known.shape(usual.usual_bits),
        quantization=said,
        usual_quantization=usual,
        steps=tuple(_steps(known, smaller, said, least, usual)),
    )


def _known(claim: Claim) -> KnownModel | None:
    if claim.model is not None:
        return claim.model
    if claim.num_parameters is None:
        return None
    return like_known(claim.num_parameters, claim.active_parameters)


def _smaller(known: KnownModel, rounding: float) -> KnownModel:
    less = known.num_parameters * (1 - rounding)
    if known.expert_weights is None:
        return replace(known, num_parameters=less)
    return replace(known, num_parameters=less, expert_weights=known.expert_weights * (1 - rounding))


def _steps(
    known: KnownModel,
    smaller: KnownModel,
    said: Quantization | None,
    least: Quantization,
    usual: Quantization,
) -> list[Step]:
    found = []
    if known.assumed:
        found.append(
            Step(
                what="weights, at the lower end of the rounded label",
                how=f"{count(known.num_parameters)} x "
                f"{smaller.num_parameters / known.num_parameters:.3g}",
                result=count(smaller.num_parameters),
            )
        )
        found.append(
            Step(what="geometry that was not said", how="", result=f"as of {known.assumed}")
        )
    else:
        found.append(
            Step(what="weights", how="", result=count(known.num_parameters), source=known.source)
        )
    if said is None:
        what = f"no quantization was said: the smallest there is is {least.name}"
        found.append(Step(what=what, how="", result=f"{least.least_bits:.4g} bits per weight"))
    found.append(
        Step(
            what="weights in the file, at least",
            how=f"{count(smaller.num_parameters)} x {least.least_bits:.4g} bits / 8",
            result=num_bytes(smaller.num_parameters * least.least_bits / 8),
            source=f"{least.name}: {_block_source(least)}",
        )
    )
    found.append(
        Step(
            what=f"weights in the file, usually at {usual.name}",
            how=f"{count(known.num_parameters)} x {usual.usual_bits:.4g} bits / 8",
            result=num_bytes(known.num_parameters * usual.usual_bits / 8),
            source=usual.source,
        )
    )
    return found


def _block_source(bits: Quantization) -> str:
    return bits.source if bits.least_bits == bits.usual_bits else "its smallest block"
