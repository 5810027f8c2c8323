"""Nellcor oximeters on their data port (9600 8N1) or behind a serial-to-TCP converter."""

from typing import Final

from monitor.adapters.base import AdapterSpec, Setup, Tier
from monitor.adapters.nellcor.codec import NellcorCodec
from monitor.adapters.redial import SERIAL_OR_TCP, Redialled, serial_or_tcp
from monitor.adapters.serial_line import PortSettings

_PORT: Final = PortSettings(baud=9_600)


def _shell(setup: Setup) -> Redialled[bytes]:
    return serial_or_tcp(setup, _PORT, NellcorCodec)


ADAPTER: Final = AdapterSpec(
    name="nellcor",
    title="Nellcor pulse oximeters (N-560, N-595)",
    protocol="Nellcor real-time display, a line every two seconds",
    addresses=SERIAL_OR_TCP,
    tier=Tier.PROVEN,
    make_codec=NellcorCodec,
    make_adapter=_shell,
)
