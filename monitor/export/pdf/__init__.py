"""A session on paper: the chart as anaesthesia records draw it, and tables. A view; the record is the JSONL export.

`gather` reads the log once; `chart` and `tables` are pure and make shapes and rows of what was gathered; `paint`, `paper` and `report` put
them on pages. `rems` is the monitoring form.
"""
