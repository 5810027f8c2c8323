"""The access log under a chain of digests. Rows that were there before are chained in their order, numbered without holes."""

import sqlalchemy as sa
from alembic import op

from monitor.access.chain import chained
from monitor.access.ports import AccessKind, AccessLogRow

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SLICE = 10_000
_APPEND_ONLY = """
CREATE TRIGGER access_log_no_{verb} BEFORE {verb} ON access_log BEGIN SELECT RAISE(ABORT, 'the access log only grows'); END
"""
_COLUMNS = ("no", "at_ms", "kind", "who", "address", "what", "detail", "times")


def upgrade() -> None:
    op.rename_table("access_log", "access_log_before")
    op.create_table(
        "access_log",
        sa.Column("no", _ROW_NUMBER, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("who", sa.String(), nullable=True),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_access_log")),
    )
    _take_over(op.get_bind())
    op.drop_table("access_log_before")
    for verb in ("UPDATE", "DELETE"):
        op.execute(_APPEND_ONLY.format(verb=verb))


def _take_over(bind: sa.Connection) -> None:
    """In slices: memory does not grow with the log."""
    before = sa.table("access_log_before", *(sa.column(name) for name in _COLUMNS))
    now = sa.table("access_log", *(sa.column(name) for name in (*_COLUMNS, "digest")))
    head, last_no = None, 0
    while old := bind.execute(sa.select(before).where(before.c.no > last_no).order_by(before.c.no).limit(_SLICE)).mappings().all():
        last_no = old[-1]["no"]
        new = list(chained((AccessLogRow(**{**row, "kind": AccessKind(row["kind"])}) for row in old), head))
        values = [{**{name: getattr(row.row, name) for name in _COLUMNS}, "digest": bytes.fromhex(row.digest)} for row in new]
        bind.execute(sa.insert(now), [{**one, "kind": one["kind"].value} for one in values])
        head = new[-1].head


def downgrade() -> None:
    """A record is never taken apart."""
    raise NotImplementedError("the access log is a record")
