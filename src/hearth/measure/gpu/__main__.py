"""Time the GPUs that the engine can use, as JSON: `python -m hearth.measure.gpu`."""

from __future__ import annotations

import dataclasses
import json
import sys

from hearth.children import tie_to_parent
from hearth.engine.llama.devices import devices
from hearth.errors import EngineMissing
from hearth.measure.gpu.timings import time_device


def main() -> int:
    """Write one entry for each GPU to stdout, or the reason why there is none to ask."""
    tie_to_parent()
    try:
        found = [time_device(device) for device in devices() if device.is_gpu]
    except EngineMissing as error:
        sys.stdout.write(json.dumps({"error": error.message}))
        return 1
    sys.stdout.write(json.dumps({"devices": [dataclasses.asdict(times) for times in found]}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
