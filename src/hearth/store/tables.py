"""The tables as they are after the newest migration; what changes them is in `migrations/`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    text,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class UtcTime(TypeDecorator[datetime]):
    """A moment in UTC as whole microseconds: sorts, compares and returns exactly, everywhere."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Turn an aware moment into microseconds since 1970."""
        return None if value is None else (value - EPOCH) // timedelta(microseconds=1)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Turn microseconds since 1970 into an aware moment."""
        return None if value is None else EPOCH + timedelta(microseconds=value)


metadata = MetaData()

conversations = Table(
    "conversations",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("title", Text, nullable=False),
    Column("settings", Text, nullable=False),  # ChatSettings as JSON
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Column("deleted_at", UtcTime),
    # No foreign key: the two tables would point at each other, and a conversation's messages are
    # only ever deleted together with it.
    Column("active_leaf", Integer),
    Index("ix_conversations_updated_at", "updated_at", "id"),
)

messages = Table(
    "messages",
    metadata,
    # AUTOINCREMENT: an id is never used twice, and a higher id is a later message.
    Column("id", Integer, primary_key=True),
    Column(
        "conversation_id",
        ForeignKey("conversations.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("parent_id", ForeignKey("messages.id", ondelete="CASCADE"), index=True),
    Column("role", String(16), nullable=False),
    Column("content", Text, nullable=False),
    Column("status", String(16), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("saved_at", UtcTime, nullable=False),
    Column("writer", Text),  # the process that streams into it; see `writer.py`
    Column("settings", Text),  # ChatSettings, Started and Finished as JSON
    Column("started", Text),
    Column("finished", Text),
    Column("num_tokens", Integer, nullable=False),
    Column("error", Text),
    # Only the few rows that are being written have a writer, so they are found at once.
    Index(
        "ix_messages_writer",
        "writer",
        sqlite_where=text("writer IS NOT NULL"),
        postgresql_where=text("writer IS NOT NULL"),
    ),
    sqlite_autoincrement=True,
)

traces = Table(
    "traces",
    metadata,
    Column("message_id", ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
    Column("first_trace", Integer, primary_key=True),
    Column("data", LargeBinary, nullable=False),  # see `packing.py`
)

# The index of the model library (`hearth.models.library`). All of it but `model_origins` and
# `last_used_at` can be made anew from the files.

model_files = Table(
    "model_files",
    metadata,
    Column("path", Text, primary_key=True),
    # A row holds for exactly this size and time; a file that was replaced is looked at again.
    Column("size_bytes", BigInteger, nullable=False),
    Column("mtime_ns", BigInteger, nullable=False),
    Column("identity", String(64), nullable=False),  # digest of the size and some samples
    Column("sha256", String(64)),  # of all bytes, as computed here at `hashed_at`
    Column("hashed_at", UtcTime),
    Column("problem", Text),  # what the last verification found
)

model_origins = Table(
    "model_origins",
    metadata,
    Column("path", Text, primary_key=True),
    Column("reference", Text, nullable=False),  # where Hearth itself got the file from
    Column("sha256", String(64)),  # what the source says the bytes must hash to
)

models = Table(
    "models",
    metadata,
    Column("identity", String(64), primary_key=True),
    Column("facts_version", Integer, nullable=False),  # of the code that read the facts; 0: none
    Column("facts", Text),  # JSON
    Column("last_used_at", UtcTime),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("target", Text, nullable=False),  # what it is about; one live job for each
    Column("arguments", Text, nullable=False),  # JSON
    Column("state", String(16), nullable=False),
    Column("done", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("rate_per_s", Float),
    Column("doing", Text, nullable=False),
    Column("result", Text),  # JSON
    Column("error", Text),  # JSON
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Column("finished_at", UtcTime),
    Column("writer", Text),  # the process that works on it; see `writer.py`
    Column("cancel_asked", Boolean, nullable=False),
    Index(
        "ux_jobs_target",
        "kind",
        "target",
        unique=True,
        sqlite_where=text("writer IS NOT NULL"),
        postgresql_where=text("writer IS NOT NULL"),
    ),
    Index("ix_jobs_created_at", "created_at"),
)

predictions = Table(
    "predictions",
    metadata,
    # AUTOINCREMENT: a higher id is a later record, also after the oldest have gone.
    Column("id", Integer, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("machine", String(64), nullable=False),  # fingerprint
    Column("basis", String(64), nullable=False),
    Column("model", Text, nullable=False),
    Column("identity", String(64), nullable=False),
    Column("architecture", Text, nullable=False),
    Column("quantization", Text, nullable=False),
    Column("engine", Text, nullable=False),
    Column("load_average", Float),
    Column("conditions", Text, nullable=False),  # JSON, as are the next two
    Column("figures", Text, nullable=False),
    Column("observed", Text, nullable=False),
    Index("ix_predictions_machine", "machine", "id"),
    sqlite_autoincrement=True,
)

evidence = Table(
    "evidence",
    metadata,
    Column("id", Integer, primary_key=True),  # in the order in which they arrived
    # Place in the chain of this database; none for a card that was made elsewhere.
    Column("number", Integer, unique=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("kind", String(32), nullable=False),
    Column("made_at", UtcTime, nullable=False),
    # What the digest is of, so its bytes are kept as they came; the other columns follow from it.
    Column("text", Text, nullable=False),
    Column("items", LargeBinary),  # deflated
    Index("ix_evidence_kind", "kind", "id"),
    sqlite_autoincrement=True,
)

# One row: where the chain ends, so that its last records cannot go unnoticed.
evidence_head = Table(
    "evidence_head",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("digest", String(64), nullable=False),
)

# What the arena compares and how people voted: rows are only added.

contestants = Table(
    "contestants",
    metadata,
    Column("key", String(32), primary_key=True),
    Column("data", Text, nullable=False),  # Contestant as JSON
    Column("added_at", UtcTime, nullable=False),
)

votes = Table(
    "votes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("pair_id", String(32), nullable=False, unique=True),
    Column("voted_at", UtcTime, nullable=False),
    Column("left", ForeignKey("contestants.key"), nullable=False),
    Column("right", ForeignKey("contestants.key"), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("voter", Text, nullable=False),
    Column("prompt", Text, nullable=False),  # JSON, as are the answers
    Column("left_answer", Text, nullable=False),
    Column("right_answer", Text, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("repeats", ForeignKey("votes.id")),
    Column("chosen", String(16), nullable=False),
    Column("engine", Text, nullable=False),
    sqlite_autoincrement=True,
)

suggestions = Table(
    "suggestions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("vote_id", ForeignKey("votes.id"), nullable=False),
    Column("judge", String(32), nullable=False),  # key of a contestant that need not be stored
    Column("judge_name", Text, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("as_shown", String(16), nullable=False),
    Column("exchanged", String(16), nullable=False),
    Index("ux_suggestions_judge", "judge", "vote_id", unique=True),
    sqlite_autoincrement=True,
)

# Steps of the guide's paths that are done; what steps there are, the guide knows.

guide_steps = Table(
    "guide_steps",
    metadata,
    Column("path", String(64), primary_key=True),
    Column("step", String(64), primary_key=True),
    Column("done_at", UtcTime, nullable=False),
)
