"""What is looked at afterwards: figures of ended sessions, patients' codes, outcome scores."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_APPEND_ONLY = """
CREATE TRIGGER outcome_no_{verb} BEFORE {verb} ON outcome BEGIN SELECT RAISE(ABORT, 'outcome scores are only ever added'); END
"""


def upgrade() -> None:
    op.create_table(
        "session_patient",
        sa.Column("session_no", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("session_no", name=op.f("pk_session_patient")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_session_patient_code"), "session_patient", ["code"])
    op.create_table(
        "session_figures",
        sa.Column("session_no", sa.BigInteger(), nullable=False),
        sa.Column("form", sa.Integer(), nullable=False),
        sa.Column("high_alerts", sa.Integer(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("session_no", name=op.f("pk_session_figures")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "outcome",
        sa.Column("no", _ROW_NUMBER, nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("instrument", sa.String(), nullable=False),
        sa.Column("value_milli", sa.BigInteger(), nullable=True),
        sa.Column("taken_on", sa.String(), nullable=False),
        sa.Column("entered_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("corrects", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_outcome")),
    )
    op.create_index(op.f("ix_outcome_code"), "outcome", ["code"])
    for verb in ("UPDATE", "DELETE"):
        op.execute(_APPEND_ONLY.format(verb=verb))


def downgrade() -> None:
    """A record is never taken apart."""
    raise NotImplementedError("outcome scores are a record")
