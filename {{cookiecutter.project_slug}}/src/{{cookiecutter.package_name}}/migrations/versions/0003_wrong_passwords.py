"""Wrong passwords that a session gave where it had to confirm its own.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column("wrong_passwords", sa.Integer(), server_default="0", nullable=False)
    op.add_column("sessions", column)


def downgrade() -> None:
    op.drop_column("sessions", "wrong_passwords")
