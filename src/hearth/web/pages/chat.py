"""The Chat page: the list, the thread, the composer, and everything an answer can be asked.

This file makes the page; `chat_view.py` holds what it shows, and the commands live beside it:
`chat_conversations.py` (the list), `chat_turns.py` (ask, stop, again), `chat_panels.py` (settings,
lens, prompt).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from nicegui import ui
from nicegui.element import Element

from hearth.web.components.composer import Composer
from hearth.web.components.conversation_list import ConversationList
from hearth.web.components.region import Region
from hearth.web.components.thread import Thread
from hearth.web.frame import Frame, PageEntry, PaletteEntry, build_frame
from hearth.web.pages.chat_conversations import conversation_commands
from hearth.web.pages.chat_panels import panel_commands
from hearth.web.pages.chat_turns import turn_commands
from hearth.web.pages.chat_view import ChatView
from hearth.web.parts import part
from hearth.web.services import Services

STATUS_EVERY_S = 1.0
PAGE_TIMEOUT_S = 15.0

ENTRIES = (
    PaletteEntry(words="New conversation", icon="plus", data={"do": "new"}, key="Ctrl Shift O"),
    PaletteEntry(words="Search conversations", icon="search", data={"ui": "find"}),
    PaletteEntry(words="Show or hide the list", icon="menu", data={"ui": "list"}),
    PaletteEntry(words="Stop the answer", icon="stop", data={"do": "stop"}, key="Esc"),
    PaletteEntry(words="Answer again", icon="retry", data={"do": "retry-last"}),
    PaletteEntry(words="What else did it consider?", icon="lens", data={"do": "lens-last"}),
    PaletteEntry(words="Show the exact prompt", icon="prompt", data={"do": "prompt-last"}),
    PaletteEntry(words="Rename this conversation", icon="pencil", data={"do": "rename"}),
    PaletteEntry(
        words="Export as Markdown", icon="download", data={"do": "export", "format": "markdown"}
    ),
    PaletteEntry(words="Export as JSON", icon="download", data={"do": "export", "format": "json"}),
    PaletteEntry(words="Delete this conversation", icon="trash", data={"do": "delete"}),
)


def _register(services: Services, pages: Sequence[PageEntry]) -> None:
    @ui.page("/", response_timeout=PAGE_TIMEOUT_S)
    async def new_conversation(model: str = "") -> None:
        await _build(services, pages, None, model)

    @ui.page("/c/{conversation_id}", response_timeout=PAGE_TIMEOUT_S)
    async def one_conversation(conversation_id: str) -> None:
        await _build(services, pages, conversation_id)


CHAT = PageEntry(name="chat", word="Chat", path="/", icon="chat", register=_register)


async def _build(
    services: Services, pages: Sequence[PageEntry], conversation_id: str | None, model: str = ""
) -> None:
    frame = build_frame("chat", pages, ENTRIES)
    view = _draw(services, frame)
    for commands in (conversation_commands(view), turn_commands(view), panel_commands(view)):
        frame.commands.register(commands)
    if model:
        view.settings = replace(view.settings, model=model)
    await view.refresh_status()
    await view.start(conversation_id)
    await view.conversation_list.load()
    ui.timer(STATUS_EVERY_S, view.refresh_status)
    ui.context.client.on_delete(view.leave)


def _draw(services: Services, frame: Frame) -> ChatView:
    with frame.side:
        Region(part("side_head"))
        rows = Region(tag="nav").classes("rows").props('aria-label="Conversations by date"')
    with Element("div").classes("chat").props('id=hearth-main data-at-end="yes"'):
        scroller = Element("div").classes("scroller")
        scroller.props('data-thread tabindex=0 role=region aria-label="Messages"')
        with scroller, Element("div").classes("thread"):
            thread = Thread()
        with Element("div").classes("dock"):
            Region(part("jump"))
            composer = Composer()
            Region(part("hint"))
    panels = {
        "models": frame.add_panel("models", "Choose a model"),
        "status": frame.add_panel("status", "What is loaded", align="end"),
        "confinement": frame.add_panel("confinement", "What the model can reach", align="end"),
        "sampling": frame.add_panel("sampling", "Sampling settings"),
        "system": frame.add_panel("system", "System prompt"),
        "export": frame.add_panel("export", "Export this conversation", align="end"),
        "alternatives": frame.add_panel("alternatives", "What else the model considered"),
    }
    panels["export"].show(part("export"))
    return ChatView(
        services=services,
        frame=frame,
        client=ui.context.client,
        thread=thread,
        composer=composer,
        panels=panels,
        prompt=frame.add_dialog("prompt", "The exact prompt").classes("prompt-dialog"),
        conversation_list=ConversationList(
            region=rows,
            conversations=services.conversations,
            is_running=lambda one: services.answers.of(one) is not None,
        ),
    )
