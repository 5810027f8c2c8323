"""Packets of the virtual module: values, none, each kind of status, a rate beyond 127."""

from simulators.devices.nonin import GREEN, OUT_OF_TRACK, RED, SENSOR_ALARM, NoninState, packet
from tests.contract.adapter_laws import Specimen

_WAVE = (1, 60, 128, 129, 200, 255, 90)

SPECIMEN = Specimen(
    inputs=(
        packet(NoninState(97, 72, pulse=GREEN)),
        packet(NoninState(89, 141, pulse=RED), _WAVE),
        packet(NoninState(None, None, status=SENSOR_ALARM | OUT_OF_TRACK)),
        packet(NoninState(96, 66), _WAVE),
    )
)
