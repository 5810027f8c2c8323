"""Canonical JSON: keys sorted, no white space, the shortest escapes, integers only (RFC 8785 on strings, integers, booleans and null).

A text is canonical if writing again what was read from it gives the same text. That refuses duplicate keys as well: they are read once.
"""

import hashlib
import json
from typing import Any, Final, NoReturn

MAX_LINE: Final = 8 * 1024 * 1024
MAX_INTEGER: Final = 2**53 - 1


def _no_decimal(text: str) -> NoReturn:
    raise ValueError(f"{text[:20]} is not an integer: the record holds no other numbers")


def _integer(text: str) -> int:
    if len(text) > 17 or abs(number := int(text)) > MAX_INTEGER:
        raise ValueError(f"the integer {text[:20]} is beyond 2^53 - 1")
    return number


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    for key, value in pairs:
        if key in seen:
            raise ValueError(f"the key {key!r} is there twice")
        seen[key] = value
    return seen


_decoder = json.JSONDecoder(parse_float=_no_decimal, parse_int=_integer, parse_constant=_no_decimal)
_careful_decoder = json.JSONDecoder(object_pairs_hook=_no_duplicates)
_encoder = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def write(value: object) -> bytes:
    """The canonical bytes of an object that `read` gave, or of a part of it."""
    return _encoder.encode(value).encode()


def read(line: bytes) -> dict[str, Any]:
    """The object on a line. Raises ValueError that says what is wrong with it."""
    try:
        text = _without_end(line).decode()
        value = _decoder.decode(text)
    except UnicodeDecodeError as error:
        raise ValueError(f"byte {error.start + 1} of the line is not UTF-8") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} at character {error.pos + 1}") from error
    except RecursionError as error:
        raise ValueError("not of the form of this record: nested too deeply") from error
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004  # the text is bad, not the type of the argument
    if _encoder.encode(value) != text:
        _careful_decoder.decode(text)  # names a key that is there twice, where that is the reason
        raise ValueError("not in canonical form (keys sorted, no white space, shortest escapes): edited, or written by something else")
    return value


def _without_end(line: bytes) -> bytes:
    if not line.endswith(b"\n"):
        raise ValueError("longer than a line may be" if len(line) == MAX_LINE else "the file ends within this line: it was cut off")
    if line.endswith(b"\r\n"):
        raise ValueError("the line ends in CR LF: something converted the line ends of this file")
    return line[:-1]


def is_equal(stated: object, found: object) -> bool:
    """Equal as JSON: `true` is not 1."""
    return _encoder.encode(stated) == _encoder.encode(found)


def hexadecimal(message: bytes) -> str:
    """SHA-256 in lower-case hex."""
    return hashlib.sha256(message).hexdigest()


def is_same(stated: object, computed: object) -> bool:
    """Every digest that a file states is compared here."""
    return stated == computed
