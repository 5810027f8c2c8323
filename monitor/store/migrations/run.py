"""Alembic, started from code: there is no alembic.ini."""

from pathlib import Path

import pysqlite3.dbapi2 as sqlite3
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, NullPool, create_engine, event
from sqlalchemy.exc import DBAPIError

from monitor.store.connection import connect_writer
from monitor.store.migrations import FOLDER


def engine(path: Path) -> Engine:
    """SQLAlchemy on the store's own kind of connection. Each transaction takes the write lock at once and holds DDL too."""
    made = create_engine("sqlite+pysqlite://", module=sqlite3, creator=lambda: connect_writer(path), poolclass=NullPool)

    @event.listens_for(made, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return made


def known_versions() -> frozenset[str]:
    return frozenset(script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


def run_upgrade(path: Path, revision: str = "head") -> None:
    """All steps in one transaction: after a crash the file has its old form or the new one. Raises the driver's error."""
    config = _config()
    made = engine(path)
    try:
        with made.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
    except DBAPIError as error:
        if isinstance(error.orig, Exception):
            raise error.orig from error
        raise
    finally:
        made.dispose()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    return config
