"""A scenario's actions where a monitor is there: ordered and recorded over REST as by a person, the rest done to the patient and noted."""

from collections.abc import Awaitable, Callable

from schemas.session import Phase
from simulators.actions import Action, Chart, Give, Oxygen, Pause, Push, Resume, SetRate, Stop, SwapDevice, line_of
from simulators.bed import Bed
from simulators.clinician import NAME, Clinician
from simulators.rest import MonitorRefused
from simulators.say import Say

_ABOUT_THE_ORDER = (409, 422)


class Actions:
    """Of one session. `swap` connects another device in place of the one at the bed; `speed` as in `run_beds`."""

    def __init__(self, clinician: Clinician, bed: Bed, swap: Callable[[], Awaitable[None]], *, speed: float, say: Say) -> None:
        self._clinician = clinician
        self._bed = bed
        self._swap = swap
        self._speed = speed
        self._say = say
        self._to_do = list(bed.scenario.actions)

    async def do(self, session: str, now_ms: int) -> int | None:
        """Do what is due; when the next one is, by the monitor's clock; None: nothing is left. An order that does not fit is left."""
        while self._to_do and self._to_do[0].at_min <= self._bed.script_min and self._bed.phase is not Phase.BASELINE:
            action = self._to_do.pop(0)
            try:
                await self._one(session, action)
            except MonitorRefused as refused:
                if refused.status not in _ABOUT_THE_ORDER:
                    raise
                self._say(f"{session}: {line_of(action)}: refused: {refused}")
        if not self._to_do:
            return None
        return now_ms + max(0, round((self._to_do[0].at_min - self._bed.script_min) * 60_000 / self._speed))

    async def _one(self, session: str, action: Action) -> None:
        """The patient feels what was ordered when the record says so; of what the record does not know, at once."""
        match action:
            case Pause():
                await self._clinician.order_phase(session, Phase.PAUSED)
            case Resume():
                await self._clinician.order_phase(session, Phase.INFUSING)
            case Stop():
                await self._clinician.order_phase(session, Phase.RECOVERY)
            case SetRate():
                await self._clinician.set_rate(session, action.mg_per_min)
            case Push():
                await self._clinician.give(session, action.mg)
            case Chart():
                await self._clinician.chart(session, {action.sign: action.value})
            case Give() | Oxygen():
                self._bed.do(action)
                await self._clinician.note(session, f"{NAME}: {line_of(action)}")
            case SwapDevice():
                await self._swap()
