"""The command tree: which commands exist, in the order in which `hearth --help` shows them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from hearth import __version__
from hearth.cli import (
    advise,
    answer,
    ask,
    cache,
    can_run,
    checks,
    claim,
    console,
    cost,
    engine,
    evidence,
    families,
    guide,
    jobs,
    loaded,
    machine,
    models,
    next_tokens,
    path,
    plan,
    quantize,
    server,
    timeline,
    tokens,
    try_,
    tune,
    zip_,
)
from hearth.cli.arena import app as arena
from hearth.cli.bench.app import app as bench_app
from hearth.cli.chat import command as chat
from hearth.cli.eval import app as eval_
from hearth.cli.models.pull import pull_model

app = typer.Typer(
    name="hearth",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


def _show_version(wanted: bool) -> None:
    if wanted:
        console.write(f"hearth {__version__}\n")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", is_eager=True, callback=_show_version),
    ] = False,
) -> None:
    """Run your own LLM at home. `hearth "prompt"` asks the default model.

    Exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted.
    """


_PANELS: dict[str, dict[str, Callable[..., None]]] = {
    "Start": {"up": server.up, "serve": server.serve},
    "Talk to a model": {"run": answer.run, "prompt": answer.prompt, "chat": chat.chat},
    "Get a model": {"pull": pull_model},
    "Models in memory": {"ps": loaded.ps, "load": loaded.load, "unload": loaded.unload},
    "See inside": {
        "next": next_tokens.next_tokens,
        "tokens": tokens.tokens,
        "zip": zip_.zip_,
        "unzip": zip_.unzip,
    },
    "Models of the world": {
        "families": families.families,
        "timeline": timeline.timeline,
        "sizes": families.sizes,
    },
    "Understand": {"guide": guide.guide, "ask": ask.ask, "path": path.path},
    "Will it run?": {
        "plan": plan.plan,
        "can-run": can_run.can_run,
        "advise": advise.advise,
        "try": try_.try_model,
        "claim": claim.claim,
        "cost": cost.cost,
    },
    "Make it better": {"quantize": quantize.quantize, "tune": tune.tune},
    "This machine": {"doctor": checks.doctor, "config": checks.config},
}
_GROUPS = {
    "models": (models.app, "Models on disk"),
    "jobs": (jobs.app, "Models on disk"),
    "cache": (cache.app, "Models in memory"),
    "machine": (machine.app, "This machine"),
    "engine": (engine.app, "This machine"),
    "evidence": (evidence.app, "Prove it"),
    "bench": (bench_app, "Prove it"),
    "eval": (eval_.app, "Prove it"),
    "arena": (arena.app, "Prove it"),
}

for _panel, _commands in _PANELS.items():
    for _name, _command in _commands.items():
        app.command(_name, rich_help_panel=_panel)(_command)
for _name, (_group, _panel) in _GROUPS.items():
    app.add_typer(_group, name=_name, rich_help_panel=_panel)


def command_names() -> set[str]:
    """Return the names of all commands and command groups."""
    return {name for commands in _PANELS.values() for name in commands} | set(_GROUPS)
