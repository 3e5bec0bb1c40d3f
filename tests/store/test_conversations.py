"""What one person does with conversations, one method at a time."""

from __future__ import annotations

import pytest

from hearth.core import (
    ContextPolicy,
    Finished,
    FinishReason,
    Receipt,
    SamplingParams,
    Started,
    Timings,
    Usage,
)
from hearth.errors import InvalidRequest, NotFound
from hearth.store.conversations import Conversations
from hearth.store.records import AnswerDraft, ChatSettings, MessageStatus
from support.talk import SETTINGS, answer, ask, draft, trace


def test_settings_return_as_they_were_given(conversations: Conversations) -> None:
    settings = ChatSettings(
        model="starter",
        system_prompt="Be brief. 漢字",
        sampling=SamplingParams(temperature=0.3, seed=7, logit_bias={5: -1.5}),
        max_tokens=100,
        context_policy=ContextPolicy.KEEP_ENDS,
    )
    made = conversations.create(settings, title="  A \n title ")
    assert conversations.get(made.id) == made
    assert (made.title, made.settings, made.active_leaf) == ("A title", settings, None)
    assert conversations.configure(made.id, SETTINGS).settings == SETTINGS


def test_a_turn_is_a_question_and_an_open_answer(conversations: Conversations) -> None:
    made = conversations.create(SETTINGS)
    turn = ask(conversations, made.id, "Why?")
    assert turn.question.status is MessageStatus.COMPLETE
    assert turn.question.siblings == (turn.question.id,)
    assert turn.answer.status is MessageStatus.STREAMING
    assert turn.answer.settings == SETTINGS
    assert conversations.get(made.id).active_leaf == turn.answer.id
    assert conversations.branch(made.id) == (turn.question, turn.answer)


def test_an_answer_ends_with_its_figures(conversations: Conversations) -> None:
    turn = ask(conversations, conversations.create(SETTINGS).id, "Why?")
    receipt = Receipt(
        policy=ContextPolicy.DROP_OLDEST,
        context_tokens=100,
        prompt_tokens_before=130,
        prompt_tokens_after=90,
        dropped_messages=(0, 1),
    )
    started = Started(prompt_tokens=90, context_tokens=100, receipt=receipt)
    finished = Finished(
        reason=FinishReason.LENGTH,
        usage=Usage(prompt_tokens=90, completion_tokens=2, cached_tokens=64),
        timings=Timings(queue_s=0.1, prompt_s=0.2, decode_s=0.3),
    )
    end = AnswerDraft(content="So.", num_tokens=2, started=started)
    ended = conversations.end_answer(turn.answer.id, end, MessageStatus.COMPLETE, finished=finished)
    assert (ended.content, ended.started, ended.finished) == ("So.", started, finished)
    assert conversations.message(turn.answer.id) == ended


def test_traces_are_appended_and_a_repeated_save_does_not_double_them(
    conversations: Conversations,
) -> None:
    turn = ask(conversations, conversations.create(SETTINGS).id, "Why?")
    conversations.save_answer(turn.answer.id, draft("a", 0, 2))
    conversations.save_answer(turn.answer.id, draft("ab", 2, 1))
    conversations.save_answer(turn.answer.id, draft("abc", 2, 3))  # the save before, once more
    answer = conversations.message(turn.answer.id)
    assert (answer.content, answer.num_tokens) == ("abc", 5)
    assert conversations.traces(answer.id) == tuple(trace(number) for number in range(5))


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Hello", "Hello"),
        ("\n\n  First   line \nsecond", "First line"),
        ("x" * 80, "x" * 50 + "…"),
        (
            "What is the difference between a list, a tuple and a set?",
            "What is the difference between a list, a tuple…",
        ),
        ("漢" * 60, "漢" * 50 + "…"),
    ],
)
def test_the_first_message_gives_the_title(
    conversations: Conversations, text: str, title: str
) -> None:
    made = conversations.create(SETTINGS)
    turn = ask(conversations, made.id, text)
    assert conversations.get(made.id).title == title
    answer(conversations, turn)
    ask(conversations, made.id, "Another", turn.answer.id)
    assert conversations.get(made.id).title == title


def test_a_given_title_stays(conversations: Conversations) -> None:
    made = conversations.create(SETTINGS, title="Mine")
    ask(conversations, made.id, "Hello")
    assert conversations.get(made.id).title == "Mine"
    assert conversations.rename(made.id, "New").title == "New"


