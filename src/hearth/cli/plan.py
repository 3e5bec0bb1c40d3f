"""`hearth plan`: does it fit, how fast, what to choose, and what else there is."""

from __future__ import annotations

from typing import Annotated

import typer

from hearth.cli import console, door
from hearth.cli.options import AsJson, token_count
from hearth.errors import InvalidRequest

Model = Annotated[
    str | None,
    typer.Argument(
        metavar="MODEL",
        help="A name from `hearth models list`, a path, a reference (hf:owner/repository:Q4_K_M) "
        'of which the header alone is read, or a well-known model such as "llama 3.1 8b".',
        show_default=False,
    ),
]
Context = Annotated[
    int | None,
    typer.Option(
        "--context",
        help="Tokens of one conversation: 8192 or 32k.",
        parser=token_count,
        metavar="TOKENS",
    ),
]
Quant = Annotated[
    str | None,
    typer.Option("--quant", help="Quantization; `any` chooses one for a file as well."),
]
KvType = Annotated[str | None, typer.Option("--kv-type", help="Type of keys and values.")]
Users = Annotated[int | None, typer.Option("--users", help="Conversations at once.")]
Prompt = Annotated[int, typer.Option("--prompt", help="Tokens of the prompt.")]
On = Annotated[
    str | None,
    typer.Option(
        "--on",
        metavar="MACHINE",
        help='Another machine, as `hearth machine` names it or "RTX 4090 + 64 GB DDR5-6000 x2".',
    ),
]
Purpose = Annotated[
    str | None,
    typer.Option("--for", help="What counts: fast, long, many or quality.", metavar="PURPOSE"),
]
ShowAccuracy = Annotated[
    bool, typer.Option("--accuracy", help="Show how good predictions have been on this machine.")
]


def plan(
    model: Model = None,
    *,
    context: Context = None,
    quant: Quant = None,
    kv_type: KvType = None,
    users: Users = None,
    prompt: Prompt = 512,
    on: On = None,
    purpose: Purpose = None,
    accuracy: ShowAccuracy = False,
    as_json: AsJson = False,
) -> None:
    """Plan a model on a machine: memory, speeds, choices with their reasons, and alternatives.

    Nothing is loaded: a header and the machine's figures are enough. A model that is too large is
    an answer: exit status 0, and `fits` is false in the JSON.
    """
    if accuracy:
        show_accuracy(model, on, as_json)
        return
    if model is None:
        raise InvalidRequest(
            "No model was named.",
            hint='For example `hearth plan starter`, or `hearth plan "llama 3.1 8b"`.',
            param="model",
        )
    from hearth.cli.plan_drawing import draw
    from hearth.plan.choose.ask import plan_by_name
    from hearth.plan.choose.data import plan_data
    from hearth.plan.choose.wishes import wishes_of

    wishes = wishes_of(
        purpose=purpose,
        context=context,
        quantization=quant,
        kv_type=kv_type,
        users=users,
        prompt_tokens=prompt,
    )
    made = plan_by_name(door.settings(), model, wishes, machine=on)
    if as_json:
        console.write_json(plan_data(made))
    else:
        draw(made)


def show_accuracy(model: str | None, on: str | None, as_json: bool) -> None:
    """Show predictions of this machine against what was measured on it."""
    if model is not None or on is not None:
        raise InvalidRequest(
            "--accuracy tells of all predictions on this machine.",
            hint="Leave out the model and --on.",
        )
    from dataclasses import asdict

    from hearth.machine.keep import this_machine
    from hearth.plan.accuracy import describe_accuracy
    from hearth.plan.choose.learned import learned

    config = door.settings()
    rows = describe_accuracy(learned(config, this_machine(config)))
    if as_json:
        console.write_json([asdict(row) for row in rows])
        return
    if not rows:
        console.note("Nothing has been compared yet: each load and answer adds to the record.")
        return
    shown = console.table("predicted", ">figures", ">measured", ">half within", ">90 % within", "")
    for row in rows:
        inside = f"{row.covered} in the range given"
        shown.add_row(row.title, row.records, row.bias, row.median_error, row.p90_error, inside)
    console.out().print(shown)
    console.note("`measured` is the median of measured / predicted; later plans are corrected.")
