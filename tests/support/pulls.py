"""A hub of one's own and a home to pull into."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from hearth.config import Config
from hearth.models.hub import HubSettings
from hearth.models.library import ModelEntry
from hearth.models.pull import PullOptions, PullPlan, PullProgress, plan_pull, pull
from support.hub_server import HubServer, hub_server

REPO = "me/tiny-GGUF"


def some_bytes(num: int, seed: int = 0) -> bytes:
    """Return bytes that look like nothing in particular."""
    return random.Random(seed).randbytes(num)


@dataclass(kw_only=True)
class Rig:
    """A server, and what a pull from it needs."""

    server: HubServer
    config: Config
    settings: HubSettings
    seen: list[PullProgress] = field(default_factory=list)

    def plan(self, reference: str, **options: Any) -> PullPlan:
        return plan_pull(
            reference,
            config=self.config,
            settings=self.settings,
            options=PullOptions(**options),
        )

    def pull(
        self, reference: str, *, cancelled: threading.Event | None = None, **options: Any
    ) -> ModelEntry:
        return pull(
            reference,
            config=self.config,
            settings=self.settings,
            on_progress=self.seen.append,
            cancelled=cancelled,
            options=PullOptions(**{"first_pause_s": 0.01, "silence_s": 5.0, **options}),
        )

    @property
    def blobs(self) -> Path:
        """Folder of the blobs of `REPO`."""
        return self.settings.cache_dir / "models--me--tiny-GGUF" / "blobs"

    def leftovers(self) -> list[str]:
        """Return the names of partial files, journals and what was put aside."""
        return sorted(path.name for path in self.settings.cache_dir.rglob(".*.hearth.*"))


def make_rig(
    server: HubServer, home: Path, monkeypatch: pytest.MonkeyPatch, **settings: Any
) -> Rig:
    """Return a rig whose hub cache lies below a home, where the library looks for it too."""
    monkeypatch.setenv("HF_HOME", str(home / "hf"))
    for name in ("HF_TOKEN", "HF_HUB_OFFLINE", "HF_HUB_CACHE", "HF_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    config = Config(home=home, other_programs=False)
    config.models_dir.mkdir(parents=True, exist_ok=True)
    hub = HubSettings(endpoint=server.url, cache_dir=home / "hf" / "hub", **settings)
    return Rig(server=server, config=config, settings=hub)


def served_rig(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    """Run a server and yield its rig; the body of a fixture."""
    with hub_server() as server:
        yield make_rig(server, home, monkeypatch)
