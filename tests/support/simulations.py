"""What the engine itself would allocate for many models: a script, JSON in and out.

One process for all, since starting it takes longer than most answers. It reads a list of [path,
settings], the settings those of `SimulationSettings`, and writes a list of sizes by part.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hearth.engine.llama.context import ContextSettings
from hearth.engine.llama.simulated import simulated_load
from hearth.engine.simulation.log import read_log
from hearth.models.blueprint.encoding import encode_metadata, header_bytes
from hearth.models.blueprint.quantized import Quantized


def write_header(path: Path, model: Quantized) -> Path:
    """Write the header of a blueprint, with a hole in place of all weights."""
    head = header_bytes(encode_metadata(model.metadata), len(model.metadata), model.tensors)
    with path.open("wb") as file:
        file.write(head)
        file.truncate(model.header.size_bytes)
    return path


def simulations(asked: Sequence[tuple[Path, dict[str, Any]]]) -> list[dict[str, int]]:
    """Ask the engine in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "support.simulations"],
        input=json.dumps([[str(path), settings] for path, settings in asked]),
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[1],
        check=True,
    )
    found: list[dict[str, int]] = json.loads(done.stdout)
    return found


def _one(path: str, settings: dict[str, Any]) -> dict[str, int]:
    fixed = {"batch_tokens": 512, "micro_batch_tokens": 512, "threads": 1, "threads_batch": 1}
    found = simulated_load(
        Path(path), ContextSettings(**fixed | settings), gpu_layers=0, repack=True
    )
    return read_log(found.lines, weights_bytes=found.weights_bytes).parts.parts()


if __name__ == "__main__":
    sys.stdout.write(json.dumps([_one(*each) for each in json.load(sys.stdin)]))
