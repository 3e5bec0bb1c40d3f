"""Statements about the model: its name, its size, how its weights and its cache are stored."""

from __future__ import annotations

import re

from hearth.errors import InvalidRequest
from hearth.plan.claims.draft import Draft
from hearth.plan.claims.patterns import NUMBER, Rule, half_unit, number, one_of, whole
from hearth.plan.known import KnownModel, known_models
from hearth.plan.memory import KV_TYPES
from hearth.plan.quantizations import quantization, quantizations
from hearth.plan.units import count, digits

# Labels are rounded: Llama 2 70B has 69.0 billion weights, StableLM 3B 2.8.
LEAST_ROUNDING = 0.02
MOST_ROUNDING = 0.10
_WEIGHTS = r"(b|bn|billion|t|trillion|m|million)"
_KV = r"(f16|fp16|f32|q8_0|q4_0|q8|q4|8-bit|4-bit)"
_KV_CACHE = r"(?:kv|k/v|key-value)(?:[ -](?:cache|type))?"
_PARAMETERS = r"(?: total)?(?:[ -](?:parameters?|params?|weights))?"
_KV_NAMES = {"fp16": "f16", "q8": "q8_0", "8-bit": "q8_0", "q4": "q4_0", "4-bit": "q4_0"}


def _named(match: re.Match[str], draft: Draft) -> str | None:
    model = _by_name()[_plain(match[0])]
    draft.say("model", model)
    draft.say("num_parameters", model.num_parameters)
    meaning = f"{model.name}: {count(model.num_parameters)} weights"
    if model.num_experts:
        draft.say("active_parameters", model.active_parameters)
        meaning += f", {count(model.active_parameters)} of them used for a token"
    return f"{meaning} ({model.source})"


def _experts_of(match: re.Match[str], draft: Draft) -> str | None:
    """Refuse `8x7B` without a name: how much the experts share cannot be told from it."""
    raise InvalidRequest(
        f"{match[0]!r} does not say how many weights there are: experts share attention.",
        hint="Name the model (Mixtral 8x7B), or both numbers, as in `47B-A13B`.",
    )


def _size_and_active(match: re.Match[str], draft: Draft) -> str | None:
    return _size(draft, match[1], match[2]) + ", " + _active(draft, match[3], match[4])


def _only_active(match: re.Match[str], draft: Draft) -> str | None:
    return _active(draft, match[1], match[2])


def _only_size(match: re.Match[str], draft: Draft) -> str | None:
    if "num_parameters" in draft.fields and "model" in draft.fields:
        return None
    return _size(draft, match[1], match[2])


def _size(draft: Draft, text: str, unit: str) -> str:
    value = number(text, unit)
    half = number(str(half_unit(text)), unit) / value
    rounding = min(max(half, LEAST_ROUNDING), MOST_ROUNDING)
    draft.say("num_parameters", value)
    draft.say("rounding", rounding)
    return f"{count(value)} weights, give or take {digits(100 * rounding)} %"


def _active(draft: Draft, text: str, unit: str) -> str:
    value = number(text, unit)
    draft.say("active_parameters", value)
    return f"{count(value)} weights used for a token"


def _quantization(match: re.Match[str], draft: Draft) -> str | None:
    found = quantization(match[0])
    draft.say("quantization", found)
    if found.least_bits == found.usual_bits:
        return f"{found.least_bits:.4g} bits per weight ({found.source})"
    return (
        f"at least {found.least_bits:.4g} bits per weight, usually "
        f"{found.usual_bits:.4g} ({found.source})"
    )


def _kv_type(match: re.Match[str], draft: Draft) -> str | None:
    said = next(group for group in match.groups() if group)
    name = _KV_NAMES.get(said, said)
    draft.say("kv_type", name)
    block, block_bytes = KV_TYPES[name]
    return f"keys and values at {digits(8 * block_bytes / block)} bits"


def _by_name() -> dict[str, KnownModel]:
    return {_plain(name): model for model in known_models() for name in model.names}


def _plain(name: str) -> str:
    return re.sub(r"[ -]", "", name)


def name_rules() -> tuple[Rule, ...]:
    """Return the rules that must come first: names hold numbers that mean nothing by themselves."""
    names = one_of(name for model in known_models() for name in model.names)
    return (
        # A distilled model is named after its teacher, and is another model.
        (whole(rf"(?:{names})(?![ -]?distill)"), _named),
        (whole(rf"{_KV}[ -]{_KV_CACHE}|{_KV_CACHE} ?(?:in|at|of|:|=)? ?{_KV}"), _kv_type),
    )


def size_rules() -> tuple[Rule, ...]:
    """Return the rules that must come last: sizes and quantizations are short."""
    names = one_of(name.lower() for name in quantizations())
    return (
        (whole(rf"\d+x{NUMBER} ?b"), _experts_of),
        (whole(rf"{NUMBER} ?{_WEIGHTS}{_PARAMETERS}[ -]*a{NUMBER} ?{_WEIGHTS}"), _size_and_active),
        (whole(rf"a?{NUMBER} ?{_WEIGHTS} (?:active|activated){_PARAMETERS}"), _only_active),
        (whole(rf"{NUMBER} ?{_WEIGHTS}{_PARAMETERS}"), _only_size),
        (
            whole(
                rf"{names}|(?:[234568]|16)[ -]bits?|\d+\.\d+[ -]bits?|"
                r"\d+(?:\.\d+)? ?(?:bpw|bits per weight)"
            ),
            _quantization,
        ),
    )
