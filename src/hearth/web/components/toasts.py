"""Short notices at the edge of the page: what was done, with its undo, or what went wrong."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from nicegui import ui

from hearth.errors import HearthError
from hearth.web.components.region import Region
from hearth.web.parts import part

SHOWN_S = 8.0
ERROR_SHOWN_S = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A button on a notice: the command it sends."""

    do: str
    id: str
    word: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Toast:
    """One notice."""

    id: str
    kind: str
    icon: str
    words: str
    hint: str | None
    action: Action | None


class Toasts:
    """The notices on the page; each goes by itself after a while."""

    def __init__(self, region: Region) -> None:
        self._region = region
        self._shown: list[Toast] = []
        self._ids = itertools.count(1)

    def say(self, words: str, action: Action | None = None) -> None:
        """Tell what was done."""
        self._add("calm", "check", words, None, action, SHOWN_S)

    def error(self, error: HearthError) -> None:
        """Tell what went wrong and what to do next."""
        self._add("bad", "warn", error.message, error.hint, None, ERROR_SHOWN_S)

    def dismiss(self, toast_id: str) -> None:
        """Take a notice away; one that is gone already is no mistake."""
        self._shown = [toast for toast in self._shown if toast.id != toast_id]
        self._draw()

    def clear(self) -> None:
        """Take every notice away."""
        self._shown = []
        self._draw()

    def _add(
        self,
        kind: str,
        icon: str,
        words: str,
        hint: str | None,
        action: Action | None,
        shown_s: float,
    ) -> None:
        toast = Toast(
            id=str(next(self._ids)), kind=kind, icon=icon, words=words, hint=hint, action=action
        )
        self._shown = [*self._shown[-3:], toast]
        self._draw()
        with self._region.client:
            ui.timer(shown_s, lambda: self.dismiss(toast.id), once=True)

    def _draw(self) -> None:
        self._region.show(part("toasts", toasts=self._shown))
