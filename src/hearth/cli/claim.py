"""`hearth claim`: is it possible, plausible, or against the laws of physics?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hearth.cli import console, door
from hearth.cli.options import AsJson
from hearth.errors import InvalidRequest

if TYPE_CHECKING:
    from hearth.machine.profile import MachineProfile
    from hearth.plan.claims import Finding, Judgement, Reading

_COLOURS = {
    "impossible": "red",
    "implausible": "yellow",
    "undecided": "blue",
    "plausible": "green",
    "measured here": "bold green",
}
_PANEL = "The claim, piece by piece"


def _says(flag: str, what: str, metavar: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(
        flag, help=what, metavar=metavar, rich_help_panel=_PANEL
    )
    return option


Sentence = Annotated[
    list[str] | None,
    typer.Argument(metavar="[CLAIM]", help="What is claimed, as a sentence, best in quotes."),
]
Params = Annotated[str | None, _says("--params", "All weights.", "70B")]
Active = Annotated[str | None, _says("--active", "Weights used for one token.", "3B")]
Quant = Annotated[str | None, _says("--quant", "Quantization, or bits per weight.", "Q4_K_M")]
Context = Annotated[str | None, _says("--context", "Context in tokens.", "32k")]
Speed = Annotated[str | None, _says("--speed", "Answers, in tokens per second.", "50")]
PromptSpeed = Annotated[str | None, _says("--prompt-speed", "Prompts, likewise.", "1000")]
Memory = Annotated[str | None, _says("--memory", "Memory that is said to suffice.", "24GB")]
Machine = Annotated[
    str | None,
    _says("--machine", "A machine as `hearth machine` names or describes it.", "MACHINE"),
]
Here = Annotated[
    bool,
    typer.Option("--here", help="Take this machine, as measured.", rich_help_panel=_PANEL),
]
Users = Annotated[int | None, _says("--users", "Sequences that write at once.", "8")]
Download = Annotated[str | None, _says("--download", "Size of a download.", "40GB")]
Line = Annotated[str | None, _says("--line", "Speed of the line it comes over.", "100Mbit/s")]
Time = Annotated[str | None, _says("--time", "How long it is said to take.", "5min")]
Train = Annotated[str | None, _says("--train", "How: pre-training, full, lora or qlora.", "qlora")]
Tokens = Annotated[str | None, _says("--tokens", "Tokens that training sees.", "10B")]


def claim(
    sentence: Sentence = None,
    *,
    params: Params = None,
    active: Active = None,
    quant: Quant = None,
    context: Context = None,
    speed: Speed = None,
    prompt_speed: PromptSpeed = None,
    memory: Memory = None,
    machine: Machine = None,
    here: Here = False,
    users: Users = None,
    download: Download = None,
    line: Line = None,
    time: Time = None,
    train: Train = None,
    tokens: Tokens = None,
    as_json: AsJson = False,
) -> None:
    """Check a claim about speed, memory, context, training or downloads against arithmetic.

    A bound is what no machine with these figures exceeds; an estimate is what engines reach.
    Exit status 0 whatever the verdict; `--json` has it as `verdict`.
    """
    from hearth.plan.claims import judge, read_claim
    from hearth.plan.claims.statements import Statements

    said = Statements(
        params=params,
        active=active,
        quant=quant,
        context=context,
        speed=speed,
        prompt_speed=prompt_speed,
        memory=memory,
        users=users,
        download=download,
        line=line,
        time=time,
        train=train,
        tokens=tokens,
    )
    reading = read_claim(
        " ".join(sentence or []), said.sentences(), machine=_profile(machine, here)
    )
    judgement = judge(reading.claim)
    if as_json:
        console.write_json(_data(reading, judgement))
        return
    _draw(reading, judgement)


def _profile(machine: str | None, here: bool) -> MachineProfile | None:
    if machine is None and not here:
        return None
    if machine is not None and here:
        raise InvalidRequest("--machine and --here name two machines.", hint="Leave one out.")
    from hearth.machine.keep import find_machine

    return find_machine(door.settings(), machine)


def _draw(reading: Reading, judgement: Judgement) -> None:
    out = console.out()
    colour = _COLOURS[judgement.verdict]
    out.print(f"[{colour}]{judgement.verdict.upper()}[/]")
    for finding in judgement.findings:
        _draw_finding(finding)
    out.print("\n[bold]Understood[/bold]")
    shown = console.table("", "")
    shown.show_header = False
    for each in reading.understood:
        shown.add_row(console.literal(each.text), console.literal(each.meaning))
    out.print(shown)
    for note in reading.notes:
        out.print(f"Note: {console.literal(note)}")
    if reading.ignored:
        out.print(f"[yellow]Not understood:[/] {console.literal(', '.join(reading.ignored))}")


def _draw_finding(finding: Finding) -> None:
    out = console.out()
    colour = _COLOURS[finding.verdict]
    title = f"{finding.about}, {finding.claimed}"
    out.print(f"\n[bold]{console.literal(title)}[/bold]: [{colour}]{finding.verdict}[/]")
    out.print(console.literal(finding.reason))
    for step in finding.steps:
        out.print(f"  {console.literal(str(step))}", style="dim")
    for missing in finding.missing:
        out.print(f"  say {console.literal(missing)}")


def _data(reading: Reading, judgement: Judgement) -> dict[str, object]:
    return {
        "verdict": judgement.verdict,
        "findings": judgement.findings,
        "understood": reading.understood,
        "not_understood": reading.ignored,
        "notes": reading.notes,
    }
