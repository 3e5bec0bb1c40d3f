"""`hearth eval harness`: tasks of EleutherAI's lm-evaluation-harness, from local files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hearth.cli import door
from hearth.cli.options import AsJson, ModelOption


def harness(
    tasks: Annotated[
        list[str],
        typer.Argument(help="Names of tasks, as the folder's files give them.", metavar="TASK..."),
    ],
    *,
    model: ModelOption = None,
    tasks_folder: Annotated[
        Path, typer.Option(help="Folder with the tasks' YAML files and their data.")
    ] = Path("."),
    limit: Annotated[int | None, typer.Option(help="Most items of each task.")] = None,
    num_fewshot: Annotated[
        int | None, typer.Option(help="Examples before each question; default: the task's.")
    ] = None,
    context: Annotated[int | None, typer.Option(help="Longest sequence, in tokens.")] = None,
    seed: Annotated[int, typer.Option(help="Of examples that are drawn.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Run tasks of lm-evaluation-harness with a model; needs the extra `harness`.

    Nothing is fetched: tasks and data are local files. A task is code, its templates and functions
    are run, so take folders from people whom you trust.
    """
    from hearth.cli.eval.figures import run_and_show
    from hearth.measure.harness import HarnessPlan
    from hearth.measure.harness.tasks import digest_of_folder, require_library

    require_library()
    digest_of_folder(tasks_folder)  # what is wrong with it is said before a job begins
    name = model or door.settings().model
    plan = HarnessPlan(
        tasks=tuple(tasks),
        folder=tasks_folder.absolute(),
        limit=limit,
        num_fewshot=num_fewshot,
        context=context,
        seed=seed,
    )
    target = f"{name} {' '.join(tasks)}"
    run_and_show("harness", target, {"model": name, "plan": plan.as_data()}, as_json=as_json)
