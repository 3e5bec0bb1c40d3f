"""Settings, read once at the edge, and where things lie on disk.

Order, strongest first: arguments of the command line, `HEARTH_*` environment variables,
`config.toml` in Hearth's home, the defaults below. Inside Hearth a `Config` is handed down as a
value; nothing below the faces reads the environment.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from hearth.core import LoadOptions
from hearth.errors import SetupError

DEFAULT_PORT = 11711


def default_home() -> Path:
    """Return Hearth's home: `HEARTH_HOME`, else the place this system keeps such data."""
    given = os.environ.get("HEARTH_HOME")
    if given:
        return Path(given).expanduser().absolute()
    import platformdirs

    return Path(platformdirs.user_data_dir("hearth", appauthor=False))


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadSettings(LoadOptions):
    """Options of a load, as the settings have them for one model."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")


class Config(BaseSettings):
    """Hearth's settings. Each can be set as `HEARTH_<NAME>` or in `config.toml`."""

    model_config = SettingsConfigDict(
        env_prefix="HEARTH_", extra="forbid", frozen=True, validate_default=True
    )

    home: Path = Field(default_factory=default_home, description="Where everything is kept.")
    host: str = Field(default="127.0.0.1", description="Address the server binds to.")
    port: int = Field(default=DEFAULT_PORT, ge=1, le=65535, description="Port of the server.")
    api_key: SecretStr | None = Field(
        default=None, description="Key that clients must send; needed for a non-loopback host."
    )
    allowed_hosts: list[str] = Field(
        default=[], description="Host names that clients may use besides loopback's own."
    )
    model: str = Field(default="starter", description="Model to use when none is named.")
    loads: dict[str, LoadSettings] = Field(
        default={},
        description="Options of `hearth load` by the name of the model, for every load of it: "
        'under `[loads.starter]` a line `kv_type = "q8_0"`.',
    )
    model_folders: list[Path] = Field(
        default=[], description="Folders to look for model files in, besides <home>/models."
    )
    other_programs: bool = Field(
        default=True,
        description="Use the models of Ollama, LM Studio and llama.cpp where they lie.",
    )
    memory_limit_gb: float | None = Field(
        default=None, gt=0, description="Most memory for all loaded models; default: what is free."
    )
    idle_unload_s: float = Field(
        default=900.0, ge=0, description="Seconds until an unused model is unloaded; 0: never."
    )
    load_timeout_s: float = Field(
        default=600.0, gt=0, description="Seconds a model may take to load."
    )
    queue_limit: int = Field(
        default=64, ge=1, le=4096, description="Requests per model that may wait."
    )
    stalled_client_s: float = Field(
        default=60.0, gt=0, description="Seconds a client may take nothing of its answer."
    )
    confine: bool = Field(
        default=True, description="Shut workers off from files and network after loading."
    )
    prefix_cache: Literal["disk", "memory", "off"] = Field(
        default="disk",
        description="Where computed beginnings of prompts are kept for the next request.",
    )
    prefix_cache_gb: float = Field(
        default=8.0, gt=0, description="Most disk space for them, all models together."
    )
    shared_prompts: list[str] = Field(
        default=[],
        description="System prompts that are computed once for all users; all else is private.",
    )
    predictions: bool = Field(
        default=True,
        description="Note what was predicted of loads and answers beside what came out.",
    )
    database_url: str | None = Field(
        default=None, description="SQLAlchemy URL of the database; default: SQLite in the home."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Put `config.toml` below the environment; read no other place."""
        path = default_home() / "config.toml"
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, path)

    def load_options(self, model: str, asked: LoadOptions | None = None) -> LoadOptions:
        """Return the options of a load: what is asked for, else what the settings say."""
        return (asked or LoadOptions()).over(self.loads.get(model, LoadOptions()))

    @property
    def models_dir(self) -> Path:
        """Folder of the models that Hearth keeps itself."""
        return self.home / "models"

    @property
    def logs_dir(self) -> Path:
        """Folder of the log files, one per worker and one of the server."""
        return self.home / "logs"

    @property
    def prefixes_dir(self) -> Path:
        """Folder of the prefix cache's blocks."""
        return self.home / "prefixes"

    @property
    def database_path(self) -> Path:
        """The SQLite file with conversations and settings."""
        return self.home / "hearth.db"

    @property
    def locks_dir(self) -> Path:
        """Folder of the locks that downloads take, one for each file on its way."""
        return self.home / "locks"

    @property
    def tunings_dir(self) -> Path:
        """Folder of the layouts that tuning has found, one file for each model."""
        return self.home / "tunings"

    @property
    def lock_path(self) -> Path:
        """The lock that one running server holds."""
        return self.home / "server.lock"

    @property
    def server_info_path(self) -> Path:
        """Where a running server says how it can be reached."""
        return self.home / "server.json"


def load_config(**overrides: Any) -> Config:
    """Read the settings; None among the overrides means "not given".

    Raises:
        SetupError: A setting is unknown or has a value that is not allowed, or the file is no TOML.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Config(**given)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise SetupError(
            f"The setting {name!r} is not usable: {first['msg']} (given: {first.get('input')!r}).",
            hint="See `hearth config` for every setting, its range and its default.",
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SetupError(
            f"{default_home() / 'config.toml'} cannot be read as TOML: {error}.",
            hint="Correct the line, or move the file away to go back to the defaults.",
        ) from error


def ensure_home(config: Config) -> None:
    """Make Hearth's folders, readable by their owner only.

    Raises:
        SetupError: The home cannot be made or written to.
    """
    try:
        for folder in (config.home, config.models_dir, config.logs_dir):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = config.home / f".write-probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise SetupError(
            f"Hearth's home {config.home} cannot be written: {error.strerror or error}.",
            hint="Set HEARTH_HOME to a folder you own, or repair the permissions.",
        ) from error


def change_setting(config: Config, name: str, value: str) -> Path:
    """Write a setting to `config.toml`, and leave every other line as it is.

    Args:
        config: Says where Hearth's home is.
        name: Of a setting that is a text, on one line.
        value: What it shall be.

    Returns:
        The file that was changed.

    Raises:
        SetupError: The file cannot be written, or means something else afterwards.
    """
    path = config.home / "config.toml"
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    line = f"{name} = {json.dumps(value, ensure_ascii=False)}"
    beginning, table, rest = text.partition("\n[")  # settings stand before the first table
    changed, count = re.subn(
        rf"^{re.escape(name)}\s*=.*$", lambda _: line, beginning, count=1, flags=re.MULTILINE
    )
    text_after = (changed if count else f"{line}\n{beginning}") + table + rest
    by_hand = f"Write it yourself: {line}"
    try:
        if tomllib.loads(text_after) != tomllib.loads(text) | {name: value}:
            raise SetupError(f"{path} cannot be changed safely.", hint=by_hand)
        ensure_home(config)
        write_whole(path, text_after)
    except (tomllib.TOMLDecodeError, OSError) as error:
        raise SetupError(f"{path} cannot be changed: {error}.", hint=by_hand) from error
    return path


def write_whole(path: Path, text: str) -> None:
    """Write a file as a whole or not at all; only its owner may read it.

    Raises:
        OSError: It cannot be written.
    """
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
