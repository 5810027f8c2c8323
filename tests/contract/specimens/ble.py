"""A notification of each characteristic, with and without numbers."""

from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from monitor.adapters.base import CodecSettings
from monitor.adapters.ble.codec import READERS, Notification, uuid_of
from monitor.adapters.ble.oximetry import NONIN
from simulators.devices.ble import continuous, cuff, heart_rate, nonin, spot_check
from tests.contract.adapter_laws import Specimen

_AT = (2026, 11, 22, 10, 41, 7)

SPECIMEN = Specimen(
    inputs=(
        Notification(uuid_of("2A37"), heart_rate(72, contact=True, intervals=(853, 860))),
        Notification(uuid_of("2A35"), cuff(124, 86, 97, at=_AT, rate=51, user=1, status=0)),
        Notification(uuid_of("2A36"), cuff(140, None, None)),
        Notification(uuid_of("2A5E"), spot_check(97, 66, at=_AT, status=0, sensor=0)),
        Notification(uuid_of("2A5F"), continuous(96, 64, status=1 << 5, sensor=1 << 5, fast=True)),
        Notification(NONIN, nonin(None, None, status=0x28)),
    ),
    arbitrary=st.builds(
        Notification,
        st.one_of(st.sampled_from(sorted(READERS)), st.text(max_size=40)),
        st.one_of(st.binary(max_size=24), st.binary(max_size=600)),
    ),
    settings=CodecSettings(zone=ZoneInfo("Europe/Berlin")),
)