def test_branches_are_siblings_and_can_be_shown_again(conversations: Conversations) -> None:
    made = conversations.create(SETTINGS)
    first = ask(conversations, made.id, "one")
    answer(conversations, first)
    second = ask(conversations, made.id, "two", first.answer.id)
    answer(conversations, second)
    edited = ask(conversations, made.id, "two, reworded", first.answer.id)
    again = conversations.add_answer(first.question.id, SETTINGS)

    assert conversations.get(made.id).active_leaf == again.id
    assert again.siblings == (first.answer.id, again.id)
    assert conversations.select(second.question.id).active_leaf == second.answer.id
    texts = [message.content for message in conversations.branch(made.id)]
    assert texts == ["one", "Yes.", "two", "Yes."]
    shown = conversations.branch(made.id)[2]
    assert shown.siblings == (second.question.id, edited.question.id)
    # From further up, the newest way down is shown.
    assert conversations.select(first.answer.id).active_leaf == edited.answer.id


def test_the_first_message_can_have_branches_too(conversations: Conversations) -> None:
    made = conversations.create(SETTINGS)
    one, two = ask(conversations, made.id, "one"), ask(conversations, made.id, "two")
    assert conversations.message(one.question.id).siblings == (one.question.id, two.question.id)


def test_a_question_can_only_follow_an_ended_answer_of_its_own_conversation(
    conversations: Conversations,
) -> None:
    made, other = conversations.create(SETTINGS), conversations.create(SETTINGS)
    turn = ask(conversations, made.id, "one")
    with pytest.raises(InvalidRequest, match=r"still being written"):
        ask(conversations, made.id, "two", turn.answer.id)
    with pytest.raises(InvalidRequest, match=r"follows a question"):
        ask(conversations, made.id, "two", turn.question.id)
    answer(conversations, turn)
    with pytest.raises(NotFound, match=r"in this conversation"):
        ask(conversations, other.id, "two", turn.answer.id)
    with pytest.raises(NotFound, match=r"in this conversation"):
        conversations.branch(other.id, turn.answer.id)
    with pytest.raises(InvalidRequest, match=r"person's message"):
        conversations.add_answer(turn.answer.id, SETTINGS)


def test_delete_moves_to_the_trash_and_restore_undoes_it(conversations: Conversations) -> None:
    made = conversations.create(SETTINGS)
    turn = ask(conversations, made.id, "keep me")
    answer(conversations, turn)
    conversations.delete(made.id)
    assert conversations.find().items == ()
    assert [item.id for item in conversations.find(trashed=True).items] == [made.id]
    with pytest.raises(InvalidRequest, match=r"trash"):
        ask(conversations, made.id, "more", turn.answer.id)
    with pytest.raises(InvalidRequest, match=r"trash"):
        conversations.add_answer(turn.question.id, SETTINGS)
    assert conversations.restore(made.id).deleted_at is None
    assert [message.content for message in conversations.branch(made.id)] == ["keep me", "Yes."]


def test_purge_leaves_nothing(conversations: Conversations) -> None:
    made, kept = conversations.create(SETTINGS), conversations.create(SETTINGS)
    turn = ask(conversations, made.id, "secret")
    conversations.save_answer(turn.answer.id, draft("s", 0, 1))
    conversations.purge(made.id)
    for gone in (conversations.get, conversations.branch, conversations.purge):
        with pytest.raises(NotFound):
            gone(made.id)
    with pytest.raises(NotFound):
        conversations.traces(turn.answer.id)
    with pytest.raises(NotFound, match=r"deleted for ever"):
        conversations.save_answer(turn.answer.id, draft("so", 1, 1))
    assert [item.id for item in conversations.find().items] == [kept.id]


@pytest.mark.parametrize("text", ["", " \n\t ", "lone \ud800 surrogate", "nul \0", "x" * 8_388_609])
def test_bad_texts_are_refused_by_name(conversations: Conversations, text: str) -> None:
    made = conversations.create(SETTINGS)
    with pytest.raises(InvalidRequest) as raised:
        ask(conversations, made.id, text)
    assert raised.value.param == "text"
    assert conversations.branch(made.id) == ()


@pytest.mark.parametrize("title", ["", "  ", "x" * 201, "\ud800"])
def test_bad_titles_are_refused(conversations: Conversations, title: str) -> None:
    made = conversations.create(SETTINGS, title="Good")
    with pytest.raises(InvalidRequest):
        conversations.rename(made.id, title)
    assert conversations.get(made.id).title == "Good"


def test_what_does_not_exist_is_not_found(conversations: Conversations) -> None:
    for call in (
        lambda: conversations.get("0" * 32),
        lambda: conversations.rename("../x", "title"),
        lambda: conversations.delete(""),
        lambda: conversations.get("\ud800"),
        lambda: conversations.message(2**80),
        lambda: conversations.restore("0"),
        lambda: conversations.message(1),
        lambda: conversations.select(1),
        lambda: conversations.traces(-1),
        lambda: conversations.add_answer(1, SETTINGS),
        lambda: ask(conversations, "0", "text"),
        lambda: conversations.archive("0"),
    ):
        with pytest.raises(NotFound):
            call()
