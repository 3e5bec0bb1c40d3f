"""Commands that open something: models, settings, confinement, the token lens, the exact prompt."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from hearth.core import TokenTrace
from hearth.errors import InvalidRequest
from hearth.models.library import Library
from hearth.store.records import ChatSettings
from hearth.web.commands import Command, Handler, number
from hearth.web.components import sampling
from hearth.web.components.lens import alternatives_panel
from hearth.web.components.prompt import prompt_dialog
from hearth.web.components.status import confinement_panel, status_panel
from hearth.web.pages.chat_view import ChatView
from hearth.web.parts import part


def panel_commands(view: ChatView) -> dict[str, Handler]:
    """Return the commands that open panels or change what stands in them, by name."""
    panels = _Panels(view)
    return {
        "panel": panels.open,
        "model": panels.choose_model,
        "set": panels.set,
        "sampling-reset": panels.reset_sampling,
        "system": panels.set_system_prompt,
        "lens": panels.lens,
        "lens-last": panels.lens_last,
        "token": panels.token,
        "prompt": panels.prompt,
        "prompt-last": panels.prompt_last,
    }


class _Panels:
    def __init__(self, view: ChatView) -> None:
        self._view = view
        self._conversations = view.services.conversations

    async def open(self, command: Command) -> None:
        view, name = self._view, command.get("panel")
        if name == "models":
            await self._draw_models()
        elif name == "status":
            view.panels[name].show(status_panel(view.statuses or (), view.services.config))
        elif name == "confinement":
            view.panels[name].show(confinement_panel(view.statuses or ()))

    async def choose_model(self, command: Command) -> None:
        await self._use(replace(self._view.settings, model=command.get("name", "")))
        await self._draw_models()
        self._view.browser("document.querySelector('[data-popover=models]').hidePopover()")
        if self._view.thread.is_empty:
            await self._view.visit(None)

    async def set(self, command: Command) -> None:
        view, name = self._view, command.get("name", "")
        try:
            changed = sampling.changed(view.settings, name, command.get("value", ""))
        except InvalidRequest:
            view.event("hearth:put-back", name)
            raise
        await self._use(changed)
        view.panels["sampling"].show(sampling.sampling_panel(changed))

    async def reset_sampling(self, command: Command) -> None:
        settings = sampling.reset(self._view.settings)
        await self._use(settings)
        self._view.panels["sampling"].show(sampling.sampling_panel(settings))

    async def set_system_prompt(self, command: Command) -> None:
        text = command.get("text", "").strip()
        await self._use(replace(self._view.settings, system_prompt=text))
        self._view.browser("document.querySelector('[data-popover=system]').hidePopover()")

    async def lens(self, command: Command) -> None:
        message_id = number(command, "id")
        drawn = self._view.thread.answer(message_id)
        if drawn.lens_on:
            drawn.show_lens(None)
            return
        traces = await self._traces(message_id)
        if not traces:
            raise InvalidRequest("The tokens of this answer were not kept.")
        drawn.show_lens(traces)

    async def lens_last(self, command: Command) -> None:
        await self.lens({"id": str(self._last_answer_id())})

    async def token(self, command: Command) -> None:
        message_id, index = number(command, "id"), number(command, "index")
        traces = await self._traces(message_id)
        if not 0 <= index < len(traces):
            raise InvalidRequest(f"This answer has no token {index}.")
        self._view.panels["alternatives"].show(alternatives_panel(message_id, index, traces[index]))

    async def prompt(self, command: Command) -> None:
        rendered = await self._view.services.session.exact_prompt(number(command, "id"))
        self._view.prompt.show(prompt_dialog(rendered))
        self._view.browser("hearth.actions.prompt()")

    async def prompt_last(self, command: Command) -> None:
        await self.prompt({"id": str(self._last_answer_id())})

    async def _traces(self, message_id: int) -> tuple[TokenTrace, ...]:
        """Read an answer's traces; those of the answer that was asked for last are kept."""
        if self._view.traces[0] != message_id:
            traces = await asyncio.to_thread(self._conversations.traces, message_id)
            self._view.traces = (message_id, traces)
        return self._view.traces[1]

    async def _use(self, settings: ChatSettings) -> None:
        view = self._view
        if view.conversation is not None:
            view.conversation = await asyncio.to_thread(
                self._conversations.configure, view.conversation.id, settings
            )
        view.settings = settings
        view.draw_meters()

    async def _draw_models(self) -> None:
        view = self._view
        library = Library(view.services.config)
        loaded = {status.name for status in view.statuses or ()}
        view.panels["models"].show(
            part(
                "models",
                models=await asyncio.to_thread(library.list),
                current=view.settings.model,
                loaded=loaded,
                folder=str(view.services.config.models_dir),
            )
        )

    def _last_answer_id(self) -> int:
        last = self._view.thread.last_answer
        if last is None:
            raise InvalidRequest("There is no answer yet.")
        return last.id
