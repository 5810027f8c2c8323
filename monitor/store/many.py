"""Many rows in one statement, for the sake of the interpreter lock.

`executemany` lets the lock go and takes it again for each row; beside a busy event loop each taking can cost 5 ms. Measured with a loop at
99 % of a core: 20,000 rows took 4.1 s (0.2 s of it work). One statement with all its rows as parameters lets it go once. The other way
to that, `INSERT .. SELECT .. FROM json_each(?)`, takes twice the processor time: it prints the numbers only to parse them again.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, Final

from monitor.store.connection import Connection

_SIZES: Final = (1_024, 256, 64, 16, 4, 1)  # each prepared once; SQLite takes 250,000 parameters


def insert(connection: Connection, into: str, columns: int, rows: Iterable[Sequence[Any]], then: str = "") -> int:
    """Inserts `rows` (each of `columns` values) `into` a table, `then` being what follows the values. How many there were."""
    flat: list[Any] = []
    for row in rows:
        flat.extend(row)
    start, left = 0, len(flat) // columns
    for size in _SIZES:
        while left >= size:
            end = start + size * columns
            connection.execute(_statement(into, columns, size, then), flat[start:end])
            start, left = end, left - size
    return len(flat) // columns


@cache
def _statement(into: str, columns: int, rows: int, then: str) -> str:
    marks = f"({', '.join('?' * columns)})"
    return f"INSERT INTO {into} VALUES {', '.join([marks] * rows)} {then}"  # noqa: S608 - table names are ours
