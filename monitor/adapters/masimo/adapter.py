"""Masimo oximeters on a serial port (9600 8N1) or behind a serial-to-TCP converter."""

from typing import Final

from monitor.adapters.base import AdapterSpec, Setup, Tier
from monitor.adapters.masimo.codec import MasimoCodec
from monitor.adapters.redial import SERIAL_OR_TCP, Redialled, serial_or_tcp
from monitor.adapters.serial_line import PortSettings

_PORT: Final = PortSettings(baud=9_600)


def _shell(setup: Setup) -> Redialled[bytes]:
    return serial_or_tcp(setup, _PORT, MasimoCodec)


ADAPTER: Final = AdapterSpec(
    name="masimo",
    title="Masimo pulse oximeters (Rad-5, Rad-7, Rad-8, Radical-7)",
    protocol="Masimo serial ASCII output, one line a second",
    addresses=SERIAL_OR_TCP,
    tier=Tier.PROVEN,
    make_codec=MasimoCodec,
    make_adapter=_shell,
)
