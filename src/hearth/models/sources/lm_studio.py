"""Models that LM Studio keeps: plain files in folders named after their publisher and repository.

Layout: <models>/<publisher>/<repository>/<file>.gguf
Source: lmstudio.ai/docs/app/advanced/import-model
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hearth.models.sources.location import Location, Source
from hearth.models.sources.tree import find_models


def find_in_lm_studio(models: Path) -> Iterator[Location]:
    """Yield the models in one of LM Studio's folders."""
    for found in find_models(models):
        yield Location(
            source=Source.LM_STUDIO,
            name=found.name,
            path=found.path,
            files=found.files,
            place="lmstudio",
            reference=f"lmstudio:{found.path.relative_to(models).as_posix()}",
            removed_by="LM Studio, on its page My Models",
        )
