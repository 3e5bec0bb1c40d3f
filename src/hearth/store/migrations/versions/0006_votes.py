"""Votes of the arena, who was voted on, and what judges suggested. Rows are only added."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

REFUSE = """
CREATE TRIGGER {table}_are_only_added_{verb} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, '{table} are only added, never changed or deleted'); END
"""


def upgrade() -> None:
    """Make the tables of contestants, votes and suggestions."""
    op.create_table(
        "contestants",
        sa.Column("key", sa.String(32), primary_key=True),
        sa.Column("data", sa.Text, nullable=False),
        sa.Column("added_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "votes",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("pair_id", sa.String(32), nullable=False, unique=True),
        sa.Column("voted_at", sa.BigInteger, nullable=False),
        sa.Column("left", sa.String(32), sa.ForeignKey("contestants.key"), nullable=False),
        sa.Column("right", sa.String(32), sa.ForeignKey("contestants.key"), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("voter", sa.Text, nullable=False),
        sa.Column("prompt", sa.Text, nullable=False),
        sa.Column("left_answer", sa.Text, nullable=False),
        sa.Column("right_answer", sa.Text, nullable=False),
        sa.Column("seed", sa.BigInteger, nullable=False),
        sa.Column("repeats", sa.Integer, sa.ForeignKey("votes.id")),
        sa.Column("chosen", sa.String(16), nullable=False),
        sa.Column("engine", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "suggestions",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("vote_id", sa.Integer, sa.ForeignKey("votes.id"), nullable=False),
        sa.Column("judge", sa.String(32), nullable=False),
        sa.Column("judge_name", sa.Text, nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("as_shown", sa.String(16), nullable=False),
        sa.Column("exchanged", sa.String(16), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ux_suggestions_judge", "suggestions", ["judge", "vote_id"], unique=True)
    # Elsewhere permissions do this, which are the administrator's.
    if op.get_context().dialect.name == "sqlite":
        for table in ("votes", "suggestions"):
            for verb in ("UPDATE", "DELETE"):
                op.execute(REFUSE.format(table=table, verb=verb))
