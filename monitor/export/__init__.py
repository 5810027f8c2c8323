"""Exports of a session's log that a stranger can check. See docs/reference/export-format.md.

`jsonl` writes the record, `csv` a view of it for spreadsheets, `manifest` what both say about themselves, `signing` holds the key of the
installation. `verify` checks a file and shares no code with the others: it imports nothing of this project.
"""
