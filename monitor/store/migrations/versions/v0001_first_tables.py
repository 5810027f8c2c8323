"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# One row per value, for people with an SQL shell. The newest seconds of measurements may still lie in `arrival`.
READING_VIEW = """
CREATE VIEW reading AS
SELECT m.session_no, m.seq, j.key AS place, j.value ->> 0 AS vital, j.value ->> 1 AS value_milli, j.value ->> 2 AS validity,
       j.value ->> 3 AS reason, m.at_ms, m.measured_at_ms, m.received_at_ms, m.counter, m.device_no, m.mode
FROM measurement AS m, json_each(m.readings) AS j
"""


def _big(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=nullable)


def _row_number(name: str) -> sa.Column[int]:
    return sa.Column(name, _ROW_NUMBER, nullable=False)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=nullable)


def _bytes(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(), nullable=False)


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))


def upgrade() -> None:
    """Builds the record, then access control."""
    _log()
    _sessions()
    _access()


def _log() -> None:
    op.create_table("arrival", _row_number("arrival_no"), _bytes("body"), _key("arrival", "arrival_no"))
    op.create_table(
        "measurement",
        *(_big(name) for name in ("session_no", "seq", "at_ms", "measured_at_ms", "received_at_ms", "counter", "device_no")),
        _number("mode"),
        _text("readings"),
        _key("measurement", "session_no", "seq"),
        sqlite_with_rowid=False,
    )
    op.execute(READING_VIEW)
    op.create_table(
        "event",
        *(_big(name) for name in ("session_no", "seq", "at_ms")),
        _text("kind"),
        _text("body"),
        _key("event", "session_no", "seq"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "seal",
        *(_big(name) for name in ("session_no", "last_seq", "first_seq", "at_ms")),
        _bytes("digest"),
        _key("seal", "session_no", "last_seq"),
        sqlite_with_rowid=False,
    )


def _sessions() -> None:
    op.create_table(
        "session",
        _row_number("session_no"),
        _text("room"),
        _text("phase"),
        _big("created_at_ms"),
        _big("closed_at_ms", nullable=True),
        _text("patient_label"),
        _number("patient_birth_year", nullable=True),
        _number("patient_weight_g"),
        _text("treatment"),
        _number("dose_ug"),
        _number("duration_ms"),
        _key("session", "session_no"),
    )
    op.create_index(op.f("ix_session_phase"), "session", ["phase"])
    op.create_table(
        "binding",
        _big("session_no"),
        _big("opened_seq"),
        *(_text(name) for name in ("device", "mode", "source")),
        _big("opened_at_ms"),
        _big("closed_at_ms", nullable=True),
        _key("binding", "session_no", "opened_seq"),
        sqlite_with_rowid=False,
    )
    op.create_index("uq_binding_open_device", "binding", ["device"], unique=True, sqlite_where=sa.text("closed_at_ms IS NULL"))
    op.create_table(
        "device_position",
        _row_number("device_no"),
        _text("device"),
        _text("boot"),
        _big("seq"),
        _key("device_position", "device_no"),
        sa.UniqueConstraint("device", name=op.f("uq_device_position_device")),
    )
    op.create_table(
        "aside",
        _row_number("aside_no"),
        _big("at_ms"),
        _text("device", nullable=True),
        *(_text(name) for name in ("reason", "place", "detail")),
        _bytes("raw"),
        _key("aside", "aside_no"),
    )


def _access() -> None:
    op.create_table(
        "person",
        *(_text(name) for name in ("username", "name", "role")),
        _text("password_hash", nullable=True),
        _big("created_at_ms"),
        _big("disabled_at_ms", nullable=True),
        _key("person", "username"),
    )
    op.create_table(
        "web_session",
        *(_text(name) for name in ("token_sha256", "username")),
        *(_big(name) for name in ("created_at_ms", "seen_at_ms", "expires_at_ms")),
        _big("revoked_at_ms", nullable=True),
        _key("web_session", "token_sha256"),
    )
    op.create_index(op.f("ix_web_session_username"), "web_session", ["username"])
    op.create_index(op.f("ix_web_session_expires_at_ms"), "web_session", ["expires_at_ms"])
    op.create_table(
        "login_ticket",
        *(_text(name) for name in ("ticket_sha256", "username")),
        *(_big(name) for name in ("created_at_ms", "expires_at_ms")),
        _big("used_at_ms", nullable=True),
        _key("login_ticket", "ticket_sha256"),
    )
    op.create_index(op.f("ix_login_ticket_expires_at_ms"), "login_ticket", ["expires_at_ms"])
    op.create_table(
        "device",
        *(_text(name) for name in ("device", "mode", "source", "token_sha256")),
        _big("registered_at_ms"),
        _text("registered_by"),
        _big("revoked_at_ms", nullable=True),
        _key("device", "device"),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_device_token_sha256")),
    )
    op.create_table(
        "access_log",
        _row_number("no"),
        _big("at_ms"),
        _text("kind"),
        *(_text(name, nullable=True) for name in ("who", "address")),
        *(_text(name) for name in ("what", "detail")),
        _number("times"),
        _key("access_log", "no"),
    )


def downgrade() -> None:
    """A record is never taken apart."""
    raise NotImplementedError("there is nothing before the first tables")
