"""Where the record is kept: one SQLite file, one writer thread, group commit. SQL, SQLModel and Alembic are met in this folder alone.

`ports` says what a store does; `sqlite.SqliteStore` keeps it on disk, `memory.MemoryStore` keeps nothing. How a write goes:
`append` -> queue -> `writer` (everything that waits becomes one group) -> `plan` (checked, made into rows) -> one transaction -> `ledger`
(what is committed, in memory) -> futures. Measurements go to the table `arrival` in the order they came, and `filing` moves them into
their session's place in `measurement` some seconds later. Another process reads beside it (`sqlite.open_reader`) and writes nothing but
rows of the access log (`access_beside`).
"""
