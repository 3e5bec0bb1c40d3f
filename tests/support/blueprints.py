"""Real architectures in tiny sizes, for tests that run them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from hearth.models.blueprint import Blueprint, public_model, public_models

SCRIPTS = Path(__file__).parent
TIMEOUT_S = 300


def tiny(name: str, **sizes: int) -> Blueprint:
    """Return a public model in a tiny size.

    Args:
        name: Its name in `public_models`.
        sizes: Sizes of one's own.
    """
    facts = public_model(name).facts
    chosen = {"num_layers": 4, "width": 256, "vocab_size": 384, "context_length": 1024}
    if facts.num_heads:
        is_shared = facts.architecture != "olmoe" and facts.latent is None
        chosen |= {"num_heads": 4, "num_kv_heads": 2 if is_shared else 4}
        chosen["head_size"] = facts.head_size if facts.latent else 64
    if facts.feed_forward:
        chosen["feed_forward"] = 256
    if facts.num_experts:
        chosen["expert_feed_forward"] = 256
    return public_model(name).blueprint.scaled(**(chosen | sizes))


def one_of_each_architecture() -> list[str]:
    """Return the name of the smallest public model of each architecture."""
    found: dict[str, str] = {}
    for model in public_models():
        found.setdefault(model.facts.architecture, model.name)
    return list(found.values())


def ask_engine(script: str, path: Path, argument: object) -> Any:
    """Run one of the scripts beside this file on a model file, and return what it prints."""
    done = subprocess.run(
        [sys.executable, str(SCRIPTS / script), str(path), json.dumps(argument)],
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)
