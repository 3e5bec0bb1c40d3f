"""Plan by the words that people type: a model's name, a machine's name, wishes."""

from __future__ import annotations

from hearth.config import Config
from hearth.machine.keep import find_machine
from hearth.plan.choose.find import find_subject
from hearth.plan.choose.plan import ModelPlan
from hearth.plan.choose.planning import plan_model
from hearth.plan.choose.wishes import Wishes


def plan_by_name(
    config: Config,
    model: str,
    wishes: Wishes | None = None,
    *,
    machine: str | None = None,
    is_trusted: bool = True,
) -> ModelPlan:
    """Plan a model on a machine, both by name.

    Args:
        config: Says where models and machines are kept.
        model: A name of the library, a path, a reference, or a well-known model.
        wishes: What is asked for.
        machine: None for this machine; else as `hearth machine` names or describes it.
        is_trusted: False for requests over the network: they may name neither paths nor servers.
    """
    subject = find_subject(config, model, is_trusted=is_trusted)
    profile = find_machine(config, machine)
    return plan_model(subject, profile, wishes)
