"""The database behind the store: opened, checked, brought to the newest schema."""

from __future__ import annotations

from hearth.config import Config


class Database:
    """An open database."""

    def close(self) -> None:
        """Close every connection."""
        raise NotImplementedError


def open_database(config: Config) -> Database:
    """Open the database that the settings name, making or upgrading it where needed.

    Raises:
        StoreError: It is damaged, read-only, locked, on a full disk, or of a newer Hearth.
    """
    raise NotImplementedError
