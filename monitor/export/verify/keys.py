"""The keys of an installation through time: each names the next in a statement that it signed."""

from typing import Any, Final

from monitor.export.verify import canonical
from monitor.export.verify.manifest import read_canonical_file
from monitor.export.verify.signer import is_signed_by, key_id, read_base64
from monitor.export.verify.verdict import Refused

KEYS_FILE: Final = "keys.json"
KEYS_FORMAT: Final = "infusion-monitor/keys/1"
STATEMENT_FORMAT: Final = "infusion-monitor/key-statement/1"
ROW_KEYS: Final = {"from_ms", "id", "public_key", "statement", "until_ms"}
STATEMENT_KEYS: Final = {"format", "from_ms", "new", "old", "origin", "signature"}


def read_keys(content: bytes) -> tuple[str, list[bytes], list[bool]]:
    """The name of the tree, the public keys, oldest first, and whether each was named by the one before it. Raises Refused."""
    value = read_canonical_file(content, KEYS_FILE, {"format", "keys", "origin"})
    rows, origin = value["keys"], value["origin"]
    if value["format"] != KEYS_FORMAT or not isinstance(rows, list) or not rows or not isinstance(origin, str):
        raise Refused("not a list of keys in the form that this verifier knows", file=KEYS_FILE)
    keys: list[bytes] = []
    named: list[bool] = []
    for number, row in enumerate(rows, 1):
        before = keys[-1] if keys else None
        keys.append(_read_row(row, number))
        named.append(_is_named(row, before, origin, number))
    if origin != f"infusion-monitor/{key_id(keys[0])}":
        raise Refused("the tree is not named after the first key", file=KEYS_FILE)
    for number, (row, after) in enumerate(zip(rows, [*rows[1:], None], strict=True), 1):
        if not canonical.is_equal(row["until_ms"], None if after is None else after["from_ms"]):
            raise Refused(f"key {number} does not end where the next one begins", file=KEYS_FILE)
    return origin, keys, named


def _read_row(row: object, number: int) -> bytes:
    public = read_base64(row.get("public_key"), 32) if isinstance(row, dict) and set(row) == ROW_KEYS else None
    if public is None or not isinstance(row, dict) or row["id"] != key_id(public) or type(row["from_ms"]) is not int:
        raise Refused(f"key {number} does not have the fields of one", file=KEYS_FILE)
    return public


def _is_named(row: dict[str, Any], before: bytes | None, origin: str, number: int) -> bool:
    said = row["statement"]
    if said is None:
        return False
    if before is None or not isinstance(said, dict) or set(said) != STATEMENT_KEYS:
        raise Refused(f"the statement for key {number} does not have the fields of one", file=KEYS_FILE)
    fits = (said["format"], said["new"], said["origin"], read_base64(said["old"], 32)) == (
        STATEMENT_FORMAT,
        row["public_key"],
        origin,
        before,
    )
    signature = read_base64(said["signature"], 64)
    if not fits or not canonical.is_equal(said["from_ms"], row["from_ms"]) or signature is None:
        raise Refused(f"the statement for key {number} is about something else", file=KEYS_FILE)
    if not is_signed_by(before, signature, canonical.write({name: said[name] for name in said if name != "signature"})):
        raise Refused(f"the statement for key {number} is not signed by the key before it", file=KEYS_FILE)
    return True


def check_trust(pinned: bytes, signer: bytes, keys: list[bytes], named: list[bool]) -> int:
    """How many statements lead from the given key to the one that signed. Raises Refused where none do."""
    if pinned not in keys:
        raise Refused(
            f"signed by key {key_id(signer)}, and the given key {key_id(pinned)} is none of its installation's: made or changed elsewhere"
        )
    at = keys.index(pinned)
    lost = next((number for number in range(at + 1, len(keys)) if not named[number]), None)
    if lost is not None:
        what = f"no statement leads from the given key {key_id(pinned)} to key {key_id(keys[lost])}"
        raise Refused(f"{what}: it was lost, or this was made elsewhere. What it signed before still stands", file=KEYS_FILE)
    return len(keys) - 1 - at
