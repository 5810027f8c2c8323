"""Which entry was changed? A seal only tells that something in its range was; the checks beside it tell what.

A check is the first 8 hex digits of the SHA-256 of one entry. Checks are there to find an entry, not to prove it: whoever changes an
entry can change its check as well, and then only the range under the seal is known.
"""

import re
from typing import Any, BinaryIO, Final

from monitor.export.verify import canonical
from monitor.export.verify.verdict import Refused
from monitor.export.verify.walk import Walk

ENTRY_START: Final = b'{"entry":'
ENTRY_END: Final = b',"type":"entry"}\n'
_CHECKS: Final = re.compile(r"(?:[0-9a-f]{8})*+")


def entry_text(line: bytes) -> bytes:
    """The canonical bytes of the entry on an entry line."""
    return line[len(ENTRY_START) : -len(ENTRY_END)]


def changed_entry(walk: Walk, checks: object, stream: BinaryIO) -> Refused | None:
    """The first of the entries taken in since the last seal that does not fit its check. Moves the stream."""
    if not isinstance(checks, str) or not _CHECKS.fullmatch(checks):
        return None
    stream.seek(walk.open_offset)
    for number in range(min(walk.entries - walk.sealed, len(checks) // 8)):
        text = entry_text(stream.readline(canonical.MAX_LINE))
        if canonical.hexadecimal(text)[:8] != checks[8 * number : 8 * number + 8]:
            what = "the entry was changed after it was recorded: it does not fit the digest above it nor its own check"
            return Refused(what, line=walk.open_line + number, seq=walk.sealed + 1 + number)
    return None


def earliest(walk: Walk, refused: Refused, stream: BinaryIO) -> Refused:
    """An entry out of order may be the fault of a changed one before it (a time set forward shows at the next entry): looks for that."""
    if refused.seq is None:
        return refused
    return changed_entry(walk, _checks_ahead(walk, stream), stream) or refused


def _checks_ahead(walk: Walk, stream: BinaryIO) -> object:
    """The checks of the next seal after the line being read, if it continues from the last one, or of the manifest."""
    stream.seek(walk.offset)
    stream.readline(canonical.MAX_LINE)
    for line in iter(lambda: stream.readline(canonical.MAX_LINE), b""):
        if line.startswith(ENTRY_START):
            continue
        try:
            value: dict[str, Any] = canonical.read(line)
        except ValueError:
            continue
        seal, unsealed = value.get("seal"), value.get("unsealed")
        if isinstance(seal, dict) and seal.get("first_seq") == walk.sealed + 1:
            return value.get("checks")
        if isinstance(seal, dict) or isinstance(unsealed, dict):
            return unsealed.get("checks") if isinstance(unsealed, dict) else None
    return None
