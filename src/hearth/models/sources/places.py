"""Where other programs keep their models on this machine.

The one module below the faces that reads the environment: these variables are the other programs'
own, and Hearth must find what they would find.

Sources:
    Ollama: OLLAMA_MODELS, else ~/.ollama/models, on Linux as a service
        /usr/share/ollama/.ollama/models (github.com/ollama/ollama, docs/faq).
    LM Studio: ~/.lmstudio/models, its settings.json may name another `downloadsFolder`, and
        ~/.lmstudio-home-pointer another home (lmstudio.ai/docs/app/advanced/import-model).
    llama.cpp: LLAMA_CACHE, else the user's cache folder (github.com/ggml-org/llama.cpp,
        common/common.cpp, fs_get_cache_directory); newer versions use the hub cache.
    Hub cache: HF_HUB_CACHE, HF_HOME (huggingface.co/docs/hub/local-cache).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

MAX_SETTINGS_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Folders in which other programs keep models; those that do not exist are harmless."""

    ollama: tuple[Path, ...] = ()
    lm_studio: tuple[Path, ...] = ()
    llama_cpp: tuple[Path, ...] = ()
    hub_cache: tuple[Path, ...] = ()


def find_places(environment: Mapping[str, str], home: Path) -> Places:
    """Return where the programs of one user keep their models.

    Args:
        environment: The environment variables.
        home: The user's home folder.
    """
    return Places(
        ollama=_ollama(environment, home),
        lm_studio=_lm_studio(home),
        llama_cpp=(_llama_cpp(environment, home),),
        hub_cache=(hub_cache_dir(environment, home),),
    )


def hub_cache_dir(environment: Mapping[str, str], home: Path) -> Path:
    """Return the folder of the Hugging Face hub cache."""
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        if environment.get(name):
            return _expand(environment[name], home)
    if environment.get("HF_HOME"):
        return _expand(environment["HF_HOME"], home) / "hub"
    cache = environment.get("XDG_CACHE_HOME")
    return (_expand(cache, home) if cache else home / ".cache") / "huggingface" / "hub"


def _ollama(environment: Mapping[str, str], home: Path) -> tuple[Path, ...]:
    given = environment.get("OLLAMA_MODELS", "").strip().strip("\"'")
    if given:
        return (_expand(given, home),)
    return (home / ".ollama" / "models", Path("/usr/share/ollama/.ollama/models"))


def _lm_studio(home: Path) -> tuple[Path, ...]:
    folders: dict[Path, None] = {}
    for base in (_pointed(home), home / ".lmstudio", home / ".cache" / "lm-studio"):
        if base is not None and base.is_dir():
            chosen = _downloads_folder(base / "settings.json", home)
            folders |= dict.fromkeys([*([chosen] if chosen else []), base / "models"])
    return tuple(folders)


def _pointed(home: Path) -> Path | None:
    text = _read(home / ".lmstudio-home-pointer").strip()
    return _expand(text.splitlines()[0].strip(), home) if text else None


def _downloads_folder(settings: Path, home: Path) -> Path | None:
    try:
        chosen = json.loads(_read(settings) or "{}")["downloadsFolder"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return _expand(chosen, home) if isinstance(chosen, str) and chosen else None


def _llama_cpp(environment: Mapping[str, str], home: Path) -> Path:
    if environment.get("LLAMA_CACHE"):
        return _expand(environment["LLAMA_CACHE"], home)
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "llama.cpp"
    cache = environment.get("XDG_CACHE_HOME")
    return (_expand(cache, home) if cache else home / ".cache") / "llama.cpp"


def _expand(text: str, home: Path) -> Path:
    if text == "~" or text.startswith("~/"):
        return home / text[2:]
    return Path(text.replace("\0", "")).absolute()


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(MAX_SETTINGS_BYTES).decode(errors="replace")
    except OSError:
        return ""
