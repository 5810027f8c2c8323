"""Lines of the virtual oximeter: headings, values, dashes, flags."""

from datetime import datetime

from simulators.devices.nellcor import NellcorState, headings, line
from tests.contract.adapter_laws import Specimen

_AT = datetime(2026, 11, 22, 10, 41, 7)

SPECIMEN = Specimen(
    inputs=(
        headings(),
        line(_AT, NellcorState(97, 72)),
        line(_AT.replace(second=9), NellcorState(88, 131, flags=("SL", "MO", "AO")), star="spo2"),
        headings("85-100%"),
        line(_AT.replace(second=11), NellcorState(None, None, None, flags=("SO",))),
        line(_AT.replace(second=13), NellcorState(100, 64, 104)),
    )
)
