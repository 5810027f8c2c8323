"""A broker that devices publish to (the extra `mqtt`). The session lasts, so what comes while we are away waits at the broker."""

import asyncio
import ssl
import threading
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from monitor.adapters.arrivals import MAX_HELD, Arrivals
from monitor.adapters.base import AdapterError, AdapterSpec, Setup, Tier
from monitor.adapters.mqtt.codec import AGAIN, DEFAULT_TOPIC, TOPIC, Connected, MqttCodec, Publication
from monitor.adapters.redial import Redialled, host_and_port

ADDRESSES: Final = "mqtt:host:port or mqtts:host:port"
CLIENT, USER, PASSWORD_FILE, CA_FILE = "client", "user", "password_file", "ca_file"  # options
SILENT_AFTER_MS: Final = 600_000  # the broker's own keep-alive tells of a line that is dead; a quiet ward is no fault
KEEP_ALIVE_S: Final = 15
CONNECT_S: Final = 10.0
_QOS: Final = 1


class _Link:
    """A connection as a `Line`. The library calls back on a thread of its own, which waits while MAX_HELD messages are unread."""

    def __init__(self, client: Any, topic: str) -> None:
        self.closing: asyncio.Future[None] | None = None
        self._client = client
        self._topic = topic
        self._arrivals: Arrivals[Connected | Publication] = Arrivals()
        self._room = threading.Semaphore(MAX_HELD - 2)
        self._is_closed = False
        self._loop = asyncio.get_running_loop()
        self._answered: asyncio.Future[str] = self._loop.create_future()  # empty: connected
        client.on_connect, client.on_subscribe = self._on_connect, self._on_subscribe
        client.on_message, client.on_disconnect = self._on_message, self._on_disconnect

    async def opened(self) -> None:
        """Raises OSError."""
        self._client.loop_start()
        async with asyncio.timeout(CONNECT_S):
            if refused := await self._answered:
                raise OSError(f"the broker refused: {refused}")

    async def read(self) -> Connected | Publication:
        item = await self._arrivals.read()
        if isinstance(item, Publication):
            self._room.release()
        return item

    async def write(self, data: bytes) -> None:
        if data == AGAIN:
            raise OSError("what came could not be kept: the broker will send it again")
        self._client.ack(int(data), _QOS)

    def close(self) -> None:
        if self.closing is None:
            self._is_closed = True
            self.closing = self._loop.run_in_executor(None, self._stop)

    def _stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    # --- on the library's thread ----------------------------------------------------------------------------------------------------

    def _on_connect(self, client: Any, _: Any, flags: Any, reason: Any, __: Any) -> None:
        if reason.is_failure:
            self._soon(self._answer, str(reason))
            return
        self._soon(self._arrivals.put, Connected(bool(flags.session_present)))
        client.subscribe(f"{self._topic}/+/+", qos=_QOS)

    def _on_subscribe(self, _: Any, __: Any, ___: Any, reasons: Any, ____: Any) -> None:
        """Only now are we heard of: what a device publishes before is nobody's, and a broker may refuse the topic to us."""
        refused = next((f"to read {self._topic}/+/+: {reason}" for reason in reasons if reason.is_failure), "")
        self._soon(self._answer, refused)

    def _on_message(self, _: Any, __: Any, message: Any) -> None:
        while not self._room.acquire(timeout=0.5):
            if self._is_closed:
                return
        number = message.mid if message.qos else None
        self._soon(self._arrivals.put, Publication(message.topic, message.payload, message.retain, message.dup, number))

    def _on_disconnect(self, _: Any, __: Any, ___: Any, reason: Any, ____: Any) -> None:
        self._soon(self._answer, str(reason))
        self._soon(self._arrivals.end, f"lost: {reason}")

    def _soon(self, call: Any, argument: Any) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(call, argument)

    def _answer(self, refused: str) -> None:
        if not self._answered.done():
            self._answered.set_result(refused)


class _Broker:
    """Opens one link after another; a broker throws out the older of two with one name, so the one before is closed first."""

    def __init__(self, paho: Any, place: tuple[str, int], options: dict[str, str], context: ssl.SSLContext | None) -> None:
        self._paho = paho
        self._place = place
        self._options = options
        self._context = context
        self._last: _Link | None = None

    async def open(self) -> _Link:
        """Raises OSError."""
        if self._last is not None and self._last.closing is not None:
            await self._last.closing
        client = self._client()
        await asyncio.get_running_loop().run_in_executor(None, lambda: client.connect(*self._place, keepalive=KEEP_ALIVE_S))
        link = self._last = _Link(client, self._options.get(TOPIC, DEFAULT_TOPIC))
        try:
            await link.opened()
        except BaseException:
            link.close()
            raise
        return link

    def _client(self) -> Any:
        """The password is read anew each time, so that a changed one needs no restart."""
        client = self._paho.Client(
            self._paho.CallbackAPIVersion.VERSION2,
            client_id=self._options.get(CLIENT, "infusion-monitor"),
            clean_session=False,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        client.connect_timeout = CONNECT_S
        if USER in self._options:
            file = self._options.get(PASSWORD_FILE)
            client.username_pw_set(self._options[USER], None if file is None else Path(file).read_text(encoding="utf-8").strip())
        if self._context is not None:
            client.tls_set_context(self._context)
        return client


def _shell(setup: Setup) -> Redialled[Connected | Publication]:
    MqttCodec(setup.codec)  # a wrong option is refused now, not at the first connection
    scheme, _, rest = setup.address.partition(":")
    if scheme not in {"mqtt", "mqtts"} or (place := host_and_port(rest)) is None:
        raise AdapterError(f"{setup.address!r} is no address here: write {ADDRESSES}")
    options = dict(setup.codec.options)
    try:
        paho = import_module("paho.mqtt.client")
        context = ssl.create_default_context(cafile=options.get(CA_FILE)) if scheme == "mqtts" else None
    except ImportError as error:
        raise AdapterError("adapter 'mqtt' needs the package 'paho-mqtt', which is not installed (the extra `mqtt`)") from error
    except OSError as error:
        raise AdapterError(f"{CA_FILE} {options.get(CA_FILE)!r} cannot be used: {error}") from error
    broker = _Broker(paho, place, options, context)
    return Redialled(broker.open, lambda: MqttCodec(setup.codec), setup, SILENT_AFTER_MS)


ADAPTER: Final = AdapterSpec(
    name="mqtt",
    title="devices and bridges that publish JSON to an MQTT broker",
    protocol="MQTT 3.1.1, QoS 1, this project's JSON",
    addresses=ADDRESSES,
    tier=Tier.RECONNECTS,
    make_codec=MqttCodec,
    make_adapter=_shell,
    options=(TOPIC, CLIENT, USER, PASSWORD_FILE, CA_FILE),
)
