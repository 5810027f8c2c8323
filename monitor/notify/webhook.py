"""A channel of one HTTP POST: JSON, signed, so that the receiver knows who sent it and that it is not an old one sent again.

`X-Infusion-Timestamp` is the time in whole seconds since 1970; `X-Infusion-Signature` is `sha256=` and the hex HMAC-SHA256, with the shared
secret, of the timestamp, a full stop and the body as sent. A receiver compares in constant time and refuses what is minutes old.
"""

import hashlib
import hmac
from collections.abc import Callable
from typing import Final

import httpx2
import msgspec

from monitor.notify.ports import SEND_WITHIN_S, Delivery, Notice

TIMESTAMP: Final = "X-Infusion-Timestamp"
SIGNATURE: Final = "X-Infusion-Signature"
_encode: Final = msgspec.json.Encoder().encode


class Webhook:
    """`now_ms`: the true time, also where the installation's clock runs fast. Redirects are not followed: a signed call goes where it was
    meant to go. No proxy or certificate setting of the process is used."""

    name = "webhook"

    def __init__(self, url: str, secret: bytes, now_ms: Callable[[], int]) -> None:
        self._url = url
        self._secret = secret
        self._now_ms = now_ms
        self._http = httpx2.AsyncClient(timeout=SEND_WITHIN_S, follow_redirects=False, trust_env=False)

    async def send(self, notice: Notice) -> Delivery:
        body = _encode(notice)
        timestamp = str(self._now_ms() // 1000)
        headers = {"Content-Type": "application/json", TIMESTAMP: timestamp, SIGNATURE: sign(self._secret, timestamp, body)}
        try:
            async with self._http.stream("POST", self._url, content=body, headers=headers) as response:
                status = response.status_code  # what it says beyond that is not read
        except (httpx2.HTTPError, OSError) as error:
            return Delivery(is_delivered=False, detail=f"no answer ({type(error).__name__})")
        return Delivery(is_delivered=200 <= status < 300, detail=f"answered {status}")

    async def close(self) -> None:
        await self._http.aclose()


def sign(secret: bytes, timestamp: str, body: bytes) -> str:
    """The value of the signature header."""
    return "sha256=" + hmac.new(secret, timestamp.encode("ascii") + b"." + body, hashlib.sha256).hexdigest()
