"""Evidence: measurements in a chain, and cards from elsewhere. Rows are added and never changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

REFUSE = """
CREATE TRIGGER evidence_is_only_added_{verb} BEFORE {verb} ON evidence
BEGIN SELECT RAISE(ABORT, 'evidence is only added, never changed or deleted'); END
"""


def upgrade() -> None:
    """Make the table of evidence and that of the chain's end."""
    op.create_table(
        "evidence",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("number", sa.Integer, unique=True),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("items", sa.LargeBinary),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_evidence_kind", "evidence", ["kind", "id"])
    op.create_table(
        "evidence_head",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
    )
    # Elsewhere permissions do this, which are the administrator's.
    if op.get_context().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(REFUSE.format(verb=verb))
