"""Plan a model on a machine: search, say why, and say what else there is."""

from __future__ import annotations

from collections.abc import Iterator

from hearth.core import Choice
from hearth.errors import BadModelFile, InvalidRequest
from hearth.machine.profile import MachineProfile
from hearth.plan.choices import fills_blocks
from hearth.plan.choose.alternatives import alternatives
from hearth.plan.choose.budget import budgets
from hearth.plan.choose.next_steps import next_steps
from hearth.plan.choose.offer import Offer, Table
from hearth.plan.choose.plan import Alternative, ModelPlan, Verdict
from hearth.plan.choose.quality import weights_loss
from hearth.plan.choose.ranking import reason_words
from hearth.plan.choose.search import Found, search
from hearth.plan.choose.subject import Subject
from hearth.plan.choose.wishes import ANY, MEANINGS, Wishes, check_wishes
from hearth.plan.context import DEFAULT_CONTEXT
from hearth.plan.corrections import Corrections
from hearth.plan.flash import NO_FLASH_ATTENTION

NO_CORRECTIONS: Corrections = {}
NUM_WAYS_OUT = 3


def plan_model(
    subject: Subject,
    profile: MachineProfile,
    wishes: Wishes | None = None,
    *,
    corrections: Corrections = NO_CORRECTIONS,
    is_here: bool = False,
) -> ModelPlan:
    """Choose how a model should run on a machine.

    Args:
        subject: The model.
        profile: The machine.
        wishes: What is asked for.
        corrections: What predictions of this machine have been found to be off by.
        is_here: The machine is the one that this program runs on, for what to type next.

    Raises:
        BadModelFile: The model cannot write text.
        InvalidRequest: A wish is out of range, or impossible for this model.
    """
    wishes = wishes or Wishes()
    check_wishes(wishes)
    _check_model(subject, wishes)
    table = Table(
        profile=profile,
        limits=budgets(profile),
        prompt_tokens=wishes.prompt_tokens,
        corrections=corrections,
    )
    found = search(subject, table, wishes)
    best = found.best
    chosen = found.subjects[best.settings.quantization]
    listed = tuple(alternatives(chosen, best, table, wishes))
    verdict = _verdict(best)
    return ModelPlan(
        model=subject.name,
        source=subject.source,
        machine=profile.name,
        wishes=wishes,
        verdict=verdict,
        offer=best,
        choices=dict(_choices(subject, found, wishes)),
        alternatives=listed if verdict != "too large" else _ways_out(listed),
        limits=table.limits,
        corrections=tuple(f"{part.value}: {each}" for part, each in corrections.items()),
        missing=_missing(best, profile),
        notes=tuple(_notes(chosen, best, is_here=is_here)),
        next_steps=tuple(next_steps(subject, profile, best, is_here=is_here)),
    )


def _check_model(subject: Subject, wishes: Wishes) -> None:
    info = subject.info
    if info.cannot_chat:
        raise BadModelFile(
            f"{info.name} is {info.cannot_chat}, and cannot write text on its own.",
            hint="Choose a language model: `hearth models list`.",
        )
    if wishes.context is not None and wishes.context > info.context_length:
        raise InvalidRequest(
            f"A context of {wishes.context:,} tokens was asked for; {info.name} was trained for "
            f"{info.context_length:,}, and writes nonsense beyond.",
            hint=f"Use --context {info.context_length} or less.",
            param="context",
        )
    if wishes.kv_type is not None and not fills_blocks(info, wishes.kv_type):
        raise InvalidRequest(
            f"The heads of {info.name} have {info.key_length} and {info.value_length} numbers, "
            f"which do not fill the blocks of {wishes.kv_type}.",
            hint="Use --kv-type f16.",
            param="kv_type",
        )


def _verdict(best: Offer) -> Verdict:
    if not best.fits:
        return "too large"
    return "fits" if best.is_checked else "not known"


