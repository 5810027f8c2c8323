"""The syringe pump of a simulated bed, in a virtual SpaceStation: it says nothing by itself, it is asked."""

from datetime import datetime
from typing import Any, Final

from simulators.devices.bcc import BccStation, pump, pumping

CONCENTRATION_MG_PER_ML: Final = 10
_PLACE: Final = "11"
_MINUTES: Final = 60


class VirtualPump:
    """A `Speech`, and what a wire asks (`answer`). It stands at what it was last told of the bed, as a pump does."""

    def __init__(self, name: str) -> None:
        self._station = BccStation({_PLACE: pump()}, bed=name)
        self._rate = 0.0

    def __call__(self, _: datetime, __: Any) -> bytes:
        return b""

    def follow(self, rate_mg_per_min: float, infused_mg: float) -> None:
        """What the bed's pump does now. One that was stopped keeps the rate that was programmed last, and does not pump."""
        infused = f"{infused_mg / CONCENTRATION_MG_PER_ML:.2f}"
        if rate_mg_per_min > 0:
            self._rate = rate_mg_per_min * _MINUTES / CONCENTRATION_MG_PER_ML
            self._station.pumps[_PLACE] = pumping(f"{self._rate:.2f}", infused)
        else:
            self._station.pumps[_PLACE] = pump(INRT=f"{self._rate:.2f}", INVI=infused)

    def answer(self, data: bytes) -> bytes:
        return self._station.answer(data)
