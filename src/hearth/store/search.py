"""The list of conversations: searched, cut into pages, with an excerpt of what was found.

The search is a substring match (LIKE on folded text), not a word index: it finds parts of words
and scripts without spaces, works on every database, and costs nothing while an answer streams. A
person's chats are some ten megabytes, which is scanned in a fraction of a second.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, func, literal, or_, select, tuple_

from hearth.core import check_range
from hearth.errors import InvalidRequest
from hearth.store.records import ChatSettings, ConversationSummary, Page
from hearth.store.tables import EPOCH, UtcTime, conversations, messages
from hearth.store.texts import check_text

MAX_QUERY_CHARS = 200
MAX_PAGE = 200
EXCERPT_CHARS = 80


def find_conversations(
    connection: Connection, query: str, *, trashed: bool, limit: int, cursor: str | None
) -> Page:
    """Load one page of the list; see `Conversations.find`."""
    check_range("limit", limit, 1, MAX_PAGE)
    query = _check_query(query)
    statement = select(conversations).where(
        conversations.c.deleted_at.is_not(None) if trashed else conversations.c.deleted_at.is_(None)
    )
    if query:
        statement = statement.where(_contains(query))
    if cursor is not None:
        statement = statement.where(_comes_after(cursor))
    newest_first = (conversations.c.updated_at.desc(), conversations.c.id.desc())
    rows = connection.execute(statement.order_by(*newest_first).limit(limit + 1)).all()
    shown = rows[:limit]
    excerpts = _excerpts(connection, [row.id for row in shown], query) if query else {}
    return Page(
        items=tuple(_summary(row, excerpts.get(row.id, "")) for row in shown),
        next_cursor=_write_cursor(shown[-1]) if len(rows) > limit else None,
    )


def excerpt(text: str, query: str) -> str:
    """Return one line of text around the first place where `query` stands, or "" for nowhere."""
    line = " ".join(text.split())
    at = line.lower().find(" ".join(query.lower().split()))
    if at < 0:
        return ""
    start = max(0, at - EXCERPT_CHARS // 4)
    end = start + EXCERPT_CHARS
    return ("…" if start else "") + line[start:end].strip() + ("…" if end < len(line) else "")


def _check_query(query: str) -> str:
    query = query.strip()
    if len(query) > MAX_QUERY_CHARS:
        raise InvalidRequest(
            f"The search has {len(query)} characters; at most {MAX_QUERY_CHARS} are allowed.",
            param="query",
        )
    return check_text(query, "query")


def _contains(query: str) -> ColumnElement[bool]:
    in_messages = (
        select(messages.c.id)
        .where(
            messages.c.conversation_id == conversations.c.id,
            messages.c.content.icontains(query, autoescape=True),
        )
        .exists()
    )
    return or_(conversations.c.title.icontains(query, autoescape=True), in_messages)


def _excerpts(connection: Connection, ids: Sequence[str], query: str) -> dict[str, str]:
    first = (
        select(func.min(messages.c.id))
        .where(
            messages.c.conversation_id.in_(ids),
            messages.c.content.icontains(query, autoescape=True),
        )
        .group_by(messages.c.conversation_id)
    )
    found = select(messages.c.conversation_id, messages.c.content).where(messages.c.id.in_(first))
    return {id_: excerpt(content, query) for id_, content in connection.execute(found)}


def _summary(row: Row[Any], excerpt: str) -> ConversationSummary:
    return ConversationSummary(
        id=row.id,
        title=row.title,
        model=msgspec.json.decode(row.settings, type=ChatSettings).model,
        updated_at=row.updated_at,
        deleted_at=row.deleted_at,
        excerpt=excerpt,
    )


# A cursor names the last row that was shown by what the list is ordered by, so that rows that are
# added meanwhile neither repeat nor hide any other.


def _write_cursor(row: Row[Any]) -> str:
    return f"{(row.updated_at - EPOCH) // timedelta(microseconds=1)}-{row.id}"


def _comes_after(cursor: str) -> ColumnElement[bool]:
    match = re.fullmatch(r"([0-9]{1,17})-([0-9a-f]{32})", cursor)
    if match is None:
        raise InvalidRequest("The cursor is not one that a page of this list gave.", param="cursor")
    updated_at = EPOCH + timedelta(microseconds=int(match[1]))
    last = tuple_(literal(updated_at, UtcTime), literal(match[2]))
    return tuple_(conversations.c.updated_at, conversations.c.id) < last
