"""What was predicted of loads and answers, and what was measured."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the table of predictions."""
    op.create_table(
        "predictions",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("machine", sa.String(64), nullable=False),
        sa.Column("basis", sa.String(64), nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("identity", sa.String(64), nullable=False),
        sa.Column("architecture", sa.Text, nullable=False),
        sa.Column("quantization", sa.Text, nullable=False),
        sa.Column("engine", sa.Text, nullable=False),
        sa.Column("load_average", sa.Float),
        sa.Column("conditions", sa.Text, nullable=False),
        sa.Column("figures", sa.Text, nullable=False),
        sa.Column("observed", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_predictions_machine", "predictions", ["machine", "id"])
