"""Why a frame was refused, by name and place. Only bad frames come here, so this may be slow, but not without bound:
the lenient second reading looks at 64 KiB at most, a longer malformed frame gives its `seq` only where that stands at the front."""

import json
import re
from typing import Final

import msgspec

from schemas.device_wire import RefusedReason

MAX_LENIENT: Final = 65_536
MAX_TEXT: Final = 200
_MAX_SEQ: Final = 2**53 - 1
_PLACE: Final = re.compile(r"(.*) - at `\$\.?(.*)`", re.DOTALL)
_BOOT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")  # schemas.device_wire.Id
_SEQ_IN_FRONT: Final = re.compile(r'\s*\{\s*(?:"type"\s*:\s*"frame"\s*,\s*)?"seq"\s*:\s*([1-9][0-9]{0,15})\s*,')
_BY_FIELD: Final = {
    "vital": RefusedReason.UNKNOWN_VITAL,
    "unit": RefusedReason.UNKNOWN_UNIT,
    "value": RefusedReason.NOT_A_NUMBER,
    "measured_at": RefusedReason.TIME_MALFORMED,
}
_NUMBERS: Final = frozenset({"counter", "interval_s", "protocol", "seq"})
_LISTS: Final = frozenset({"announcements", "facts", "measurements"})
_NO_NUMBER: Final = ("Number out of range", "got `bool`", "got `str`")


class Refusal(msgspec.Struct, frozen=True):
    """Why one frame is not taken. `where` is a path such as `measurements[0].readings[1].unit`, '' for the frame as a whole; `seq` and
    `boot` are None where they could not be read. `where` and `detail` have at most 200 characters."""

    reason: RefusedReason
    where: str
    detail: str
    seq: int | None = None
    boot: str | None = None


class _Label(msgspec.Struct):
    """What is wanted of a frame that is JSON, but not of the wire form: which one it was, so that the device need not send it for ever."""

    seq: object = None
    boot: object = None

    def names(self) -> tuple[int | None, str | None]:
        seq, boot = self.seq, self.boot
        return (
            seq if type(seq) is int and 1 <= seq <= _MAX_SEQ else None,
            boot if isinstance(boot, str) and _BOOT.fullmatch(boot) else None,
        )


class _Constant:
    """NaN, Infinity or -Infinity: words that some JSON writers use and JSON does not know."""

    def __init__(self, word: str) -> None:
        self.word = word


_decode_label: Final = msgspec.json.Decoder(_Label).decode


def explain(raw: bytes | str, error: Exception) -> Refusal:
    """Name what msgspec would not take."""
    if isinstance(error, msgspec.ValidationError):
        return _by_place(str(error), *_label_of_json(raw))
    if isinstance(error, RecursionError):
        return Refusal(RefusedReason.MALFORMED, "", "nested too deeply", _seq_in_front(raw))
    if isinstance(error, UnicodeError):
        return Refusal(RefusedReason.MALFORMED, "", "not UTF-8 text", _seq_in_front(raw))
    return _not_json(raw, str(error))


def doubled_key(raw: bytes | str) -> str | None:
    """Says which key of an object stands in it twice; None where none does. JSON leaves the meaning open, a patient's value must not be."""
    if len(raw) > MAX_LENIENT:
        return "a key stands twice in one object, or one is written with escapes"
    doubled: list[str] = []

    def note(pairs: list[tuple[str, object]]) -> None:
        names = {name for name, _ in pairs}
        if len(names) < len(pairs) and not doubled:
            doubled.append(next(name for index, (name, _) in enumerate(pairs) if name in {other for other, _ in pairs[:index]}))

    json.loads(_text(raw), object_pairs_hook=note)
    return f"the key {doubled[0]!r} stands twice in one object" if doubled else None


def _by_place(message: str, seq: int | None, boot: str | None) -> Refusal:
    """msgspec: 'Invalid enum value 'kPa' - at `$.measurements[0].readings[1].unit`'."""
    match = _PLACE.fullmatch(message)
    text, where = match.groups() if match else (message, "")
    field = where.rpartition(".")[2]
    reason = _BY_FIELD.get(field, RefusedReason.MALFORMED)
    if field in _NUMBERS and any(sign in text for sign in _NO_NUMBER):
        reason = RefusedReason.NOT_A_NUMBER
    elif field in _LISTS and "<=" in text:
        reason = RefusedReason.TOO_LARGE
    return Refusal(reason, where[:MAX_TEXT], text[:MAX_TEXT], seq, boot)


def _not_json(raw: bytes | str, message: str) -> Refusal:
    """Not JSON at all, or JSON with NaN or Infinity in it, which is common enough to deserve its own name."""
    malformed = Refusal(RefusedReason.MALFORMED, "", message[:MAX_TEXT], _seq_in_front(raw))
    if len(raw) > MAX_LENIENT:
        return malformed
    try:
        loose: object = json.loads(_text(raw), parse_constant=_Constant, parse_int=_small_int)
    except (ValueError, RecursionError):
        return malformed
    found = _find_constant(loose)
    if found is None:
        return malformed
    seq, boot = _Label(loose.get("seq"), loose.get("boot")).names() if isinstance(loose, dict) else (None, None)
    return Refusal(RefusedReason.NOT_A_NUMBER, found[0][:MAX_TEXT], f"{found[1]} is not a JSON number", seq, boot)


def _find_constant(loose: object) -> tuple[str, str] | None:
    """Path and word of a constant in loosely read JSON."""
    to_see: list[tuple[str, object]] = [("", loose)]
    while to_see:
        where, node = to_see.pop()
        if isinstance(node, _Constant):
            return where, node.word
        if isinstance(node, dict):
            to_see.extend((f"{where[:MAX_TEXT]}.{name[:MAX_TEXT]}" if where else name[:MAX_TEXT], child) for name, child in node.items())
        elif isinstance(node, list):
            to_see.extend((f"{where[:MAX_TEXT]}[{index}]", child) for index, child in enumerate(node))
    return None


def _small_int(digits: str) -> int | None:
    return int(digits) if len(digits) <= 17 else None


def _label_of_json(raw: bytes | str) -> tuple[int | None, str | None]:
    try:
        return _decode_label(raw).names()
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return _seq_in_front(raw), None


def _seq_in_front(raw: bytes | str) -> int | None:
    match = _SEQ_IN_FRONT.match(_text(raw[:256]))
    return int(match[1]) if match and int(match[1]) <= _MAX_SEQ else None


def _text(raw: bytes | str) -> str:
    return raw if isinstance(raw, str) else raw.decode("utf-8", "replace")
