"""Models and machines for plans: small numbers of bytes, round budgets."""

from __future__ import annotations

from hearth.machine.describe import describe_machine
from hearth.plan.choose.budget import budgets
from hearth.plan.choose.offer import Table
from hearth.plan.choose.published import published_subject
from hearth.plan.choose.subject import Subject, requantized


def model(name: str = "Llama-3.1-8B", quantization: str = "Q4_K_M") -> Subject:
    """Return a well-known model in a quantization."""
    return requantized(published_subject(name), quantization)


def table(machine: str, prompt_tokens: int = 512) -> Table:
    """Return a described machine as offers are made for it."""
    profile = describe_machine(machine)
    return Table(
        profile=profile, limits=budgets(profile), prompt_tokens=prompt_tokens, corrections={}
    )
