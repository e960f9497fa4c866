"""What people chose on the page is kept by person; a shared view need not be of a city of the store."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "session",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("files", sa.Text(), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_session_person_id_person")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_session")),
    )
    with op.batch_alter_table("kept") as kept:
        kept.alter_column("city_id", existing_type=sa.Integer(), nullable=True)


def downgrade() -> None:
    # A view of no city cannot be kept by the older tables.
    op.execute("DELETE FROM kept WHERE city_id IS NULL")
    with op.batch_alter_table("kept") as kept:
        kept.alter_column("city_id", existing_type=sa.Integer(), nullable=False)
    op.drop_table("session")
