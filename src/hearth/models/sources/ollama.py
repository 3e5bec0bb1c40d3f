"""Models that Ollama keeps: manifests that name blobs by their digests.

Layout, below the folder that OLLAMA_MODELS names:
    manifests/<host>/<namespace>/<model>/<tag>    JSON: layers with media type, digest and size
    manifests-v2/...                              the same, each a link to a blob that holds it
    blobs/sha256-<64 hexadecimal digits>          the bytes
The layer of type application/vnd.ollama.image.model is a GGUF. A manifest may also be a list of
manifests for several engines. One that cannot be read hides its own model and no other.

Source: github.com/ollama/ollama, manifest/manifest.go, manifest/paths.go and types/model/name.go
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hearth.errors import BadModelFile
from hearth.models.sources.blobs import blob_path
from hearth.models.sources.location import Location, Source
from hearth.models.sources.tree import state_of

MODEL_LAYER = "application/vnd.ollama.image.model"
MANIFEST_FOLDERS = ("manifests-v2", "manifests")
DEFAULT_HOST = "registry.ollama.ai"
DEFAULT_NAMESPACE = "library"
MAX_MANIFEST_BYTES = 4 << 20
MAX_MANIFESTS = 5000


def find_in_ollama(models: Path) -> Iterator[Location]:
    """Yield the models of one of Ollama's stores, by name."""
    seen: set[str] = set()
    for folder in MANIFEST_FOLDERS:
        for manifest in _manifests(models / folder):
            name = short_name(*manifest.relative_to(models / folder).parts)
            if name in seen:
                continue
            location = _location(models / "blobs", manifest, name)
            if location is not None:
                seen.add(name)
                yield location


def short_name(host: str, namespace: str, model: str, tag: str) -> str:
    """Return a model's name as Ollama shows it: what is the default is left out."""
    name = f"{model}:{tag}"
    if (host, namespace) == (DEFAULT_HOST, DEFAULT_NAMESPACE):
        return name
    return f"{namespace}/{name}" if host == DEFAULT_HOST else f"{host}/{namespace}/{name}"


def _manifests(folder: Path) -> Iterator[Path]:
    """Yield what lies exactly four levels down: host, namespace, model, tag."""
    level = [folder]
    for _ in range(3):
        level = [Path(entry) for parent in level for entry in _entries(parent, folders=True)]
    manifests = (Path(entry) for parent in level for entry in _entries(parent, folders=False))
    for number, manifest in enumerate(manifests):
        if number == MAX_MANIFESTS:
            return
        yield manifest


def _entries(folder: Path, *, folders: bool) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return sorted(
                entry.path
                for entry in entries
                if entry.is_dir() == folders and not entry.name.startswith(".")
            )
    except OSError:
        return []


def _location(blobs: Path, manifest: Path, name: str) -> Location | None:
    digest = _model_digest(blobs, _read_json(manifest))
    if digest is None:
        return None
    try:
        path = blob_path(blobs, digest, prefix="sha256-")
    except BadModelFile:
        return None
    file = state_of(path, claimed_sha256=digest)
    if file is None:
        return None
    return Location(
        source=Source.OLLAMA,
        name=name,
        path=path,
        files=(file,),
        place="ollama",
        reference=f"ollama:{name}",
        removed_by=f"`ollama rm {name}`",
    )


def _model_digest(blobs: Path, manifest: Any, *, depth: int = 0) -> str | None:
    """Return the hexadecimal digits of the model's blob, or None where there is no GGUF."""
    if not isinstance(manifest, dict):
        return None
    layers = manifest.get("layers")
    weights = [
        layer.get("digest")
        for layer in (layers if isinstance(layers, list) else ())
        if isinstance(layer, dict) and layer.get("mediaType") == MODEL_LAYER
    ]
    if len(weights) == 1 and isinstance(weights[0], str):
        return weights[0].removeprefix("sha256:")
    children = manifest.get("manifests")
    if depth or not isinstance(children, list):
        return None
    found = (_model_digest(blobs, _resolved(blobs, child), depth=1) for child in children[:16])
    return next((digest for digest in found if digest is not None), None)


def _resolved(blobs: Path, child: Any) -> Any:
    """Return a manifest of a list: it stands there itself, or its blob is named."""
    if not isinstance(child, dict) or "layers" in child:
        return child
    try:
        digest = str(child.get("digest")).removeprefix("sha256:")
        return _read_json(blob_path(blobs, digest, prefix="sha256-"))
    except BadModelFile:
        return None


def _read_json(path: Path) -> Any:
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_MANIFEST_BYTES + 1)
        return json.loads(raw) if len(raw) <= MAX_MANIFEST_BYTES else None
    except (OSError, ValueError, RecursionError):
        return None
