"""The thread: the shown branch of a conversation, drawn from its end.

A conversation may have thousands of messages; the last ones are drawn at once and earlier ones as
the reader comes to them.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup
from nicegui.element import Element

from hearth.core import Role
from hearth.errors import NotFound
from hearth.store.records import StoredMessage
from hearth.web.components.message import AnswerView, QuestionView
from hearth.web.components.region import Region

WINDOW = 40

MessageView = QuestionView | AnswerView

_EARLIER = Markup('<button type="button" class="quiet" data-do="earlier">Earlier messages</button>')


class Thread:
    """The messages on the page, and those before them that are not drawn yet."""

    def __init__(self) -> None:
        self._branch: tuple[StoredMessage, ...] = ()
        self._views: list[MessageView] = []
        self._earlier = Region().classes("earlier")
        self._welcome = Region()
        self._messages = Element("div").classes("messages")

    @property
    def last_answer(self) -> StoredMessage | None:
        """The answer at the end of the branch, if there is one."""
        last = self._branch[-1] if self._branch else None
        return last if last is not None and last.role is Role.ASSISTANT else None

    @property
    def is_empty(self) -> bool:
        """True when the branch has no message."""
        return not self._branch

    def show_welcome(self, html: Markup) -> None:
        """Show something in place of messages."""
        self.show(())
        self._welcome.show(html)

    def show(self, branch: Sequence[StoredMessage]) -> None:
        """Show a branch from its end; what stood here before is gone."""
        self._branch = tuple(branch)
        self._messages.clear()
        self._views = []
        self._welcome.show(Markup(""))
        self._append(self._branch[-WINDOW:])
        self._show_earlier()

    def show_earlier(self) -> None:
        """Draw another window of messages above those that are drawn."""
        end = len(self._branch) - len(self._views)
        new = [self._make(message) for message in self._branch[max(0, end - WINDOW) : end]]
        for index, view in enumerate(new):
            view.root.move(self._messages, target_index=index)
        self._views[:0] = new
        self._show_earlier()

    def change(self, branch: Sequence[StoredMessage]) -> None:
        """Show another branch of the same conversation, leaving what both have in common."""
        shared = _num_shared(self._branch, branch)
        first_drawn = len(self._branch) - len(self._views)
        if shared < first_drawn:
            self.show(branch)
            return
        for view in self._views[shared - first_drawn :]:
            view.root.delete()
        del self._views[shared - first_drawn :]
        for view, message in zip(self._views, branch[first_drawn:shared], strict=True):
            view.update(message)
        self._branch = tuple(branch)
        self._welcome.show(Markup(""))
        self._append(self._branch[shared:])

    def answer(self, message_id: int) -> AnswerView:
        """Return the drawn answer with this id; NotFound if it is not drawn."""
        for view in self._views:
            if view.message.id == message_id and isinstance(view, AnswerView):
                return view
        raise NotFound(f"There is no answer {message_id} on this page.")

    def question(self, message_id: int) -> QuestionView:
        """Return the drawn question with this id; NotFound if it is not drawn."""
        for view in self._views:
            if view.message.id == message_id and isinstance(view, QuestionView):
                return view
        raise NotFound(f"There is no message {message_id} of yours on this page.")

    def _append(self, messages: Sequence[StoredMessage]) -> None:
        self._views += [self._make(message) for message in messages]

    def _make(self, message: StoredMessage) -> MessageView:
        with self._messages:
            return (AnswerView if message.role is Role.ASSISTANT else QuestionView)(message)

    def _show_earlier(self) -> None:
        self._earlier.show(_EARLIER if len(self._views) < len(self._branch) else Markup(""))


def _num_shared(old: Sequence[StoredMessage], new: Sequence[StoredMessage]) -> int:
    shared = 0
    for a, b in zip(old, new, strict=False):
        if a.id != b.id:
            break
        shared += 1
    return shared
