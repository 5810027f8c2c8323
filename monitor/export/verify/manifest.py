"""What an export says about itself, held against what is in it."""

import re
from typing import Any, Final

from monitor.export.verify import canonical
from monitor.export.verify.verdict import Refused
from monitor.export.verify.walk import Walk

EXPORT_FORMAT: Final = "infusion-monitor/export/1"
LOG_FORMAT: Final = "infusion-monitor/log/1"
SALTED_FORMAT: Final = "infusion-monitor/log/2"  # what identifies people is hashed as commitments
INTENDED_USE: Final = "secondary display and record; not for primary monitoring"
HEADER_KEYS: Final = {"exported_at_ms", "format", "installation", "intended_use", "log_format", "modes", "session", "software", "type"}
CONTENT_KEYS: Final = {"complete", "counts", "entries", "first_at_ms", "first_seq", "head", "last_at_ms", "last_seq", "limits_sha256"}
SIGNED_KEYS: Final = HEADER_KEYS | CONTENT_KEYS | {"public_key", "seals", "sha256", "signature"}
_SESSION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def read_canonical_file(content: bytes, file: str, keys: set[str]) -> dict[str, Any]:
    """One canonical line with exactly these keys. Raises Refused."""
    try:
        value = canonical.read(content)
    except ValueError as error:
        raise Refused(str(error), file=file, line=1) from error
    if set(value) != keys:
        raise Refused(f"it does not have the fields {', '.join(sorted(keys))}", file=file, line=1)
    return value


def read_header(line: bytes) -> dict[str, Any]:
    """The first line. Raises Refused."""
    try:
        header = canonical.read(line)
    except ValueError as error:
        raise Refused(f"not an Infusion Monitor export: {error}", line=1) from error
    if set(header) != HEADER_KEYS or header["type"] != "header":
        raise Refused("not an Infusion Monitor export: the first line is not a header with the fields of one", line=1)
    check_about(header, line=1)
    return header


def check_about(fields: dict[str, Any], *, line: int | None) -> None:
    """The fields that a header and a manifest share. Raises Refused."""
    known = {"format": (EXPORT_FORMAT,), "log_format": (LOG_FORMAT, SALTED_FORMAT), "intended_use": (INTENDED_USE,)}
    for name, values in known.items():
        if fields[name] not in values:
            raise Refused(f"{name} is {fields[name]!r}, this verifier knows {' and '.join(map(repr, values))}", line=line)
    if not isinstance(fields["session"], str) or not _SESSION.fullmatch(fields["session"]):
        raise Refused("the session is not named as a session is", line=line)
    modes = fields["modes"]
    if not isinstance(modes, list) or any(mode not in ("real", "simulated", "replayed") for mode in modes):
        raise Refused("the modes are not known ones", line=line)


def check_contents(walk: Walk, header: dict[str, Any], manifest: dict[str, Any]) -> None:
    """Everything the manifest of a record states, but for the SHA-256 and the signature. Raises Refused."""
    unsealed = manifest.get("unsealed")
    if set(manifest) != SIGNED_KEYS | {"unsealed"} or not isinstance(unsealed, dict) or set(unsealed) != {"checks", "entries"}:
        raise Refused("the manifest does not have the fields of one", line=walk.line)
    for name in sorted(HEADER_KEYS - {"type"}):
        if not canonical.is_equal(header[name], manifest[name]):
            raise Refused(f"the header says {name} is {header[name]!r}, the manifest {manifest[name]!r}", line=1)
    for name, found in _found(walk).items():
        if not (canonical.is_same(manifest[name], found) if name == "head" else canonical.is_equal(manifest[name], found)):
            raise Refused(f"the manifest says {name} is {manifest[name]!r}, the file holds {found!r}", line=walk.line)
    rest = walk.entries - walk.sealed
    if not canonical.is_equal(unsealed["entries"], rest):
        raise Refused(f"the manifest says {unsealed['entries']!r} entries are under no seal, the file holds {rest}", line=walk.line)


def _found(walk: Walk) -> dict[str, object]:
    has_entries = walk.entries > 0
    return {
        "complete": walk.is_over and walk.sealed == walk.entries,
        "counts": walk.counts,
        "entries": walk.entries,
        "first_at_ms": walk.first_at_ms,
        "first_seq": 1 if has_entries else None,
        "head": walk.head.hex() if walk.seals else None,
        "last_at_ms": walk.at_ms if has_entries else None,
        "last_seq": walk.entries if has_entries else None,
        "limits_sha256": walk.limits_sha256,
        "modes": sorted(walk.modes),
        "seals": walk.seals,
    }
