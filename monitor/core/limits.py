"""Reading a rule set. It is refused as a whole when one row is wrong: there is no fallback limit."""

import tomllib
from functools import lru_cache
from hashlib import sha256

import msgspec

from monitor.core.limits_check import LimitsError, check_limits, check_whole
from schemas.limits import Limits
from schemas.log import canonical

__all__ = ["LimitsError", "decode_limits", "encode_limits", "parse_limits"]


def parse_limits(text: str) -> Limits:
    """TOML text -> rule set. Raises LimitsError naming the row."""
    try:
        limits = msgspec.convert(tomllib.loads(text), Limits)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise LimitsError(f"limits: {error}") from error
    check_limits(limits)
    check_whole(limits)
    return limits


@lru_cache(maxsize=8)
def decode_limits(canonical_text: str) -> Limits:
    """The rule set as a session's log carries it; sessions with the same one share it. Raises LimitsError."""
    try:
        limits = msgspec.json.decode(canonical_text, type=Limits)
    except msgspec.MsgspecError as error:
        raise LimitsError(f"limits: {error}") from error
    check_limits(limits)
    return limits


def encode_limits(limits: Limits) -> tuple[str, str]:
    """Canonical text and its SHA-256 (hex), as written into `session_created`."""
    text = canonical(limits)
    return text.decode(), sha256(text).hexdigest()
