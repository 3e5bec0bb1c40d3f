"""Show an answer while it grows.

It is painted at most 30 times a second, and never so often that painting takes more than a quarter
of the event loop's time.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from hearth.errors import StoreError
from hearth.web.answers import Answer
from hearth.web.components.announcer import Announcer
from hearth.web.components.message import AnswerView
from hearth.web.components.status import waiting_words

if TYPE_CHECKING:
    from hearth.web.pages.chat_view import ChatView

LEAST_PAUSE_S = 1 / 30
PAINT_SHARE = 0.25  # most of the event loop's time that painting may take


async def follow(view: ChatView, answer: Answer, unsent: str) -> None:
    """Paint an answer whenever it has grown, until it ends; see `ChatView.follow`."""
    with answer.watched():
        while answer.turn is None and answer.running:
            await answer.newer_than(answer.version)
        if answer.turn is None:
            _give_back(view, answer, unsent)
            return
        await view.load_branch()
        drawn = view.thread.answer(answer.turn.answer.id)
        await _paint_until_end(view, answer, drawn)
    await _finish(view, answer, drawn)


async def _paint_until_end(view: ChatView, answer: Answer, drawn: AnswerView) -> None:
    announcer = Announcer()
    view.event("hearth:end", None)
    view.draw()
    while True:
        began, version = time.perf_counter(), answer.version
        with view.client:
            drawn.paint(answer, waiting_words(view.model_status()))
        view.frame.say(announcer.newly_complete(answer.text, ended=not answer.running))
        if not answer.running:
            return
        took = time.perf_counter() - began
        await asyncio.sleep(max(LEAST_PAUSE_S, took / PAINT_SHARE))
        await answer.newer_than(version)


async def _finish(view: ChatView, answer: Answer, drawn: AnswerView) -> None:
    if answer.ended is not None and not answer.ended.saved:
        view.frame.toasts.error(
            StoreError(
                "The end of this answer is not on disk yet.",
                hint="Free some space; saving is tried again with your next message.",
            )
        )
    await view.load_branch()
    if answer.error is not None:
        drawn.fail(answer.error)
    await view.conversation_list.load()
    await view.refresh_status()
    view.draw()


def _give_back(view: ChatView, answer: Answer, unsent: str) -> None:
    """Say why a turn could not even be stored, and put its text back into the box."""
    if answer.error is not None:
        view.frame.toasts.error(answer.error)
    if unsent:
        view.write(unsent)
    view.draw()
