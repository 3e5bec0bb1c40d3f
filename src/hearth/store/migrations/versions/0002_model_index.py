"""The index of model files: what they are, what their bytes hash to, and when they were used."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables of the model library."""
    op.create_table(
        "model_files",
        sa.Column("path", sa.Text, primary_key=True),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("mtime_ns", sa.BigInteger, nullable=False),
        sa.Column("identity", sa.String(64), nullable=False),
        sa.Column("sha256", sa.String(64)),
        sa.Column("hashed_at", sa.BigInteger),
        sa.Column("problem", sa.Text),
    )
    op.create_table(
        "model_origins",
        sa.Column("path", sa.Text, primary_key=True),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("sha256", sa.String(64)),
    )
    op.create_table(
        "models",
        sa.Column("identity", sa.String(64), primary_key=True),
        sa.Column("facts_version", sa.Integer, nullable=False),
        sa.Column("facts", sa.Text),
        sa.Column("last_used_at", sa.BigInteger),
    )
