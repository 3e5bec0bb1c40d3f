"""The list: order, pages, search."""

from __future__ import annotations

import pytest

from hearth.errors import InvalidRequest
from hearth.store.conversations import Conversations
from hearth.store.search import excerpt
from support.talk import SETTINGS, answer, ask


def titles(conversations: Conversations, query: str) -> list[str]:
    return sorted(item.title for item in conversations.find(query).items)


def test_the_conversation_that_was_spoken_in_last_comes_first(
    conversations: Conversations,
) -> None:
    made = [conversations.create(SETTINGS, title=f"{number}") for number in range(3)]
    ask(conversations, made[0].id, "hello")
    conversations.rename(made[1].id, "renaming is not speaking")
    assert [item.id for item in conversations.find().items] == [
        made[0].id,
        made[2].id,
        made[1].id,
    ]


def test_pages_meet_without_gap_or_repeat(conversations: Conversations) -> None:
    made = [conversations.create(SETTINGS, title=f"{number}").id for number in range(7)]
    first = conversations.find(limit=3)
    conversations.create(SETTINGS, title="added between two pages")
    second = conversations.find(limit=3, cursor=first.next_cursor)
    third = conversations.find(limit=3, cursor=second.next_cursor)
    found = [item.id for page in (first, second, third) for item in page.items]
    assert found == made[::-1]
    assert third.next_cursor is None


@pytest.mark.parametrize("cursor", ["", "x", "1", "-", "1-\ud800", "9" * 20 + "-" + "a" * 32])
def test_a_made_up_cursor_is_refused(conversations: Conversations, cursor: str) -> None:
    with pytest.raises(InvalidRequest, match=r"cursor"):
        conversations.find(cursor=cursor)


def test_search_reads_titles_and_all_branches_in_any_script(
    conversations: Conversations,
) -> None:
    german = conversations.create(SETTINGS, title="Über Öfen")
    turn = ask(conversations, german.id, "Wie heizt man?")
    answer(conversations, turn, "Mit Holz, 100% trocken_gelagert.")
    ask(conversations, german.id, "Reworded: 日本語の質問")
    conversations.create(SETTINGS, title="Nothing in here")

    for query in ("über", "ÖFEN", "holz", "100%", "trocken_g", "日本", "HEIZT MAN", " holz "):
        assert titles(conversations, query) == ["Über Öfen"], query
    for query in ("%x", "_", "o_en", "10%%", "'; drop table messages; --", "\\"):
        assert titles(conversations, query) == [] or query == "_", query
    assert titles(conversations, "") == ["Nothing in here", "Über Öfen"]


def test_a_hit_in_a_message_shows_its_surroundings(conversations: Conversations) -> None:
    made = conversations.create(SETTINGS, title="t")
    ask(conversations, made.id, "word " * 50 + "\n\nneedle in\nthe hay " + "word " * 50)
    (item,) = conversations.find("NEEDLE").items
    assert "needle in the hay" in item.excerpt
    assert item.excerpt.startswith("…")
    assert item.excerpt.endswith("…")
    assert len(item.excerpt) <= 82


def test_the_excerpt_of_a_short_text_is_the_text() -> None:
    assert excerpt("a needle", "Needle") == "a needle"
    assert excerpt("nothing", "needle") == ""


@pytest.mark.parametrize("limit", [0, -1, 201])
def test_the_size_of_a_page_is_bounded(conversations: Conversations, limit: int) -> None:
    with pytest.raises(InvalidRequest, match=r"limit"):
        conversations.find(limit=limit)


@pytest.mark.parametrize("query", ["x" * 201, "\ud800"])
def test_a_bad_query_is_refused(conversations: Conversations, query: str) -> None:
    with pytest.raises(InvalidRequest, match=r"search|surrogate"):
        conversations.find(query)
