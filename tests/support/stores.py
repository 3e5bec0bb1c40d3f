"""Lay models out as other programs do: Ollama, LM Studio, llama.cpp and the hub cache."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

from hearth.models.sources import Places

COMMIT = "0123456789abcdef0123456789abcdef01234567"
MODEL_LAYER = "application/vnd.ollama.image.model"


@dataclass(frozen=True)
class Stores:
    """Where the other programs of a test keep their models."""

    ollama: Path
    lm_studio: Path
    llama_cpp: Path
    hub: Path

    @property
    def places(self) -> Places:
        """The same, as the library wants it."""
        return Places(
            ollama=(self.ollama,),
            lm_studio=(self.lm_studio,),
            llama_cpp=(self.llama_cpp,),
            hub_cache=(self.hub,),
        )


def sha256(content: bytes) -> str:
    """Return the digest of some bytes."""
    return hashlib.sha256(content).hexdigest()


def put_in_ollama(
    store: Path,
    content: bytes,
    name: str = "registry.ollama.ai/library/pico/latest",
    *,
    folder: str = "manifests",
    digest: str | None = None,
) -> Path:
    """Write a model as `ollama pull` does and return its blob.

    Args:
        store: What OLLAMA_MODELS names.
        content: The GGUF.
        name: Host, namespace, model and tag.
        folder: Where manifests lie.
        digest: What the manifest says, where that is not the truth.
    """
    blobs = store / "blobs"
    blobs.mkdir(parents=True, exist_ok=True)
    blob = blobs / f"sha256-{sha256(content)}"
    blob.write_bytes(content)
    license_text = b"Do what you like."
    (blobs / f"sha256-{sha256(license_text)}").write_bytes(license_text)
    layers = [
        layer(MODEL_LAYER, digest or f"sha256:{sha256(content)}", len(content)),
        layer("application/vnd.ollama.image.license", f"sha256:{sha256(license_text)}", 17),
    ]
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
        "config": layer("application/vnd.docker.container.image.v1+json", "sha256:" + "0" * 64, 2),
        "layers": layers,
    }
    write_manifest(store / folder / name, manifest)
    return blob


def layer(media_type: str, digest: str, size: int) -> dict[str, object]:
    """Return a layer of a manifest."""
    return {"mediaType": media_type, "digest": digest, "size": size}


def write_manifest(path: Path, manifest: object) -> Path:
    """Write a manifest, or anything in its place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(manifest))
    return path


def put_in_lm_studio(models: Path, content: bytes, name: str = "acme/pico-GGUF/pico.gguf") -> Path:
    """Write a model as LM Studio does and return its file."""
    path = models / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def put_in_hub_cache(
    cache: Path,
    content: bytes,
    name: str = "pico.gguf",
    *,
    repo: str = "acme/pico-GGUF",
    commit: str = COMMIT,
    ref: str | None = "main",
) -> Path:
    """Write a file as huggingface_hub does and return the link in its snapshot."""
    folder = cache / f"models--{repo.replace('/', '--')}"
    blob = folder / "blobs" / sha256(content)
    link = folder / "snapshots" / commit / name
    blob.parent.mkdir(parents=True, exist_ok=True)
    link.parent.mkdir(parents=True, exist_ok=True)
    blob.write_bytes(content)
    link.symlink_to(os.path.relpath(blob, link.parent))
    if ref is not None:
        (folder / "refs" / ref).parent.mkdir(parents=True, exist_ok=True)
        (folder / "refs" / ref).write_text(commit)
    return link


def put_in_llama_cpp(cache: Path, content: bytes, *, claim: str | None = None) -> Path:
    """Write a model as llama.cpp's programs did with `-hf`, and return its file."""
    cache.mkdir(parents=True, exist_ok=True)
    path = cache / "acme_pico-GGUF_pico-Q4_0.gguf"
    path.write_bytes(content)
    lfs = {"sha256": claim or sha256(content), "size": len(content)}
    manifest = {"ggufFile": {"rfilename": "pico-Q4_0.gguf", "size": len(content), "lfs": lfs}}
    write_manifest(cache / "manifest=acme=pico-GGUF=Q4_0.json", manifest)
    return path
