"""The composition root: one process with the engine, the database, the HTTP app and the pages."""

from hearth.house.start import run

__all__ = ["run"]
