"""Read sizes from llama.cpp's log; what is not known word for word is an error, never a number.

Two kinds of lines count. A buffer's, where "CPU" may be any device:

    sched_reserve:        CPU compute buffer size =    36.01 MiB

and a memory's own sum, since the buffers of keys and values are 0 in a simulation:

    llama_kv_cache: size =   64.00 MiB (  4096 cells,   8 layers, 32/1 seqs), K (f16): ...
    llama_memory_recurrent: size =    2.16 MiB (     4 cells,  24 layers,  4 seqs), R (f32): ...
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from hearth.engine.simulation.messages import Simulation
from hearth.errors import EngineError

MIB = 2**20
NOT_TAKEN = {"model", "KV"}  # buffers of a simulated load that have no bytes
STATES = "RS"  # this one is taken even then, and its memory's own sum says the same

_NUMBER = r"(?P<mib>\d{1,12}\.\d\d) MiB"
_BUFFER = re.compile(rf"\w+: +(?P<device>\S+) +(?P<what>.+?) buffer size *= *{_NUMBER}")
_MEMORY = re.compile(rf"(?P<memory>llama_\w+): size *= *{_NUMBER} \(.*")


def read_log(lines: Iterable[str], *, weights_bytes: int) -> Simulation:
    """Add up the sizes in a log of a simulated load.

    Args:
        lines: The lines that speak of sizes.
        weights_bytes: What the library adds its tensors up to.

    Raises:
        EngineError: A line is not known, or one that must be there is missing.
    """
    compute: dict[str, int] = {}
    output: list[int] = []
    kept: dict[str, list[int]] = {"kv": [], "state": []}
    for line in lines:
        if " buffer size" in line:
            device, what, size_bytes = _buffer(line)
            if what == "compute":
                compute[device] = compute.get(device, 0) + size_bytes
            elif what == "output":
                output.append(size_bytes)
            elif what != STATES and (what not in NOT_TAKEN or size_bytes):
                raise _unknown(line)
        elif line.startswith("llama_"):
            kind, size_bytes = _memory(line)
            kept[kind].append(size_bytes)
    if not compute or not output or not any(kept.values()):
        raise EngineError(
            "The engine did not log the sizes of scratch memory, output and cache; this version "
            "of Hearth cannot read what it would take."
        )
    return Simulation(
        weights_bytes=weights_bytes,
        kv_bytes=sum(kept["kv"]),
        state_bytes=sum(kept["state"]),
        compute_bytes=sum(compute.values()),
        output_bytes=sum(output),
        compute_by_device=compute,
    )


def _buffer(line: str) -> tuple[str, str, int]:
    found = _BUFFER.fullmatch(line)
    if found is None:
        raise _unknown(line)
    return found["device"], found["what"], _bytes(found)


def _memory(line: str) -> tuple[str, int]:
    found = _MEMORY.fullmatch(line)
    if found is None:
        raise _unknown(line)
    name = found["memory"]
    if name.startswith("llama_kv_cache"):
        return "kv", _bytes(found)
    if name == "llama_memory_recurrent":
        return "state", _bytes(found)
    raise _unknown(line)


def _bytes(found: re.Match[str]) -> int:
    return round(float(found["mib"]) * MIB)


def _unknown(line: str) -> EngineError:
    return EngineError(f"The engine logged a size that Hearth does not know: {line[:200]!r}.")
