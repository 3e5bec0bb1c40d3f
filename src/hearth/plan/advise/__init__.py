"""What to buy for a model: upgrades of a machine, ranked by what they would do for its answers."""

from hearth.plan.advise.advice import Advice, Advised, advise, advise_by_name
from hearth.plan.advise.data import advice_data
from hearth.plan.advise.prices import Prices, parse_prices, read_prices
from hearth.plan.advise.upgrades import KINDS, Upgrade, UpgradeKind, upgrades

__all__ = [
    "KINDS",
    "Advice",
    "Advised",
    "Prices",
    "Upgrade",
    "UpgradeKind",
    "advice_data",
    "advise",
    "advise_by_name",
    "parse_prices",
    "read_prices",
    "upgrades",
]
