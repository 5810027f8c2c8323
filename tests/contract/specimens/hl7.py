"""Messages of the virtual monitors: three dialects, a cuff, missing values, an alarm."""

from datetime import datetime

from simulators.devices.hl7 import Cuff, Hl7State, PumpState, ge, mindray, mindray_alarm, philips, space_pump
from simulators.devices.mllp import framed
from tests.contract.adapter_laws import Specimen

_AT = datetime(2026, 11, 22, 10, 41, 7)
_CUFF = Cuff(118, 74, 89, datetime(2026, 11, 22, 10, 20, 0))

SPECIMEN = Specimen(
    inputs=(
        framed(mindray(_AT, 1, Hl7State(72, 97, 71, 14, cuff=_CUFF))),
        framed(mindray_alarm(_AT.replace(second=8), 2, 88, "start")),
        framed(philips(_AT.replace(second=9), 3, Hl7State(71, 97, 70, None, cuff=_CUFF))),
        framed(space_pump(_AT, 5, PumpState(25.0, 0.0, 4.2, why_not="pump-stopped-occlusion"))),
        framed(ge(_AT.replace(second=10), 4, Hl7State(64, 98, 64, etco2=38))),
    )
)
