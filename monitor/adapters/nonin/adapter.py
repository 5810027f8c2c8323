"""Nonin's modules on a serial port (9600 8N1) or behind a serial-to-TCP converter."""

from typing import Final

from monitor.adapters.base import AdapterSpec, Setup, Tier
from monitor.adapters.nonin.codec import FORMAT, NoninCodec
from monitor.adapters.redial import SERIAL_OR_TCP, Redialled, serial_or_tcp
from monitor.adapters.serial_line import PortSettings

_PORT: Final = PortSettings(baud=9_600)


def _shell(setup: Setup) -> Redialled[bytes]:
    NoninCodec(setup.codec)  # a wrong option is refused now, not at the first connection
    return serial_or_tcp(setup, _PORT, NoninCodec)


ADAPTER: Final = AdapterSpec(
    name="nonin",
    title="Nonin pulse oximeters (OEM III, Xpod; 3150 on its cable)",
    protocol="Nonin serial data format 2, or 7 with the option `format`; binary, three packets a second",
    addresses=SERIAL_OR_TCP,
    tier=Tier.PROVEN,
    make_codec=NoninCodec,
    make_adapter=_shell,
    options=(FORMAT,),
)
