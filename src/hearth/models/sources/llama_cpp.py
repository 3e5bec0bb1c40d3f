"""Models in llama.cpp's own cache, where its programs kept downloads until they used the hub cache.

Layout: <owner>_<repository>_<file>.gguf beside manifest=<owner>=<repository>=<tag>.json, which
holds what the hub said of the file.

Source: github.com/ggml-org/llama.cpp, common/download.cpp and common/hf-cache.cpp
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from hearth.models.sources.blobs import is_sha256
from hearth.models.sources.location import Location, Source
from hearth.models.sources.tree import find_models

MAX_MANIFEST_BYTES = 1 << 20


def find_in_llama_cpp(cache: Path) -> Iterator[Location]:
    """Yield the models of the cache."""
    claims = _claims(cache)
    for found in find_models(cache, max_depth=0):
        files = tuple(
            replace(file, claimed_sha256=claims.get(file.path.name)) for file in found.files
        )
        yield Location(
            source=Source.LLAMA_CPP,
            name=found.name,
            path=found.path,
            files=files,
            place="llama.cpp",
            reference=str(found.path),
            removed_by=f"`rm '{found.path}'`",
        )


def _claims(cache: Path) -> dict[str, str]:
    """Return the digests that the manifests tell, by file name."""
    claims: dict[str, str] = {}
    for path in sorted(cache.glob("manifest=*=*=*.json")):
        owner, repository = path.name.split("=")[1:3]
        manifest = _read_json(path)
        for key in ("ggufFile", "mmprojFile"):
            try:
                name, digest = manifest[key]["rfilename"], manifest[key]["lfs"]["sha256"]
            except (KeyError, TypeError):
                continue
            if is_sha256(digest):
                claims[f"{owner}_{repository}_{name}".replace("/", "_")] = digest
    return claims


def _read_json(path: Path) -> Any:
    try:
        with path.open("rb") as file:
            return json.loads(file.read(MAX_MANIFEST_BYTES))
    except (OSError, ValueError, RecursionError):
        return None
