"""The settings that all programs of the hub share, read from the environment they share."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hearth.models.sources.places import hub_cache_dir

DEFAULT_ENDPOINT = "https://huggingface.co"

_TRUE = {"1", "ON", "YES", "TRUE"}


@dataclass(frozen=True, slots=True, kw_only=True)
class HubSettings:
    """Where the hub is, who asks, and where its files are kept.

    Args:
        endpoint: Base address, without a slash at the end.
        token: Proof of who asks, or None; never shown.
        offline: Whether nothing may be asked.
        cache_dir: The cache that all programs of the hub share.
    """

    endpoint: str = DEFAULT_ENDPOINT
    token: str | None = None
    offline: bool = False
    cache_dir: Path

    def __repr__(self) -> str:
        """Show everything but the token."""
        return (
            f"HubSettings(endpoint={self.endpoint!r}, offline={self.offline}, "
            f"cache_dir={str(self.cache_dir)!r})"
        )


def hub_settings(environment: Mapping[str, str] = os.environ) -> HubSettings:
    """Read the settings that programs of the hub share, from an environment."""
    caches = environment.get("XDG_CACHE_HOME") or "~/.cache"
    home = _path(environment.get("HF_HOME") or f"{caches}/huggingface")
    token = environment.get("HF_TOKEN") or environment.get("HUGGING_FACE_HUB_TOKEN")
    offline = environment.get("HF_HUB_OFFLINE") or environment.get("TRANSFORMERS_OFFLINE") or ""
    return HubSettings(
        endpoint=(environment.get("HF_ENDPOINT") or DEFAULT_ENDPOINT).rstrip("/"),
        token=(token or _saved_token(environment, home) or "").strip() or None,
        offline=offline.upper() in _TRUE,
        cache_dir=hub_cache_dir(environment, Path.home()),
    )


def _path(text: str) -> Path:
    return Path(os.path.expandvars(text)).expanduser().absolute()


def _saved_token(environment: Mapping[str, str], home: Path) -> str | None:
    """Return the token that `hf auth login` has saved."""
    given = environment.get("HF_TOKEN_PATH")
    try:
        return (_path(given) if given else home / "token").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
