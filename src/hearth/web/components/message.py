"""One message of the thread: a question as it was typed, or an answer as safe Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup
from nicegui.element import Element

from hearth.core import FinishReason, TokenTrace
from hearth.errors import HearthError
from hearth.store.records import MessageStatus, StoredMessage
from hearth.web import figures
from hearth.web.answers import Answer
from hearth.web.components.lens import token_lens
from hearth.web.components.prose import Prose
from hearth.web.components.receipt import receipt_line
from hearth.web.components.region import Region
from hearth.web.parts import part

ENDINGS = {
    MessageStatus.STOPPED: "stopped by you",
    MessageStatus.INTERRUPTED: "cut off: Hearth ended while it was written",
    MessageStatus.STREAMING: "being written",
}


class QuestionView:
    """A person's message. It is shown as plain text, so that nothing in it is lost."""

    def __init__(self, message: StoredMessage) -> None:
        self.message = message
        self.editing = False
        with Element("article").classes("message question") as self.root:
            self._region = Region()
        self.draw()

    def update(self, message: StoredMessage) -> None:
        """Show the message as it is in the store now."""
        self.message = message
        self.draw()

    def edit(self, editing: bool) -> None:
        """Begin or end to edit the message in place."""
        self.editing = editing
        self.draw()

    def draw(self) -> None:
        """Draw the message."""
        self._region.show(
            part(
                "user",
                message=self.message,
                editing=self.editing,
                branches=branch_switch(self.message),
            )
        )


class AnswerView:
    """A model's message: finished, or growing."""

    def __init__(self, message: StoredMessage) -> None:
        self.message = message
        self.lens_on = False
        self._hint: str | None = None
        with Element("article").classes("message answer") as self.root:
            self._head = Region()
            self._body = Prose()
            self._lens = Region()
            self._foot = Region()
        self._body.show(message.content)
        self._draw_edges()

    def update(self, message: StoredMessage) -> None:
        """Show the message as it is in the store now."""
        if message.content != self.message.content and not self._body.is_growing:
            self._body.show(message.content)
        self.message = message
        self._draw_edges()

    def fail(self, error: HearthError) -> None:
        """Show what to do about an answer that has just failed; the store keeps only the reason."""
        self._hint = error.hint
        self._draw_edges()

    def show_lens(self, traces: Sequence[TokenTrace] | None) -> None:
        """Show the answer as tinted tokens, or as text again (None)."""
        self.lens_on = traces is not None
        self._body.root.set_visibility(not self.lens_on)
        self._lens.show(token_lens(self.message.id, traces) if traces is not None else Markup(""))
        self._draw_edges()

    def paint(self, answer: Answer, waiting: str) -> None:
        """Show a growing answer as far as it has come; `waiting` stands before its first token."""
        self._body.paint(answer.text)
        self.root.classes(**{"add" if answer.running else "remove": "growing"})
        if answer.started is not None:
            self._head.show(receipt_line(answer.started.receipt))
        self._foot.show(_growing_foot(answer, waiting))

    def _draw_edges(self) -> None:
        message = self.message
        self._head.show(receipt_line(message.started.receipt if message.started else None))
        self._foot.show(
            part(
                "foot",
                id=message.id,
                content=message.content,
                error=_stored_error(message, self._hint),
                save_error=None,
                figures=answer_line(message),
                running=message.status is MessageStatus.STREAMING,
                traced=message.num_tokens > 0,
                lens=self.lens_on,
                branches=branch_switch(message),
            )
        )


def branch_switch(message: StoredMessage) -> Markup:
    """Return the switch between the branches at a message, or nothing where there is only one."""
    if len(message.siblings) < 2:
        return Markup("")
    at = message.siblings.index(message.id)
    return part(
        "branches",
        position=at + 1,
        total=len(message.siblings),
        previous=message.siblings[at - 1] if at else None,
        following=message.siblings[at + 1] if at + 1 < len(message.siblings) else None,
    )


def answer_line(message: StoredMessage) -> list[str]:
    """Return the quiet line under an answer: its figures, and how it ended if not by itself."""
    line = figures.answer_figures(message.finished) if message.finished else []
    if message.finished and message.finished.reason is FinishReason.LENGTH:
        line.append("ended at the length limit")
    if message.status in ENDINGS:
        line.append(ENDINGS[message.status])
        line.append(figures.count(message.num_tokens, "token"))
    return line


def _stored_error(message: StoredMessage, hint: str | None) -> dict[str, str | None] | None:
    if message.status is not MessageStatus.FAILED:
        return None
    return {"words": message.error or "The answer failed.", "hint": hint}


def _growing_foot(answer: Answer, waiting: str) -> Markup:
    line = [waiting] if not answer.num_tokens else []
    if answer.tokens_per_s is not None:
        line.append(figures.rate(answer.tokens_per_s))
    if answer.num_tokens:
        line.append(figures.count(answer.num_tokens, "token"))
    return part(
        "foot",
        id=0,
        content="",
        error=None,
        save_error=answer.save_error.message if answer.save_error else None,
        figures=line,
        running=True,
        traced=False,
        lens=False,
        branches=Markup(""),
    )
