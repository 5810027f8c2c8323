"""What a clinician does at the monitor, over REST: devices, sessions, phases, doses, observations, answers to alerts."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from schemas.measurement import Mode
from schemas.session import Phase
from schemas.signs import Charted
from schemas.stream_wire import SessionNow
from simulators.rest import MonitorRefused, Rest

NAME: Final = "simulated clinician"
LOT: Final = "SIMULATED"
CONCENTRATION_MG_PER_ML: Final = 10
MAX_NAMES: Final = 50  # device names tried when one is taken
_CONFLICT: Final = 409


class Registered(msgspec.Struct):
    """A device's name and the token it is shown once."""

    device: str
    token: str


class Clinician:
    """Signed in by the HTTP client's cookie: the record names that person; notes and reasons say that it is a simulated clinician."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    async def register(self, device: str, mode: Mode, source: str) -> Registered:
        """A new device. A name that is taken gets a number: tokens are shown once, so a device of an earlier run cannot be used again."""
        for number in range(1, MAX_NAMES + 1):
            name = device if number == 1 else f"{device}-{number}"
            try:
                return await self._rest.post("/devices", {"device": name, "mode": mode, "source": source}, Registered, is_creation=True)
            except MonitorRefused as refused:
                if refused.status != _CONFLICT:
                    raise
        raise MonitorRefused(_CONFLICT, "device_exists", f"{device} and {MAX_NAMES - 1} numbered names are taken")

    async def create(self, room: str, patient: Mapping[str, Any], order: Mapping[str, Any]) -> SessionNow:
        return await self._rest.post("/sessions", {"room": room, "patient": patient, "order": order}, SessionNow)

    async def bind(self, session: str, device: str) -> None:
        await self._rest.order(f"/sessions/{session}/bindings", {"device": device})

    async def unbind(self, session: str, device: str) -> None:
        await self._rest.delete(f"/sessions/{session}/bindings/{device}")

    async def look(self, session: str) -> SessionNow:
        return await self._rest.get(f"/sessions/{session}", SessionNow)

    async def order_phase(self, session: str, phase: Phase, override: str | None = None) -> None:
        body = {"phase": phase} if override is None else {"phase": phase, "override": override}
        await self._rest.order(f"/sessions/{session}/phase", body)

    async def set_rate(self, session: str, rate_mg_per_min: float) -> None:
        await self._rest.order(f"/sessions/{session}/doses", {"kind": "rate", "rate_mg_per_min": rate_mg_per_min})

    async def give(self, session: str, amount_mg: float) -> None:
        """A dose at once."""
        await self._rest.order(f"/sessions/{session}/doses", {"kind": "bolus", "amount_mg": amount_mg})

    async def acknowledge(self, session: str, alert: str) -> None:
        await self._rest.order(f"/sessions/{session}/alerts/{alert}/acknowledgement", {"comment": NAME})

    async def chart(self, session: str, values: Mapping[Charted, int]) -> None:
        """All of them at once."""
        items = [{"sign": sign, "value": value} for sign, value in values.items()]
        await self._rest.order(f"/sessions/{session}/observations", {"items": items, "note": NAME})

    async def note(self, session: str, text: str) -> None:
        await self._rest.order(f"/sessions/{session}/notes", {"text": text})

    async def draw(self, session: str, amount_mg: float) -> None:
        body = {"kind": "drawn", "lot": LOT, "concentration_mg_per_ml": CONCENTRATION_MG_PER_ML, "amount_mg": amount_mg}
        await self._rest.order(f"/sessions/{session}/drug", body)

    async def waste(self, session: str, amount_mg: float) -> None:
        await self._rest.order(f"/sessions/{session}/drug", {"kind": "wasted", "amount_mg": amount_mg, "note": NAME})

    async def sign_off(self, session: str) -> None:
        await self._rest.order(f"/sessions/{session}/sign-off", {"meaning": f"{NAME}: no patient leaves"})
