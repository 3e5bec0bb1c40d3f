"""The process that simulates one load: `python -m hearth.engine.simulation`."""

from __future__ import annotations

import sys
from pathlib import Path

from hearth.children import limit_resources, tie_to_parent
from hearth.engine.llama.context import ContextSettings
from hearth.engine.llama.simulated import simulated_load
from hearth.engine.simulation.log import read_log
from hearth.engine.simulation.messages import Ask, Failed, Simulation, decode_ask, encode
from hearth.errors import EngineError, HearthError


def main() -> None:
    """Read the question, take the limits, answer."""
    tie_to_parent()
    question = decode_ask(sys.stdin.buffer.read())
    limits = question.limits
    limit_resources(memory_bytes=limits.memory_bytes, cpu_s=limits.cpu_s)
    sys.stdout.buffer.write(encode(_answer(question)))


def _answer(question: Ask) -> Simulation | Failed:
    asked = question.settings
    settings = ContextSettings(
        cells=asked.cells,
        sequences=asked.sequences,
        batch_tokens=asked.batch_tokens,
        micro_batch_tokens=asked.micro_batch_tokens,
        threads=1,
        threads_batch=1,
        flash_attention=asked.flash_attention,
        kv_type=asked.kv_type,
    )
    try:
        found = simulated_load(
            Path(question.path), settings, gpu_layers=asked.gpu_layers, repack=asked.repack
        )
        return read_log(found.lines, weights_bytes=found.weights_bytes)
    except HearthError as error:
        return Failed(error.as_data())
    except MemoryError:
        limit = f"{question.limits.memory_bytes >> 20:,} MiB"
        return Failed(EngineError(f"Simulating the load takes more than {limit}.").as_data())


if __name__ == "__main__":
    main()
