"""`hearth eval conversation`: what does a model keep of a long conversation?"""

from __future__ import annotations

from typing import Annotated

import typer

from hearth.cli import door
from hearth.cli.eval.instruction import Model
from hearth.cli.options import AsJson

Lengths = Annotated[
    str,
    typer.Option(
        help="Tokens of the conversations, separated by commas; default: doubling from 512 up to "
        "4,096, or what the model holds.",
        metavar="N,N,...",
        show_default=False,
    ),
]


def conversation(
    model: Model = None,
    *,
    lengths: Lengths = "",
    conversations: Annotated[int, typer.Option(help="How many of each length.")] = 6,
    facts: Annotated[int, typer.Option(help="Facts told in each.")] = 5,
    needed: Annotated[
        float, typer.Option(help="Share of the facts that must be kept at a usable length.")
    ] = 0.8,
    seed: Annotated[int, typer.Option(help="Of what is drawn.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Tell facts, change some, talk on, and ask for them: up to which length are they kept?

    The result is the effective context: the greatest length up to which enough facts are kept.
    """
    from dataclasses import asdict

    from hearth.cli.eval.figures import run_and_show
    from hearth.measure.conversation import ConversationPlan, parse_lengths

    name = model or door.settings().model
    plan = ConversationPlan(
        lengths=parse_lengths(lengths),
        conversations=conversations,
        facts=facts,
        needed=needed,
        seed=seed,
    )
    target = f"{name} {lengths}".strip()
    run_and_show("conversation", target, {"model": name, "plan": asdict(plan)}, as_json=as_json)
