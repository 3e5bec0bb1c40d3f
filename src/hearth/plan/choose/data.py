"""A plan as plain data, for JSON: what a person sees, in base units, without the arithmetic."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from hearth.plan.choose.offer import Offer
from hearth.plan.choose.plan import Alternative, ModelPlan
from hearth.plan.roofline import Speed


def plan_data(plan: ModelPlan) -> dict[str, Any]:
    """Return a plan as data: bytes, seconds, tokens per second."""
    return {
        "model": plan.model,
        "source": plan.source,
        "machine": plan.machine,
        "purpose": plan.wishes.purpose,
        "verdict": plan.verdict,
        "fits": plan.fits,
        **offer_data(plan.offer),
        "choices": {name: asdict(choice) for name, choice in plan.choices.items()},
        "alternatives": [_alternative(each) for each in plan.alternatives],
        "corrections": list(plan.corrections),
        "missing": plan.missing,
        "notes": list(plan.notes),
        "next": list(plan.next_steps),
    }


def offer_data(offer: Offer) -> dict[str, Any]:
    """Return settings, memory, speeds and quality of an offer."""
    split = offer.split
    return {
        "settings": asdict(offer.settings),
        "split": {
            "kind": split.kind,
            "gpu_layers": split.gpu_layers,
            "cpu_experts": split.cpu_experts,
            "cpu_cache": split.cpu_cache,
            "words": str(split),
        },
        "memory": {**offer.memory.parts(), "total": offer.memory.total_bytes},
        "devices": [_device(offer, number) for number in range(len(offer.devices))],
        "speeds": _speeds(offer),
        "perplexity_loss": offer.loss,
    }


def speed_data(speed: Speed) -> dict[str, Any]:
    """Return a speed in tokens per second, with what binds it."""
    return {
        "estimate": asdict(speed.estimate) if speed.estimate else None,
        "bound": speed.bound,
        "limit": speed.limit,
        "limit_share": speed.limit_share,
    }


def _device(offer: Offer, number: int) -> dict[str, Any]:
    share = offer.devices[number]
    return {
        "name": share.budget.name,
        "kind": share.budget.kind,
        "weights_bytes": share.weights_bytes,
        "kv_bytes": share.kv_bytes,
        "other_bytes": share.other_bytes,
        "total_bytes": share.total_bytes,
        "budget_bytes": share.budget.free_bytes,
        "budget_reason": share.budget.reason,
        "fits": share.fits,
    }


def _speeds(offer: Offer) -> dict[str, Any] | None:
    speeds = offer.speeds
    if speeds is None:
        return None
    first, load = speeds.first_token_s, speeds.load
    return {
        "prompt": speed_data(speeds.prompt),
        "first_token_s": asdict(first) if first else None,
        "decode": speed_data(speeds.decode),
        "load_cold_s": asdict(load.cold_s) if load.cold_s else None,
        "load_warm_s": asdict(load.warm_s) if load.warm_s else None,
    }


def _alternative(each: Alternative) -> dict[str, Any]:
    offer = each.offer
    return {
        "kind": each.kind,
        "what": each.what,
        "cost": each.cost,
        "fits": offer.fits,
        "settings": asdict(offer.settings),
        "total_bytes": offer.memory.total_bytes,
        "tokens_per_s": offer.decode,
        "perplexity_loss": offer.loss,
    }
