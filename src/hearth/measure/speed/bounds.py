"""What the machine's own figures allow a model here: the roofline beside what was measured."""

from __future__ import annotations

from dataclasses import dataclass

from hearth.config import Config
from hearth.errors import HearthError
from hearth.machine.keep import this_machine
from hearth.machine.profile import MachineProfile
from hearth.measure.evidence import Figure
from hearth.measure.speed.answers import DECODE, PROMPT
from hearth.measure.speed.findings import Findings
from hearth.measure.speed.loads import THROUGHPUT, closed_name
from hearth.measure.speed.target import TargetFacts
from hearth.plan.accuracy import basis_of
from hearth.plan.choose.find import find_subject
from hearth.plan.roofline import Speed
from hearth.plan.shape import ModelShape
from hearth.plan.speeds import Speeds, predict_speeds

BOUND = "bound"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Tells what no program can exceed on this machine with this model, at one token a step."""

    shape: ModelShape
    profile: MachineProfile
    kv_type: str
    gpu_layers: int | None

    def add(self, findings: Findings, series: str, prompt_tokens: int, depth: int) -> None:
        """Take in the bounds of a series of answers that were given one after the other."""
        speeds = self.speeds(prompt_tokens, depth, batch=1)
        answers = self.speeds(prompt_tokens, depth + prompt_tokens, batch=1)
        _add(findings, f"{series}: {PROMPT}", speeds.prompt)
        _add(findings, f"{series}: {DECODE}", answers.decode)

    def add_load(self, findings: Findings, num_clients: int, prompt_tokens: int) -> None:
        """Take in the bound of so many answers at once."""
        speeds = self.speeds(prompt_tokens, prompt_tokens, batch=num_clients)
        _add(findings, f"{closed_name(num_clients)}: {THROUGHPUT}", speeds.decode)

    def speeds(self, prompt_tokens: int, depth: int, batch: int) -> Speeds:
        """Return what is predicted for prompts, tokens before them, and answers at once.

        Raises:
            InvalidRequest: A device that has layers has no figures.
        """
        return predict_speeds(
            self.shape,
            self.profile,
            prompt_tokens=prompt_tokens,
            depth=depth,
            batch=batch,
            kv_type=self.kv_type,
            gpu_layers=self.gpu_layers,
        )


def find_bounds(config: Config, facts: TargetFacts, findings: Findings) -> Bounds | None:
    """Return the bounds of a target; where there are none, note why.

    Args:
        config: Says where this machine's figures are.
        facts: The target, ready.
        findings: Take the note.
    """
    if not facts.path:
        return None
    profile = this_machine(config)
    if not basis_of(profile):
        findings.note(
            "No bound is shown: this machine's limits are not measured; `hearth machine measure` "
            "does that."
        )
        return None
    try:
        shape = find_subject(config, facts.path).shape
        layers = facts.settings.get("gpu_layers")
        found = Bounds(
            shape=shape,
            profile=profile,
            kv_type=str(facts.settings.get("kv_type", "f16")),
            gpu_layers=None if layers is None else int(layers),
        )
        found.speeds(1, 0, batch=1)
    except HearthError as error:
        findings.note(f"No bound is shown: {error.message}")
        return None
    return found


def _add(findings: Findings, name: str, speed: Speed) -> None:
    if speed.bound is not None and name in findings.summary:
        findings.add(
            f"{name}, {BOUND}",
            Figure(
                value=speed.bound,
                unit="tokens/s",
                how=f"roofline: {speed.limit}",
                higher_is="",
            ),
        )
