"""Record the demonstrations of the guide on this machine, for the static documentation.

    python tools/site/record_demonstrations.py [NAME ...]      default: all

They run on the starter model, with Hearth's own settings and the figures that were measured of this
machine. What was recorded lies in docs/guide/recorded, a file for each, until it is recorded again.
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, get_args

import msgspec
import psutil

from hearth.config import load_config
from hearth.engine.local import LocalEngine
from hearth.errors import HearthError
from hearth.guide.demonstrations import Demonstration, Part, Surroundings, names, run
from hearth.web.components.machine_head import headline

FOLDER = Path(__file__).parents[2] / "docs" / "guide" / "recorded"
MODEL = "starter"
BUSY_PERCENT = 10.0  # of all processors, used by others: figures are then said to be disturbed
LOOKED_S = 2.0
KINDS = {each.__dataclass_fields__["kind"].default: each for each in get_args(Part)}


async def record(wanted: list[str]) -> int:
    """Run and write demonstrations; return how many could not be shown."""
    config = load_config()
    num_failed = 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    engine = LocalEngine(config)
    around = Surroundings(config=config, engine=engine, model=MODEL)
    try:
        about = headline(await around.machine())
        machine = f"{about.title} ({', '.join(about.facts[:2])})"
        if psutil.cpu_percent(LOOKED_S) > BUSY_PERCENT:
            machine += ", while other programs ran"
        for name in wanted:
            try:
                shown = await run(name, around)
            except HearthError as error:
                num_failed += 1
                print(f"{name}: {error.message} {error.hint}", file=sys.stderr)
                continue
            written = {"machine": machine, "demonstration": asdict(shown)}
            text = json.dumps(written, indent=1, ensure_ascii=False)
            (FOLDER / f"{name}.json").write_text(f"{text}\n", encoding="utf-8")
            print(f"recorded {name}")
    finally:
        await engine.close()
    return num_failed


def read_recorded(name: str) -> tuple[str, Demonstration] | None:
    """Return what was recorded, and on what machine; None where nothing was."""
    path = FOLDER / f"{name}.json"
    if not path.is_file():
        return None
    written = json.loads(path.read_text(encoding="utf-8"))
    return written["machine"], _demonstration(written["demonstration"])


def _demonstration(written: dict[str, Any]) -> Demonstration:
    parts = tuple(msgspec.convert(each, KINDS[each["kind"]]) for each in written["parts"])
    return Demonstration(**{**written, "parts": parts})


if __name__ == "__main__":
    sys.exit(min(1, asyncio.run(record(sys.argv[1:] or list(names())))))
