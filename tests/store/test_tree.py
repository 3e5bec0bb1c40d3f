"""The tree against a simple model of it: any order of adding, branching, deleting, restoring."""

from __future__ import annotations

import os
import tempfile

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
)

from hearth.config import load_config
from hearth.store.conversations import Conversations
from hearth.store.database import open_database
from hearth.store.records import MessageStatus
from support.talk import SETTINGS, answer, draft


class Talk:
    """The model of one conversation: texts and parents by id, in order of making."""

    def __init__(self) -> None:
        self.texts: dict[int, str] = {}
        self.parents: dict[int, int | None] = {}
        self.leaf: int | None = None
        self.trashed = False

    def path(self, leaf: int | None) -> list[int]:
        return [] if leaf is None else [*self.path(self.parents[leaf]), leaf]

    def children(self, parent: int | None) -> list[int]:
        return [id_ for id_, its_parent in self.parents.items() if its_parent == parent]

    def newest_leaf(self, id_: int) -> int:
        children = self.children(id_)
        return self.newest_leaf(children[-1]) if children else id_


class TreeMachine(RuleBasedStateMachine):
    """Do the same to the store and to the model, and compare."""

    talks = Bundle("talks")
    questions = Bundle("questions")
    answers = Bundle("answers")

    @initialize()
    def open(self) -> None:
        self.home = tempfile.TemporaryDirectory(dir=_fast_folder())
        config = load_config(home=self.home.name)
        self.database = open_database(config)
        self.conversations = Conversations(self.database)
        self.model: dict[str, Talk] = {}

    def teardown(self) -> None:
        if hasattr(self, "home"):
            self.database.close()
            self.home.cleanup()

    @rule(target=talks)
    def create(self) -> str:
        made = self.conversations.create(SETTINGS)
        self.model[made.id] = Talk()
        return made.id

    @rule(target=questions, talk=talks, text=st.text(st.characters(codec="utf-8"), max_size=9))
    def ask_first(self, talk: str, text: str) -> object:
        return self._ask(talk, f"q {text}".replace("\0", ""), None)

    @rule(target=questions, last=answers)
    def ask_on(self, last: tuple[str, int]) -> object:
        return self._ask(last[0], "q on", last[1])

    @rule(
        target=answers, question=questions, text=st.text(st.characters(codec="utf-8"), max_size=9)
    )
    def answer_again(self, question: tuple[str, int], text: str) -> object:
        talk_id, question_id = question
        if not self._in_use(talk_id):
            return multiple()
        opened = self.conversations.add_answer(question_id, SETTINGS)
        self.conversations.end_answer(opened.id, draft(text), MessageStatus.STOPPED)
        self._added(talk_id, opened.id, text, question_id)
        return (talk_id, opened.id)

    @rule(chosen=st.one_of(questions, answers))
    def select(self, chosen: tuple[str, int]) -> None:
        talk = self.model.get(chosen[0])
        if talk is not None:
            talk.leaf = talk.newest_leaf(chosen[1])
            assert self.conversations.select(chosen[1]).active_leaf == talk.leaf

    @rule(talk=talks)
    def delete(self, talk: str) -> None:
        if talk in self.model:
            self.conversations.delete(talk)
            self.model[talk].trashed = True

    @rule(talk=talks)
    def restore(self, talk: str) -> None:
        if talk in self.model:
            self.conversations.restore(talk)
            self.model[talk].trashed = False

    @rule(talk=consumes(talks))
    def purge(self, talk: str) -> None:
        self.conversations.purge(talk)
        del self.model[talk]

    @rule()
    def reopen(self) -> None:
        self.database.close()
        self.database = open_database(load_config(home=self.home.name))
        self.conversations = Conversations(self.database)

    @invariant()
    def same_list(self) -> None:
        for trashed in (False, True):
            found = {item.id for item in self.conversations.find(trashed=trashed).items}
            assert found == {id_ for id_, talk in self.model.items() if talk.trashed is trashed}

    @invariant()
    def same_branches(self) -> None:
        for id_, talk in self.model.items():
            shown = self.conversations.branch(id_)
            assert [message.id for message in shown] == talk.path(talk.leaf)
            for message in shown:
                assert message.content == talk.texts[message.id]
                assert list(message.siblings) == talk.children(message.parent_id)

    def _ask(self, talk_id: str, text: str, parent: int | None) -> object:
        if not self._in_use(talk_id):
            return multiple()
        turn = self.conversations.add_turn(talk_id, text, SETTINGS, parent_id=parent)
        answer(self.conversations, turn, "a")
        self._added(talk_id, turn.question.id, text, parent)
        self._added(talk_id, turn.answer.id, "a", turn.question.id)
        return (talk_id, turn.question.id)

    def _added(self, talk_id: str, id_: int, text: str, parent: int | None) -> None:
        talk = self.model[talk_id]
        talk.texts[id_], talk.parents[id_], talk.leaf = text, parent, id_

    def _in_use(self, talk_id: str) -> bool:
        return talk_id in self.model and not self.model[talk_id].trashed


def _fast_folder() -> str | None:
    # Nothing here is about the disk, and the machine makes thousands of small commits.
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


TestTree = TreeMachine.TestCase
TestTree.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
