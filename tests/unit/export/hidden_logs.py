"""Random sessions full of names, for what must hold of every de-identified record; seeded."""

import random
from functools import cache
from typing import Any

from msgspec.structs import replace

from monitor.core.limits import encode_limits
from schemas.alert import AlertState
from schemas.log import (
    AlertChanged,
    DeviceBound,
    DrugDrawn,
    MonitorRestarted,
    PhaseOrdered,
    ScreensChanged,
    SessionCreated,
)
from schemas.measurement import Mode
from schemas.session import Order, Patient, Phase, Treatment
from tests.unit.core.bedside import default_limits
from tests.unit.export.session_log import Log, every_event

_SYLLABLES = ("quor", "zeph", "myx", "vlad", "tux", "gwen", "jolv", "kwer", "\u00f8rn", "\u0416\u0443\u043a", "\u6797", '"q\\x', "\u00fc\n")


@cache
def _limits(reviewer: str) -> tuple[str, str]:
    """The rule set in force, one rule of it signed."""
    limits = default_limits()
    return encode_limits(replace(limits, rule=(replace(limits.rule[0], reviewer=reviewer), *limits.rule[1:])))


class Named:
    """A log, its salt, and every value in it that identifies somebody."""

    def __init__(self, seed: int, *, measurements: int | None = None) -> None:
        draw = self._draw = random.Random(seed)
        self.values: set[str] = set()
        self.salt = draw.randbytes(32).hex()
        self.log = Log(f"S-{seed:06d}")
        self.year = draw.randrange(1901, 1930)  # far from any number of these logs
        limits, digest = _limits("Dr. Vexilloqua Prumm")
        self.values.add("Vexilloqua")
        order = Order(dose_ug=37_500, duration_ms=2_400_000, treatment=Treatment.KETAMINE_IV)
        code = f"ZQ-{draw.randrange(10**7, 10**8)}" if draw.random() < 0.5 else None
        self.values |= {code} if code else set()
        patient = Patient(self.year, self._name(), 75_000, code)
        self.log.say(SessionCreated(self._name(), limits, digest, order, patient, "Room 1", salt=self.salt))
        device = DeviceBound(self._name(), "sim-room-1", Mode.SIMULATED, self._name(), read_back=f"Room 1, {patient.label}, {self.year}")
        self.log.say(device)
        events = [*every_event(), DrugDrawn(amount_ug=1, by="x", concentration_ug_per_ml=1, lot="L1"), MonitorRestarted("1")]
        draw.shuffle(events)
        number = draw.randrange(20) if measurements is None else measurements
        for body in [*events[: draw.randrange(8, len(events))], *[None] * number]:
            if body is None:
                self.log.measure(seal=draw.random() < 0.2)
            else:
                self.log.say(self._renamed(body))
        if draw.random() < 0.8:
            self.log.say(PhaseOrdered(self._name(), None, Phase.CLOSED))

    def _name(self) -> str:
        made = "".join(self._draw.choice(_SYLLABLES) for _ in range(self._draw.randrange(3, 6)))
        self.values.add(made)
        return made

    def _renamed(self, body: Any) -> Any:
        if isinstance(body, ScreensChanged):
            return replace(body, people=tuple(sorted(self._name() for _ in range(3))))
        if isinstance(body, AlertChanged):
            state = self._draw.choice((AlertState.ACTIVE, AlertState.ACKNOWLEDGED))
            return replace(body, alert=replace(body.alert, state=state, acknowledged_by=self._name()))
        texts = {"by", "confirmed_by", "name", "override", "comment", "text", "note", "reason", "meaning", "detail", "source", "read_back"}
        return replace(body, **{name: self._name() for name in body.__struct_fields__ if name in texts and getattr(body, name) is not None})
