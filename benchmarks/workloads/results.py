"""Blocks as lines of JSON: kept whatever happens, and taken up again.

A line is a block, or what was measured with from there on (`conditions`). Blocks of one file belong
together only if machine and engine are the same, so a file with others is not gone on with; another
commit of Hearth is noted, and the page names all of them.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import hearth
from hearth.config import load_config
from hearth.engine.llama.library import engine_name
from hearth.machine.probe import read_machine
from workloads.pairing import Block


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """With what, and where.

    Args:
        commit: Of Hearth; "+" behind it where files were changed since.
        tolerance: How much slower than ever the fixed work before a sample was allowed to be.
        engine: The library that computes, and what it was built for.
    """

    hearth: str
    commit: str
    engine: str
    processor: str
    cores: int
    memory_gb: float
    system: str
    tolerance: float

    @staticmethod
    def here(tolerance: float) -> Conditions:
        """Return those of this moment."""
        machine = read_machine(load_config())
        return Conditions(
            hearth=hearth.__version__,
            commit=_commit(),
            engine=engine_name(),
            processor=machine.cpu.name,
            cores=len(os.sched_getaffinity(0)),
            memory_gb=round(machine.memory.total_bytes / 1e9, 1),
            tolerance=tolerance,
            system=f"{platform.system()} {platform.release()}, Python {platform.python_version()}",
        )

    def without_hearth(self) -> Conditions:
        """Return them without what says which Hearth it was."""
        return replace(self, hearth="", commit="")


class Results:
    """A file of blocks.

    Args:
        path: The file; made with the first line.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.conditions: list[Conditions] = []
        self.blocks: list[Block] = []
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        for data in map(json.loads, lines):
            if "conditions" in data:
                self.conditions.append(Conditions(**data["conditions"]))
            else:
                self.blocks.append(Block.from_data(data))

    def begin(self, conditions: Conditions) -> None:
        """Note what is measured with from now on.

        Raises:
            SystemExit: The file has blocks of another machine or engine.
        """
        before = self.conditions[-1] if self.conditions else conditions
        if before.without_hearth() != conditions.without_hearth():
            raise SystemExit(
                f"{self._path} was measured with {before}, and now there is {conditions}: "
                "choose another --out."
            )
        if not self.conditions or before != conditions:
            self.conditions.append(conditions)
            self._append({"conditions": asdict(conditions)})

    def add(self, block: Block) -> None:
        """Keep a block; it is on disk when this returns."""
        self.blocks.append(block)
        self._append(block.as_data())

    def of(self, key: str) -> list[Block]:
        """Return the blocks of a row."""
        return [block for block in self.blocks if block.key == key]

    def _append(self, data: dict[str, Any]) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(data) + "\n")
            file.flush()
            os.fsync(file.fileno())


def _commit() -> str:
    folder = Path(__file__).parent

    def git(*words: str) -> str:
        return subprocess.run(
            ["git", *words], cwd=folder, capture_output=True, text=True, check=False
        ).stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no", "--", "../../src")
    return git("rev-parse", "--short", "HEAD") + ("+" if changed else "")