def _choices(subject: Subject, found: Found, wishes: Wishes) -> Iterator[tuple[str, Choice[str]]]:
    best = found.best
    settings = best.settings
    yield (
        "quantization",
        Choice(value=settings.quantization, reason=_quantization_reason(subject, found, wishes)),
    )
    yield (
        "context",
        Choice(value=f"{settings.context:,}", reason=_context_reason(subject, best, wishes)),
    )
    yield "keys and values", Choice(value=settings.kv_type, reason=_kv_reason(best, wishes))
    if not settings.flash_attention:
        yield "attention", Choice(value="full matrix", reason=_attention_reason(subject))
    yield "split", Choice(value=str(best.split), reason=_split_reason(best))
    if settings.users > 1:
        asked = "as asked" if wishes.users else f"taken for {MEANINGS[wishes.purpose]}"
        yield "at once", Choice(value=str(settings.users), reason=asked)


def _quantization_reason(subject: Subject, found: Found, wishes: Wishes) -> str:
    if wishes.quantization not in (None, ANY):
        return "as asked"
    if subject.is_file and wishes.quantization is None:
        return "as the file is; --quant any chooses one"
    if not found.fitting:
        return "none fits; this one takes least"
    return reason_words(found.best, wishes.purpose, len(found.fitting))


def _context_reason(subject: Subject, best: Offer, wishes: Wishes) -> str:
    trained = subject.info.context_length
    context = best.settings.context
    if wishes.context is not None:
        return "as asked"
    if context == trained:
        return "all that it was trained for"
    if not best.fits:
        return "the least that is planned for"
    if context == DEFAULT_CONTEXT and wishes.purpose != "long":
        return f"of {trained:,} that it was trained for"
    return f"of {trained:,}: the most that fits"


def _kv_reason(best: Offer, wishes: Wishes) -> str:
    if wishes.kv_type is not None:
        return "as asked"
    if best.settings.kv_type == "f16":
        return "as exact as needed"
    if not best.fits:
        return "the fewest bits that are planned for"
    return "more exact ones would not fit" if not best.devices[:-1] else "so that more fits a GPU"


def _attention_reason(subject: Subject) -> str:
    if subject.info.architecture in NO_FLASH_ATTENTION:
        return f"{subject.info.architecture} cannot be computed with flash attention"
    return f"faster for heads of {subject.info.key_length} numbers on a processor"


def _split_reason(best: Offer) -> str:
    match best.split.kind:
        case "processor":
            return "no GPU that is known has room" if best.devices[:-1] else "there is no GPU"
        case "gpu":
            return "all of it fits"
        case "experts":
            return "a token uses few experts, so that main memory is read little"
        case "cache":
            return "the weights fit, keys and values besides them do not"
        case "layers":
            return "as many as fit; the processor computes the others"


def _ways_out(listed: tuple[Alternative, ...]) -> tuple[Alternative, ...]:
    """Return the alternatives that fit, the best first."""
    fitting = [each for each in listed if each.offer.fits]
    fitting.sort(key=lambda each: (each.offer.loss or 0.0, -(each.offer.decode or 0.0)))
    return tuple(fitting[:NUM_WAYS_OUT])


def _missing(best: Offer, profile: MachineProfile) -> str | None:
    if best.speeds is not None:
        return None
    if profile.memory.bandwidth is None:
        return profile.memory.missing.get(
            "bandwidth_by_threads", "the machine's description does not name its memory"
        )
    return "a device that would be needed has no known bandwidth"


def _notes(subject: Subject, best: Offer, *, is_here: bool) -> Iterator[str]:
    loss = weights_loss(best.settings.quantization)
    if loss is not None and loss.perplexity > 0:
        yield f"quality is that of {loss.source}; smaller models lose more, larger ones less"
    elif loss is None:
        yield f"no published figure of what {best.settings.quantization} costs in quality is known"
    if not subject.info.exact_memory:
        yield f"{subject.info.architecture} keeps caches that have no formula here: it needs more"
    if is_here and best.split.gpu_layers:
        yield "`hearth doctor` says whether this engine was built for the GPU"
    if best.split.kind in ("experts", "cache"):
        yield "llama.cpp can divide a model so; `hearth load` places whole layers alone"
