"""The access log under a chain of digests. Rows that were there before are chained in their order, numbered without holes."""

import json
from hashlib import sha256

import sqlalchemy as sa
from alembic import op

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
    digest, no, last_no = bytes(32), 0, 0
    while old := bind.execute(sa.select(before).where(before.c.no > last_no).order_by(before.c.no).limit(_SLICE)).mappings().all():
        last_no = old[-1]["no"]
        new = []
        for row in old:
            no += 1
            digest = _digest(digest, numbered := {**row, "no": no})
            new.append({**numbered, "digest": digest})
        bind.execute(sa.insert(now), new)


def _digest(before: bytes, row: dict[str, object]) -> bytes:
    """As it was when this step was written: what the program does later changes no step that an installation has behind it."""
    canonical = json.dumps(row, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(before + canonical.encode() + b"\n").digest()


def downgrade() -> None:
    """A record is never taken apart."""
    raise NotImplementedError("the access log is a record")
