"""Which steps of the guide's paths are done."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the table of done steps."""
    op.create_table(
        "guide_steps",
        sa.Column("path", sa.String(64), primary_key=True),
        sa.Column("step", sa.String(64), primary_key=True),
        sa.Column("done_at", sa.BigInteger, nullable=False),
    )
