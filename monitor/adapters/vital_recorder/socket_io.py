"""The server's side of one Socket.IO connection over a WebSocket, as far as a sender of events needs it. Pure.

Engine.IO 3 (Socket.IO 2) and Engine.IO 4 (Socket.IO 3 and later) differ in who pings, in who opens the default namespace, and in a byte in
front of binary messages. One packet is one WebSocket message; an event with attachments is a text message and then so many binary ones.
"""

import json
import re
from typing import Any, Final

import msgspec

from monitor.adapters.said import Fault

PING_MS: Final = 25_000
_MAX_ATTACHMENTS: Final = 4
_PACKET: Final = re.compile(r"4(?:2|5(\d{1,2})-)(?:(/[^,\[]*),)?(\d{0,9})(\[.*\])", re.ASCII | re.DOTALL)
_CONNECT: Final = re.compile(r"40(/[^,{?]*)?[,?]?.*", re.ASCII | re.DOTALL)


class Opened(msgspec.Struct, frozen=True):
    """The first that a connection brings. `protocol`: of Engine.IO, as its address says it."""

    protocol: str


class Frame(msgspec.Struct, frozen=True):
    """One message of the WebSocket, text or binary."""

    data: str | bytes


class Event(msgspec.Struct, frozen=True):
    """`arguments` as JSON has them; an attachment stands as bytes where it belongs."""

    name: str
    arguments: list[Any]


class Broken(msgspec.Struct, frozen=True):
    fault: Fault
    raw: bytes
    why: str


class SocketIo:
    """Of one connection. Holds the text of one event while its attachments come, and those attachments."""

    def __init__(self, max_message: int) -> None:
        self._max_message = max_message  # bytes of an event and its attachments together
        self._is_new = False  # Engine.IO 4
        self._event: list[Any] | None = None
        self._wanted = 0
        self._attachments: list[bytes] = []
        self._ack = ""

    @property
    def pings(self) -> bool:
        """Whether it is our turn to ask if the other end is there."""
        return self._is_new

    def opened(self, protocol: str, at_ms: int) -> list[bytes]:
        """What to answer; empty for a protocol that is neither."""
        if protocol not in {"3", "4"}:
            return []
        self._is_new = protocol == "4"
        hello = {"sid": f"c{at_ms:x}", "upgrades": [], "pingInterval": PING_MS, "pingTimeout": PING_MS, "maxPayload": self._max_message}
        return [b"0" + json.dumps(hello).encode(), *([] if self._is_new else [b"40"])]

    def take(self, data: str | bytes) -> tuple[list[Event | Broken], list[bytes]]:
        """What it brought, and what to answer."""
        if isinstance(data, bytes):
            return self._attachment(data), self._acknowledgement()
        if self._event is not None:
            broken: list[Event | Broken] = [self._given_up("an attachment is missing")]
            found, answers = self._text(data)
            return broken + found, answers
        return self._text(data)

    def rest(self) -> list[Broken]:
        """The line has ended."""
        return [self._given_up("ended before its attachment", Fault.TRUNCATED)] if self._event is not None else []

    def _text(self, data: str) -> tuple[list[Event | Broken], list[bytes]]:
        if data.startswith("2"):  # ping; "2probe" of an upgrade wants its word back
            return [], [b"3" + data[1:].encode("utf-8", "replace")[:16]]
        if data[:1] in {"1", "3", "5", "6"} or data.startswith("41"):  # close, pong, upgrade, noop; leaves the namespace
            return [], []
        if match := _CONNECT.fullmatch(data):
            return [], ([b'40{"sid":"c"}'] if self._is_new and match[1] in {None, "/"} else [])
        if (match := _PACKET.fullmatch(data)) is None or match[2] not in {None, "/"}:
            return [_broken(Fault.UNSUPPORTED, data, "no event of the default namespace")], []
        try:
            event = json.loads(match[4])
        except (ValueError, RecursionError):
            event = None
        wanted = int(match[1] or 0)
        if not event or not isinstance(event[0], str) or wanted > _MAX_ATTACHMENTS:
            return [_broken(Fault.MALFORMED, data, "event")], []
        self._event, self._wanted, self._ack, self._attachments = event, wanted, match[3], []
        return ([] if wanted else self._whole()), self._acknowledgement()

    def _attachment(self, data: bytes) -> list[Event | Broken]:
        if self._event is None:
            return [Broken(Fault.MALFORMED, data, "an attachment of no event")]
        self._attachments.append(data if self._is_new else data.removeprefix(b"\x04"))
        if sum(map(len, self._attachments)) > self._max_message:
            return [self._given_up("its attachments are too long", Fault.TOO_LONG)]
        return [] if len(self._attachments) < self._wanted else self._whole()

    def _whole(self) -> list[Event | Broken]:
        (name, *parts), self._event = self._event or [""], None
        there = dict(enumerate(self._attachments))
        return [Event(name, [there.get(_place(part), part) for part in parts])]

    def _acknowledgement(self) -> list[bytes]:
        """Of an event that asked for one, once it is whole."""
        if self._event is not None or not self._ack:
            return []
        ack, self._ack = self._ack, ""
        return [f"43{ack}[]".encode()]

    def _given_up(self, why: str, fault: Fault = Fault.MALFORMED) -> Broken:
        event, self._event, self._ack, self._attachments = self._event, None, "", []
        return _broken(fault, str(event), why)


def _place(part: object) -> int:
    """Of the attachment that belongs there; -1 where none does."""
    number = part.get("num") if isinstance(part, dict) and part.get("_placeholder") is True else None
    return number if type(number) is int else -1


def _broken(fault: Fault, data: str, why: str) -> Broken:
    return Broken(fault, data[:64].encode("utf-8", "replace"), why)
