"""Whether a pump delivers, as an event beside the vital signs: stopped, why, and going again. Pure.

PCD-01 tells a state in every message. A stop begins when it is told first and ends when the pump delivers again; what the pump says of a
reason while it delivers is none.
"""

from typing import Final

from monitor.adapters.device_time import DeviceTime
from monitor.adapters.hl7.context import Context
from monitor.adapters.quantities import Quantity
from monitor.adapters.said import DeviceEvent, DeviceText, Phase, Said, Sender

_DELIVERS: Final = {"pump-delivery-status-delivering": True, "pump-status-infusing": True}
_STANDS: Final = {"pump-delivery-status-not-delivering": False, "pump-status-not-infusing": False}
_STATES: Final = _DELIVERS | _STANDS
_MAX_PUMPS: Final = 256  # behind one connection; beyond it the stop of the one told longest ago is told again


class Pumps:
    """Of one connection."""

    def __init__(self) -> None:
        self._stopped: dict[Sender, str] = {}  # why

    def changes(self, context: Context, sender: Sender, time: DeviceTime, texts: list[DeviceText]) -> list[Said]:
        """`texts`: what one message says of one pump. A pump of several channels delivers while one of them does."""
        words = [(text.name, text.origin.value.rpartition("^")[2].lower()) for text in texts]
        states = [_STATES[word] for name, word in words if name in ("delivery", "infusing") and word in _STATES]
        if not states:
            return []
        why = next((word for name, word in words if name == "not_delivering"), "")
        was = self._stopped.pop(sender, None)
        if not any(states):
            if len(self._stopped) >= _MAX_PUMPS:
                del self._stopped[next(iter(self._stopped))]
            self._stopped[sender] = why
            if was == why:
                return []
            phase = Phase.START if was is None else Phase.CONTINUE
        elif was is None:
            return []
        else:
            phase, why = Phase.END, was
        text = f"stopped: {why}" if why else "stopped"
        event = DeviceEvent(
            context.at_ms, context.mode, "delivery stopped", phase, text, sender, time, about=Quantity.INFUSION_RATE,
            message_id=context.next_id(),
        )  # fmt: skip
        return [event]
