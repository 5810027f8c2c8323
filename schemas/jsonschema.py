"""JSON Schema (draft 2020-12) of every format that leaves the process, generated from the types of this package.

`python -m schemas.jsonschema` writes the documents beside this file, into json/; they are committed, and a test fails when they are stale.
They describe shape; what else a reader must check (one decimal form, rising seq, hashes) is said in docs/reference/. `documents` itself
does no I/O.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from schemas import device_wire, limits, log, stream_wire

FOLDER: Final = Path(__file__).parent / "json"

# file name -> (title, the types whose union is the document)
_DOCUMENTS: Final[Mapping[str, tuple[str, tuple[Any, ...]]]] = {
    "log-entry.json": ("One entry of a session's log, or a seal over a range of them", (log.Entry, log.Seal)),
    "device-wire.json": ("One frame between a device and the monitor", (device_wire.DeviceSays, device_wire.MonitorSays)),
    "stream-wire.json": ("One frame from the monitor to a screen", (stream_wire.StreamFrame,)),
    "limits.json": ("A rule set: every clinical number with its source", (limits.Limits,)),
}


def documents() -> dict[str, bytes]:
    """File name -> the document's bytes: keys sorted, two spaces of indent, one newline at the end. Same types, same bytes."""
    return {name: _document(title, types) for name, (title, types) in _DOCUMENTS.items()}


def _document(title: str, types: tuple[Any, ...]) -> bytes:
    roots, components = msgspec.json.schema_components(types, ref_template="#/$defs/{name}")
    root = roots[0] if len(roots) == 1 else {"anyOf": list(roots)}
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **root, "$defs": components}
    return msgspec.json.format(msgspec.json.encode(schema, order="sorted"), indent=2) + b"\n"


def main() -> None:
    """Write the documents, and remove what no type stands behind any more."""
    FOLDER.mkdir(exist_ok=True)
    fresh = documents()
    for stale in set(FOLDER.glob("*.json")) - {FOLDER / name for name in fresh}:
        stale.unlink()
    for name, content in fresh.items():
        (FOLDER / name).write_bytes(content)


if __name__ == "__main__":
    main()
