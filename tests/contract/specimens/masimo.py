"""Lines of the virtual oximeter: values, dashes, alarms, both generations."""

from datetime import datetime

from simulators.devices.masimo import LOW_PERFUSION, SENSOR_OFF, MasimoState, line, older_line
from tests.contract.adapter_laws import Specimen

_AT = datetime(2026, 11, 22, 10, 41, 7)

SPECIMEN = Specimen(
    inputs=(
        line(_AT, MasimoState(97, 72)),
        line(_AT.replace(second=8), MasimoState(89, 131, 0.21, exceptions=LOW_PERFUSION, alarms=0x12)),
        line(_AT.replace(second=9), MasimoState(None, None, None, exceptions=SENSOR_OFF, alarms=0x60)),
        older_line(_AT.replace(second=10), MasimoState(100, 64, 11.82, alarms=0x20)),
    )
)
