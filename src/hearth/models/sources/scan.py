"""Find every model on this machine, place by place, in the order in which names are given out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from hearth.config import Config
from hearth.models.sources.folders import find_in_folder
from hearth.models.sources.hub_cache import find_in_hub_cache
from hearth.models.sources.llama_cpp import find_in_llama_cpp
from hearth.models.sources.lm_studio import find_in_lm_studio
from hearth.models.sources.location import Location, Source
from hearth.models.sources.ollama import find_in_ollama
from hearth.models.sources.packages import find_in_packages
from hearth.models.sources.places import Places, find_places


def places_of(config: Config) -> Places:
    """Return where other programs keep models, as far as the settings allow to look there.

    The hub cache is always among them: Hearth keeps its own downloads in it.
    """
    places = find_places(os.environ, Path.home())
    return places if config.other_programs else Places(hub_cache=places.hub_cache)


def find_locations(config: Config, places: Places) -> Iterator[Location]:
    """Yield every model that can be found, without opening one.

    Args:
        config: Names Hearth's own folder and those of the user.
        places: Where other programs keep theirs.
    """
    yield from find_in_packages()
    yield from find_in_folder(config.models_dir, Source.HEARTH)
    for folder in config.model_folders:
        yield from find_in_folder(folder.expanduser(), Source.FOLDER)
    for folder in places.lm_studio:
        yield from find_in_lm_studio(folder)
    for folder in places.hub_cache:
        yield from find_in_hub_cache(folder)
    for folder in places.ollama:
        yield from find_in_ollama(folder)
    for folder in places.llama_cpp:
        yield from find_in_llama_cpp(folder)
