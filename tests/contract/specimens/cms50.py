"""Seconds of the virtual oximeter: values, none, each flag."""

from simulators.devices.cms50 import Cms50State, second
from tests.contract.adapter_laws import Specimen

SPECIMEN = Specimen(
    inputs=(
        second(Cms50State(97, 72)),
        second(Cms50State(88, 141, is_dropping=True)),
        second(Cms50State(None, None, is_finger_out=True)) * 2,
        second(Cms50State(95, 66)) * 3,
    )
)
