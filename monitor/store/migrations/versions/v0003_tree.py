"""The tree over all seals of the installation, and its signed states. Seals that were there before become its first leaves."""

import sqlalchemy as sa
from alembic import op

from monitor.core.merkle import leaf_hash
from monitor.store.rows import seal_of, session_id
from schemas.log import canonical

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SLICE = 10_000
_APPEND_ONLY = """
CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, 'the tree only grows'); END
"""
_OLD = "SELECT session_no, last_seq, first_seq, at_ms, digest FROM seal_before ORDER BY at_ms, session_no, last_seq"


def upgrade() -> None:
    op.rename_table("seal", "seal_before")
    op.create_table(
        "seal",
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("session_no", "last_seq", "first_seq", "at_ms")),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("leaf_no", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("session_no", "last_seq", name=op.f("pk_seal")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "leaf",
        sa.Column("leaf_no", _ROW_NUMBER, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("leaf_no", name=op.f("pk_leaf")),
    )
    op.create_table(
        "tree_node",
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("level", "place")),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "place", name=op.f("pk_tree_node")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "checkpoint",
        sa.Column("size", _ROW_NUMBER, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_checkpoint")),
    )
    _take_over(op.get_bind())
    op.drop_table("seal_before")
    for table in ("leaf", "tree_node", "checkpoint"):
        for verb in ("UPDATE", "DELETE"):
            op.execute(_APPEND_ONLY.format(table=table, verb=verb))


def _take_over(connection: sa.Connection) -> None:
    """In the order of their times. A few seconds for a million seals; memory is a slice."""
    old, number = connection.exec_driver_sql(_OLD), 0
    while rows := old.fetchmany(_SLICE):
        seals, leaves = list[tuple[object, ...]](), list[tuple[object, ...]]()
        for session_no, *rest in rows:
            number += 1
            seals.append((session_no, *rest, number))
            leaves.append((number, leaf_hash(canonical(seal_of(session_id(session_no), tuple(rest))))))
        connection.exec_driver_sql("INSERT INTO seal VALUES (?, ?, ?, ?, ?, ?)", seals)
        connection.exec_driver_sql("INSERT INTO leaf VALUES (?, ?)", leaves)


def downgrade() -> None:
    """A record is never taken apart."""
    raise NotImplementedError("the tree is a record")
