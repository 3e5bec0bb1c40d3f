"""Commands about the models that are here: filter, sort, open, load, verify, remove."""

from __future__ import annotations

import asyncio

from hearth.web.commands import Command, Handler
from hearth.web.components.model_table import PAGE_SIZE
from hearth.web.components.toasts import Action
from hearth.web.pages.models_view import ModelsView, Place


def library_commands(view: ModelsView) -> dict[str, Handler]:
    """Return the commands about the library, by name."""
    commands = _Library(view)
    return {
        "filter": commands.filter,
        "sort": commands.sort,
        "more-models": commands.more,
        "look-again": commands.look_again,
        "open-model": commands.open,
        "look-into": commands.look_into,
        "show-table": commands.show_table,
        "find": commands.find,
        "visit": commands.visit,
        "load-model": commands.load,
        "unload-model": commands.unload,
        "verify-model": commands.verify,
        "repair-model": commands.repair,
        "stop-verify": commands.stop_verify,
        "remove-model": commands.remove,
        "undo-remove": commands.undo_remove,
    }


class _Library:
    def __init__(self, view: ModelsView) -> None:
        self._view = view

    async def filter(self, command: Command) -> None:
        self._view.query = command.get("query", "").strip()
        self._view.limit = PAGE_SIZE
        self._view.draw()

    async def sort(self, command: Command) -> None:
        self._view.sorting = self._view.sorting.by(command.get("column", ""))
        self._view.draw()

    async def more(self, command: Command) -> None:
        self._view.limit += PAGE_SIZE
        self._view.draw()

    async def look_again(self, command: Command) -> None:
        await self._view.read()
        self._view.frame.say("The models on this computer were looked up again.")

    async def open(self, command: Command) -> None:
        self._view.go(Place(view="card", subject=command.get("name", "")))

    async def look_into(self, command: Command) -> None:
        self._view.go(Place(view="remote", subject=command.get("reference", "")))

    async def show_table(self, command: Command) -> None:
        self._view.go(Place(view="table"))

    async def find(self, command: Command) -> None:
        """Go to the search, with the words that the filter found nothing for, if there are some."""
        self._view.go(Place(view="find", subject=command.get("query", "")))

    async def visit(self, command: Command) -> None:
        """Follow the browser's back and forward buttons."""
        self._view.visit(Place.of(command.get("path", ""), command.get("search", "")))

    async def load(self, command: Command) -> None:
        name = command.get("name", "")
        self._view.frame.say(f"Loading {name}.")
        await self._view.services.loads.load(name)
        await self._memory_changed()
        self._view.frame.say(f"{name} is loaded.")

    async def unload(self, command: Command) -> None:
        name = command.get("name", "")
        if self._view.card is not None:
            await self._view.card.settle()
        await self._view.services.engine.unload(name)
        await self._memory_changed()
        self._view.frame.say(f"{name} has left the memory.")

    async def verify(self, command: Command) -> None:
        await self._verify(repair=False)

    async def repair(self, command: Command) -> None:
        await self._verify(repair=True)

    async def stop_verify(self, command: Command) -> None:
        card = self._view.card
        if card is not None and card.check is not None:
            card.check.give_up()
            card.draw()

    async def remove(self, command: Command) -> None:
        view, name = self._view, command.get("name", "")
        removed = await asyncio.to_thread(view.services.library.remove, name)
        view.go(Place(view="table"))
        await view.read()
        gone_at = removed.gone_at.astimezone()
        view.frame.toasts.say(
            f"Moved {removed.name} to the trash. It stays there until {gone_at.day} {gone_at:%B}.",
            Action(do="undo-remove", id=removed.id, word="Undo"),
        )

    async def undo_remove(self, command: Command) -> None:
        view = self._view
        restored = await asyncio.to_thread(view.services.library.restore, command.get("id", ""))
        view.frame.toasts.clear()
        await view.read()
        view.frame.say(f"{restored.name} is back.")

    async def _memory_changed(self) -> None:
        await self._view.refresh()
        if self._view.card is not None:
            await self._view.card.look_again()

    async def _verify(self, *, repair: bool) -> None:
        card = self._view.card
        if card is not None:
            verdict = await card.verify(repair=repair)
            self._view.frame.say(verdict.words if verdict else "Not all was hashed.")
