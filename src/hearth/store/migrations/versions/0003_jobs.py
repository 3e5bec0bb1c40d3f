"""Long work: what was begun, how far it came, and how it ended."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table of jobs."""
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("arguments", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("done", sa.BigInteger, nullable=False),
        sa.Column("total", sa.BigInteger, nullable=False),
        sa.Column("rate_per_s", sa.Float),
        sa.Column("doing", sa.Text, nullable=False),
        sa.Column("result", sa.Text),
        sa.Column("error", sa.Text),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.Column("finished_at", sa.BigInteger),
        sa.Column("writer", sa.Text),
        sa.Column("cancel_asked", sa.Boolean, nullable=False),
    )
    op.create_index(
        "ux_jobs_target",
        "jobs",
        ["kind", "target"],
        unique=True,
        sqlite_where=sa.text("writer IS NOT NULL"),
        postgresql_where=sa.text("writer IS NOT NULL"),
    )
    op.create_index("ix_jobs_created_at", "jobs", ["created_at"])
