"""Of figures that devices of a session say again and again, those that its journal tells. Pure. The record holds all of them."""

from typing import Final

from monitor.adapters.quantities import Quantity
from schemas.announcement import DeviceAnnounced
from schemas.log import Entry

RATES: Final[frozenset[str]] = frozenset({Quantity.INFUSION_RATE_SET, Quantity.INFUSION_RATE, Quantity.DOSE_RATE})
_STAND: Final = RATES | {Quantity.CONCENTRATION, "drug"}
"""Figures of a pump that stand until somebody changes something; the others run on by themselves."""


class ToldFigures:
    """Is asked of each entry of one session in order, as often as one likes of the newest. Kept: five figures a device at most."""

    def __init__(self) -> None:
        self._stands: dict[tuple[str, str], tuple[tuple[int | None, str | None], int]] = {}  # what it says, and since which entry
        self._first: dict[str, int] = {}  # the entry in which a device first spoke

    def is_news(self, entry: Entry) -> bool:
        """Whether it tells more than figures that run on: the first of a device, and each that says another rate, strength or drug than the
        one before."""
        body = entry.body
        if not isinstance(body, DeviceAnnounced):
            return True
        is_news = self._first.setdefault(body.device, entry.seq) == entry.seq
        for fact in body.facts:
            if fact.name in _STAND:
                said = (fact.value_milli, body.text)
                name = (body.device, fact.name)
                stood = self._stands.get(name)
                if stood is None or stood[0] != said:
                    self._stands[name] = stood = (said, entry.seq)
                is_news = is_news or stood[1] == entry.seq
        return is_news or not is_figures(body)


def is_figures(body: DeviceAnnounced) -> bool:
    """Whether it is figures alone, which a pump says again and again: nothing began and nothing ended."""
    return all(fact.turn is None for fact in body.facts)
