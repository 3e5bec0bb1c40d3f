"""Plan by the words that people type: a model's name, a machine's name, wishes."""

from __future__ import annotations

from hearth.config import Config
from hearth.machine.describe import describe_machine
from hearth.machine.keep import find_machine, imported_names
from hearth.machine.profile import MachineProfile
from hearth.plan.choose.can_run import CanRun, can_run
from hearth.plan.choose.find import find_subject
from hearth.plan.choose.learned import learned
from hearth.plan.choose.plan import ModelPlan
from hearth.plan.choose.planning import plan_model
from hearth.plan.choose.wishes import Wishes
from hearth.plan.corrections import corrections


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

    Raises:
        ModelNotFound: Nothing has the model's name.
        BadModelFile: The model is no GGUF, is damaged, or cannot write text.
        InvalidRequest: A wish or the machine cannot be understood, or is out of range.
        SourceError: A server failed.
    """
    profile = machine_by_name(config, machine, is_trusted=is_trusted)
    subject = find_subject(config, model, is_trusted=is_trusted)
    history = learned(config, profile)
    corrected = corrections(history, quantization=subject.quantization, identity=subject.identity)
    return plan_model(subject, profile, wishes, corrections=corrected, is_here=machine is None)


def can_run_by_name(
    config: Config,
    *,
    machine: str | None = None,
    context: int | None = None,
    min_speed: float | None = None,
    is_trusted: bool = True,
) -> CanRun:
    """Return what a machine can run; see `can_run`, and `plan_by_name` for the machine's name."""
    profile = machine_by_name(config, machine, is_trusted=is_trusted)
    learnt = corrections(learned(config, profile))
    return can_run(profile, context=context, min_speed=min_speed, corrections=learnt)


def machine_by_name(config: Config, text: str | None, *, is_trusted: bool = True) -> MachineProfile:
    """Return the machine that is meant; whoever is not trusted may not name files.

    Raises:
        InvalidRequest: It is no machine, or a file that may not be named.
    """
    if text is not None and not is_trusted and text not in imported_names(config):
        return describe_machine(text)
    return find_machine(config, text)
