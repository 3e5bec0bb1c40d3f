"""The child: runs the harness, and asks its parent for a model's answers, in lines of JSON.

Out: {"say": "controls", "tasks": {NAME: {"planted": [RIGHT, TOTAL], "guessed": [RIGHT, TOTAL],
      "chance": SHARE}}}
In:  {"go": true}
Out: {"say": "ask", "kind": "loglikelihood" | "rolling" | "generate", "requests": [...]}
In:  {"answers": [...]}
Out: {"say": "done", "tasks": {...}}, or at any time {"say": "error", "message": ...}
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from hearth.children import tie_to_parent

BOOTSTRAP = 1000  # resamples for errors of metrics that are no means


def main() -> int:
    """Run the job that the first line names."""
    tie_to_parent()
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what the library prints is no answer
    try:
        _run(json.loads(sys.stdin.readline()), out)
    except (ValueError, KeyError, TypeError, OSError, RuntimeError, AttributeError) as error:
        # A task is code: it fails as code does, and its author needs the whole story.
        import traceback

        traceback.print_exc()
        _say(out, say="error", message=f"{type(error).__name__}: {error}")
        return 1
    return 0


def _run(job: dict[str, Any], out: Any) -> None:
    from lm_eval.evaluator import simple_evaluate
    from lm_eval.tasks import TaskManager

    from hearth.measure.harness import figures
    from hearth.measure.harness.answerers import Chance, Parent, Planted

    manager = TaskManager(include_path=os.getcwd(), include_defaults=False)

    def run(model: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        tasks = manager.load(job["tasks"])["tasks"]
        model = model(tasks)
        results = simple_evaluate(
            model=model,
            tasks=list(tasks.values()),
            task_manager=manager,
            limit=job["limit"],
            num_fewshot=job["num_fewshot"],
            bootstrap_iters=BOOTSTRAP,
            random_seed=job["seed"],
            numpy_random_seed=job["seed"],
            torch_random_seed=None,
            fewshot_random_seed=job["seed"],
        )
        return tasks, results

    tasks, planted = run(Planted)
    _, guessed = run(lambda tasks: Chance(tasks, job["seed"]))
    controls = {
        name: {
            "planted": figures.tally(name, task, planted, Planted.bits_per_byte),
            "guessed": figures.tally(name, task, guessed, Chance.bits_per_byte),
            "chance": figures.chance(task),
        }
        for name, task in tasks.items()
    }
    _say(out, say="controls", tasks=controls)
    json.loads(sys.stdin.readline())

    def ask(kind: str, requests: list[Any]) -> list[Any]:
        _say(out, say="ask", kind=kind, requests=requests)
        answers: list[Any] = json.loads(sys.stdin.readline())["answers"]
        return answers

    _, results = run(lambda tasks: Parent(ask))
    _say(out, say="done", tasks=figures.told(results))


def _say(out: Any, **message: Any) -> None:
    out.write(json.dumps(message) + "\n")
    out.flush()


if __name__ == "__main__":
    raise SystemExit(main())
