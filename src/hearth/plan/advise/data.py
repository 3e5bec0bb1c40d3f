"""Advice as plain data, for JSON."""

from __future__ import annotations

from typing import Any

from hearth.plan.advise.advice import Advice
from hearth.plan.choose.data import offer_data


def advice_data(found: Advice) -> dict[str, Any]:
    """Return advice as plain data."""
    return {
        "model": found.model,
        "machine": found.machine,
        "now": offer_data(found.now) | {"fits": found.now.fits},
        "upgrades": [
            {
                "kind": row.kind,
                "name": row.name,
                "fits": row.offer.fits,
                "gain": row.gain,
                "lifts": row.lifts,
                "next_limit": row.next_limit,
                "price": row.price,
                **offer_data(row.offer),
            }
            for row in found.rows
        ],
        "would_not_help": list(found.useless),
        "not_weighed": list(found.unknown),
        "budget": found.budget,
        "over_budget": found.over_budget,
        "currency": found.currency if found.has_prices else None,
    }
