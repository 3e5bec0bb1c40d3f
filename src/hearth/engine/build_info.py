"""What the native engine was built for, as JSON: `python -m hearth.engine.build_info`.

A process of its own, because loading the library or computing with it can kill the process that
tries (one built for another processor dies of an illegal instruction), and because whoever asks
need not have it loaded.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from asyncio.subprocess import DEVNULL

from hearth.engine.children import end_child, start_child
from hearth.engine.llama.library import build_info
from hearth.engine.llama.trial import multiply_once
from hearth.errors import HearthError


async def gpu_free_bytes() -> int:
    """Ask in a child how much memory the GPUs have free that this engine can use; 0 for none."""
    child = await start_child("hearth.engine.build_info", errors=DEVNULL)
    try:
        output, _ = await child.communicate()
    finally:
        await end_child(child)
    try:
        return int(json.loads(output).get("gpu_free_bytes", 0))
    except json.JSONDecodeError:
        return 0  # it died; loading a model will say why


def main() -> int:
    """Write the build's version and flags to stdout, or the reason why there are none."""
    try:
        answer = dataclasses.asdict(build_info())
        multiply_once()
    except HearthError as error:
        answer = {"error": error.as_data()}
    sys.stdout.write(json.dumps(answer))
    return 1 if "error" in answer else 0


if __name__ == "__main__":
    raise SystemExit(main())
