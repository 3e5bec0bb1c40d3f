"""`hearth eval`: its commands, in the order in which its help shows them."""

from __future__ import annotations

import typer

from hearth.cli.eval.choices import choices
from hearth.cli.eval.conversation import conversation
from hearth.cli.eval.harm import harm
from hearth.cli.eval.harness import harness
from hearth.cli.eval.instruction import instruction
from hearth.cli.eval.language import language
from hearth.cli.eval.leaks import leaks
from hearth.cli.eval.suite import suite
from hearth.cli.eval.truth import questions, truth

app = typer.Typer(no_args_is_help=True)
app.command("truth")(truth)
app.command("questions")(questions)
app.command("choices")(choices)
app.command("conversation")(conversation)
app.command("instruction")(instruction)
app.command("harm")(harm)
app.command("language")(language)
app.command("suite")(suite)
app.command("harness")(harness)
app.command("leaks")(leaks)


@app.callback()
def evaluate() -> None:
    """Evaluate a model: what it knows, and how well it does what it is told.

    No evaluator prints a score before it has passed a test of its own.
    """
