"""What to type after a plan."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from hearth.machine.profile import MachineProfile
from hearth.plan.choose.offer import Offer
from hearth.plan.choose.subject import Subject


def next_steps(
    subject: Subject, profile: MachineProfile, best: Offer, *, is_here: bool
) -> Iterator[str]:
    """Yield the commands that follow from a plan, the most useful first.

    Args:
        subject: The model.
        profile: The machine.
        best: What was chosen.
        is_here: The machine is the one that this program runs on.
    """
    name = shlex.quote(subject.name)
    on = "" if is_here else f" --on {shlex.quote(profile.name)}"
    if not best.fits:
        yield f"hearth advise --model {name}{on}"
        yield f"hearth can-run{on}"
        return
    if is_here and best.speeds is None:
        yield "hearth machine measure"
    if not is_here:
        yield f"hearth advise --model {name}{on}"
    elif subject.place == "here":
        yield f"hearth load {name}{load_options(best)}"
        yield f"hearth try {name}"
    elif subject.place == "remote":
        yield f"hearth try {name}"
        yield f"hearth pull {name}"
    else:
        yield f"hearth models search {name}"


def load_options(best: Offer) -> str:
    """Return the options of `hearth load` that ask for what was chosen."""
    settings = best.settings
    words = f" --context {settings.context}"
    if settings.kv_type != "f16":
        words += f" --kv-type {settings.kv_type}"
    if settings.users > 1:
        words += f" --sequences {settings.users}"
    if best.split.kind == "layers":
        words += f" --gpu-layers {best.split.gpu_layers}"
    return words
