"""Secrets that open something: web session tokens, login tickets, device tokens. Each is shown once; only its SHA-256 is kept.

A plain SHA-256 is enough here, unlike for passwords: the secret is 256 random bits, so there is nothing to guess.
"""

import hashlib
import re
import secrets
from typing import Final

WEB_SESSION: Final = "inf_web_"
TICKET: Final = "inf_ticket_"
DEVICE: Final = "inf_dev_"

_RANDOM_BYTES: Final = 32
_BODY: Final = re.compile(r"[A-Za-z0-9_-]{43}")  # 32 bytes in url-safe base64 without padding


def new_token(prefix: str) -> str:
    """Prefix and 43 url-safe characters (256 bits from the system's generator)."""
    return prefix + secrets.token_urlsafe(_RANDOM_BYTES)


def fingerprint(token: str, prefix: str) -> str | None:
    """SHA-256 in lower-case hex; None where the text cannot be a token of this kind, so that no garbage reaches a table."""
    if not token.startswith(prefix) or _BODY.fullmatch(token, len(prefix)) is None:
        return None
    return hashlib.sha256(token.encode("ascii")).hexdigest()
