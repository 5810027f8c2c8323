"""The contract of an adapter: a pure codec that turns what arrives into `Said` items, and a thin shell that moves it.

A codec reads no clock, no file and no socket; it never raises, whatever arrives; it holds a bounded amount. A shell opens connections,
feeds a codec of its own to each, hands what it says to `keep`, and sends its replies. `tests/contract/test_adapters.py` holds every
registered codec to this; `docs/how-to/add-an-adapter.md` shows how to write one.
"""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final, Generic, Protocol, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from monitor.adapters.said import Said, Told
from monitor.clock import Clock

ENTRY_POINTS: Final = "infusion_monitor.adapters"
Input = TypeVar("Input", contravariant=True)


class Codec(ABC, Generic[Input]):
    """One connection's state. `Input` is what the transport delivers whole: a datagram, a notification, an MQTT message, an SDC report.

    A shell makes a new one for each connection, so nothing of an old one (half a frame, an alarm that was on) reaches the new. A codec
    that must speak first, poll or time out says when it wants to be woken; the times it is given never go back.
    """

    @abstractmethod
    def feed(self, data: Input, received_at_ms: int) -> list[Said]:
        """What the input says, in the order of the wire. Never raises."""

    def opened(self, at_ms: int) -> list[Said]:  # noqa: ARG002 - for codecs that speak first
        """The connection is there. Before any `feed`, once."""
        return []

    @property
    def next_wake_ms(self) -> int | None:
        """When `woken` is to be called, None: never. Asked again after every other call; after `woken` it lies ahead."""
        return None

    def woken(self, at_ms: int) -> list[Said]:  # noqa: ARG002
        """`next_wake_ms` has come: ask the device, give up on half a message."""
        return []

    def closed(self, at_ms: int) -> list[Said]:  # noqa: ARG002
        """The connection is gone. Last call. Half an item is `Undecoded` (truncated), never a value."""
        return []


class StreamCodec(Codec[bytes]):
    """For byte streams: what is said does not depend on how the bytes were cut into reads."""

    max_pending: int  # bytes held at most between two calls

    @property
    @abstractmethod
    def pending(self) -> int:
        """Bytes held back now: the beginning of an item."""


class NotKept(Exception):
    """`keep` could not put it on disk and will not try again; the text says why. The adapter goes on."""


Keep = Callable[[Sequence[Told]], Awaitable[None]]
"""Takes what a codec said, all or nothing. Returns once it is on disk, so waiting for it is the backpressure; raises NotKept. Many
connections may call it at once, each waits for its own call before the next."""


class Adapter(Protocol):
    """The shell. It owns its connections and comes back from every fault of the line by itself."""

    async def run(self, keep: Keep) -> None:
        """Until cancelled. Raises only for what trying again cannot mend; whoever runs it supervises it."""
        ...


class CodecSettings(msgspec.Struct, frozen=True):
    """`zone`: of the device's clock, for protocols that write local time; None: such times stay unknown. `options`: the adapter's own."""

    zone: ZoneInfo | None = None
    options: Mapping[str, str] = {}


class Setup(msgspec.Struct, frozen=True):
    """What one configured adapter gets. `waits` gives the seconds between attempts to connect, afresh with each call and without end."""

    address: str
    clock: Clock
    waits: Callable[[], Iterator[float]]
    codec: CodecSettings = CodecSettings()


class Tier(StrEnum):
    """How much is proved, each including those before; the tests are named in docs/reference/adapters.md."""

    DECODES = "decodes"  # passes the contract suite and its own table of cases
    RECONNECTS = "reconnects"  # comes back after unplug, cut and silence, on a real pty or socket
    PROVEN = "proven"  # decodes bytes that nobody of this project made

    __hash__ = str.__hash__


class AdapterSpec(msgspec.Struct, frozen=True):
    """One row of the registry; what a third party's entry point names.

    `make_codec` and `make_adapter` raise AdapterError for an address or option they cannot use. `make_codec` is also used without a
    shell, to decode a file.
    """

    name: str  # letters, digits, hyphens; the name of the entry point
    title: str
    protocol: str
    addresses: str  # the forms of address it takes, for people
    tier: Tier
    make_codec: Callable[[CodecSettings], Codec[Any]]
    make_adapter: Callable[[Setup], Adapter]
    options: tuple[str, ...] = ()  # names in `CodecSettings.options` that it knows


class AdapterError(ValueError):
    """An adapter that does not exist, cannot be loaded or cannot be configured so; the text is for people."""
