"""Votes on disk: added and never changed, and wholly on disk when `add` returns.

Everything here is synchronous and safe to call from several threads and processes at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Select, insert, select

from hearth.errors import InvalidRequest, NotFound
from hearth.store.database import Database
from hearth.store.tables import contestants, suggestions, votes
from hearth.store.voted import Contestant, Outcome, Prompt, ShownAnswer, Suggestion, Vote

ROWS_AT_ONCE = 256  # held in memory while all are read
_JSON: dict[str, Any] = {"prompt": Prompt, "left_answer": ShownAnswer, "right_answer": ShownAnswer}


class Votes:
    """All votes of a database. Every method raises StoreError when the disk fails."""

    def __init__(self, database: Database) -> None:
        """Use an open database."""
        self._database = database

    def add(self, vote: Vote, left: Contestant, right: Contestant) -> Vote:
        """Store a vote and whom it was on; return it with its id.

        Raises:
            InvalidRequest: The pair has been voted on.
        """
        with self._database.write("keep the vote") as connection:
            if connection.scalar(select(votes.c.id).where(votes.c.pair_id == vote.pair_id)):
                raise InvalidRequest(
                    "This pair has been voted on; a vote is kept as it was given.", param="pair"
                )
            for contestant in (left, right):
                _add_contestant(connection, contestant)
            added = connection.execute(insert(votes).values(**_columns(vote)))
            (vote_id,) = added.inserted_primary_key or (0,)
        return replace(vote, id=int(vote_id))

    def get(self, vote_id: int) -> Vote:
        """Return a vote; NotFound if there is none."""
        with self._database.read("read the votes") as connection:
            row = connection.execute(select(votes).where(votes.c.id == vote_id)).one_or_none()
        if row is None:
            raise NotFound(f"There is no vote {vote_id}.", param="vote")
        return _to_vote(row)

    def list(self, among: Collection[str] | None = None, *, until: int | None = None) -> list[Vote]:
        """Return votes in the order in which they were given.

        Args:
            among: Keys of contestants: only votes between two of them. None for all votes.
            until: Only votes up to this id.
        """
        return list(self.each(among, until=until))

    def each(
        self, among: Collection[str] | None = None, *, until: int | None = None
    ) -> Iterator[Vote]:
        """Yield what `list` returns, without holding it all in memory."""
        query = select(votes).order_by(votes.c.id)
        if among is not None:
            query = query.where(votes.c.left.in_(among), votes.c.right.in_(among))
        if until is not None:
            query = query.where(votes.c.id <= until)
        yield from self._rows(query)

    def contestants(self, keys: Collection[str] | None = None) -> tuple[Contestant, ...]:
        """Return whom there are votes on, first come first.

        Args:
            keys: Only these; None for all.
        """
        query = select(contestants.c.data).order_by(contestants.c.added_at, contestants.c.key)
        if keys is not None:
            query = query.where(contestants.c.key.in_(keys))
        with self._database.read("read who was voted on") as connection:
            return tuple(
                msgspec.json.decode(data, type=Contestant) for data in connection.scalars(query)
            )

    def suggest(self, suggestion: Suggestion) -> None:
        """Store what a judge says of a pair; a judge's second opinion of one vote is refused."""
        with self._database.write("keep the judge's suggestion") as connection:
            values = {name: getattr(suggestion, name) for name in _SUGGESTED}
            connection.execute(insert(suggestions).values(**values))

    def suggestions(self) -> Sequence[Suggestion]:
        """Return what judges said, in order."""
        with self._database.read("read what judges suggested") as connection:
            rows = connection.execute(select(suggestions).order_by(suggestions.c.id))
            return [_to_suggestion(row) for row in rows]

    def _rows(self, query: Select[Any]) -> Iterator[Vote]:
        with self._database.read("read the votes") as connection:
            for row in connection.execution_options(yield_per=ROWS_AT_ONCE).execute(query):
                yield _to_vote(row)


_SUGGESTED = ("vote_id", "judge", "judge_name", "made_at", "as_shown", "exchanged")


def _add_contestant(connection: Connection, contestant: Contestant) -> None:
    own = contestants.c.key == contestant.key
    if connection.scalar(select(contestants.c.key).where(own)) is None:
        data = msgspec.json.encode(contestant).decode()
        now = datetime.now(UTC)
        values = {"key": contestant.key, "data": data, "added_at": now}
        connection.execute(insert(contestants).values(values))


def _columns(vote: Vote) -> dict[str, object]:
    columns = {name: getattr(vote, name) for name in vote.__dataclass_fields__ if name != "id"}
    columns["outcome"] = vote.outcome.value
    return columns | {name: msgspec.json.encode(columns[name]).decode() for name in _JSON}


def _to_vote(row: Row[Any]) -> Vote:
    columns = dict(row._mapping)
    columns["outcome"] = Outcome(columns["outcome"])
    for name, type_ in _JSON.items():
        columns[name] = msgspec.json.decode(columns[name], type=type_)
    return Vote(**columns)


def _to_suggestion(row: Row[Any]) -> Suggestion:
    columns = dict(row._mapping)
    for name in ("as_shown", "exchanged"):
        columns[name] = Outcome(columns[name])
    return Suggestion(**columns)
