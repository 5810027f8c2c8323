"""A session's log as FHIR R4 resources: pure builders, one kind of resource a file. A view; the record is the JSONL export.

`naming` gives every resource its lasting id, `terms` the codes, `story` what the events say, `resources` the order, `bundle` the file and
`push` the way to a server. docs/reference/fhir.md says what becomes of each log entry, and what is lost.
"""
