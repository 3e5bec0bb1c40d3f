"""From the settings to the prefix caches of the models in memory."""

from __future__ import annotations

import sys
from collections.abc import Callable

from hearth.config import Config
from hearth.core import Choice, LoadOptions
from hearth.engine.prefixes.keeper import Keeper
from hearth.engine.prefixes.keys import Identity
from hearth.engine.prefixes.room import Room
from hearth.engine.prefixes.shelf import Shelf
from hearth.errors import InvalidRequest
from hearth.models.library import ModelEntry
from hearth.models.library.digests import digest_of_model
from hearth.plan.load import LoadPlan

DISK, MEMORY, OFF = "disk", "memory", "off"


class PrefixCaches:
    """Opens the prefix cache of each model; all of them share one limit on the disk.

    Args:
        config: Where blocks lie, how many may, and which prompts are shared.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._room = Room(config.prefixes_dir, int(config.prefix_cache_gb * 1e9))

    @property
    def shared_prompts(self) -> tuple[str, ...]:
        """System prompts that are computed once for all users."""
        return tuple(self._config.shared_prompts)

    def choose(self, options: LoadOptions) -> Choice[str]:
        """Choose where a model's computed prompts are kept.

        Raises:
            InvalidRequest: What was asked for is none of the possible places.
        """
        asked = options.prefix_cache
        if asked not in (None, DISK, MEMORY, OFF):
            raise InvalidRequest(
                f"A prefix cache {asked!r} was asked for; disk, memory and off are possible.",
                param="prefix_cache",
            )
        value = asked or self._config.prefix_cache
        if value == DISK and sys.platform == "win32":
            return Choice(value=MEMORY, reason="workers cannot be handed pipes on Windows")
        if asked:
            return Choice(value=value, reason="as asked")
        limit = f", which allow {self._config.prefix_cache_gb:g} GB" if value == DISK else ""
        return Choice(value=value, reason=f"by the settings{limit}")

    def keeper(self, choice: Choice[str], entry: ModelEntry, plan: LoadPlan) -> Keeper | None:
        """Return what keeps a model's blocks on disk; None where none are kept there.

        Args:
            choice: Where they are kept.
            entry: The model.
            plan: How it is loaded.
        """
        if choice.value != DISK or not plan.parked_mib.value:
            return None

        def digest(is_cancelled: Callable[[], bool]) -> str:
            return digest_of_model(self._config, entry, cancelled=is_cancelled)

        def open_shelf(digest: str, engine: str) -> Shelf:
            return Shelf(self._room, identity_of(digest, engine, plan), entry.name)

        return Keeper(digest, open_shelf, entry.name)


def identity_of(digest: str, engine: str, plan: LoadPlan) -> Identity:
    """Return everything that the keys and values of a model depend on besides its tokens.

    Args:
        digest: Of the model's bytes.
        engine: The library, as the worker names it.
        plan: How the model is loaded.
    """
    return Identity(
        model=digest,
        engine=engine,
        kv_type=plan.kv_type.value,
        flash_attention=plan.flash_attention.value,
        rope=plan.rope.value,
        layout=plan.layout.value,
        gpu_layers=plan.gpu_layers.value,
    )
