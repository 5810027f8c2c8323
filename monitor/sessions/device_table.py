"""Who is where: each device's position in its frames, the session it is bound to, what it is called, and how it is asked for a cuff."""

from collections.abc import Callable, Iterable

from monitor.sessions.device_positions import DevicePosition
from monitor.store.ports import Position
from schemas.measurement import Mode
from schemas.stream_wire import UnboundNow
from schemas.vitals import Vital

Ask = Callable[[Vital, float], None]


class DeviceTable:
    """Bookkeeping without judgement; bounded by the registered devices."""

    def __init__(self) -> None:
        self._positions: dict[str, DevicePosition] = {}
        self._session_of: dict[str, str] = {}
        self._labels: dict[str, tuple[Mode, str]] = {}
        self._ask: dict[str, Ask] = {}

    def restore(self, positions: Iterable[Position]) -> None:
        """As the store has them."""
        for row in positions:
            self._positions[row.device] = DevicePosition(row.device, row.boot, row.seq)

    def position(self, device: str) -> DevicePosition | None:
        return self._positions.get(device)

    def joined(self, device: str) -> DevicePosition:
        """Its position; a new one where it has never been here."""
        return self._positions.setdefault(device, DevicePosition(device))

    def label(self, device: str, mode: Mode, source: str) -> None:
        self._labels[device] = (mode, source)

    def session_of(self, device: str) -> str | None:
        return self._session_of.get(device)

    def bind(self, device: str, session: str) -> None:
        self._session_of[device] = session

    def unbind(self, device: str) -> None:
        self._session_of.pop(device, None)

    def release(self, session: str, devices: Iterable[str]) -> None:
        """The session is over: those of its devices that are still bound to it are free."""
        for device in devices:
            if self._session_of.get(device) == session:
                del self._session_of[device]

    def unbound(self) -> tuple[UnboundNow, ...]:
        """Those that send readings which belong nowhere."""
        return tuple(
            UnboundNow(
                name, *self._labels.get(name, (Mode.REAL, "")), readings=position.unbound_readings, last_at_ms=position.unbound_last_ms
            )
            for name, position in self._positions.items()
            if position.unbound_readings and name not in self._session_of
        )

    def subscribe(self, device: str, ask: Ask) -> Callable[[], None]:
        self._ask[device] = ask

        def stop() -> None:
            if self._ask.get(device) is ask:  # a newer connection of the device may have taken its place
                del self._ask[device]

        return stop

    def ask(self, device: str | None, vital: Vital, within_s: float) -> None:
        """Another cuff value is wanted of it, if it is connected."""
        ask = self._ask.get(device or "")
        if ask is not None:
            ask(vital, within_s)
