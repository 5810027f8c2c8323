"""CMS50D+ on its serial port (19200 8O1) or behind a serial-to-TCP converter."""

from typing import Final

from monitor.adapters.base import AdapterSpec, Setup, Tier
from monitor.adapters.cms50.codec import Cms50Codec
from monitor.adapters.redial import SERIAL_OR_TCP, Redialled, serial_or_tcp
from monitor.adapters.serial_line import PortSettings

_PORT: Final = PortSettings(baud=19_200, parity="odd")


def _shell(setup: Setup) -> Redialled[bytes]:
    return serial_or_tcp(setup, _PORT, Cms50Codec)


ADAPTER: Final = AdapterSpec(
    name="cms50",
    title="Contec CMS50D+ (firmware that streams at 19200 baud)",
    protocol="Contec CMS50D+ live stream, binary, sixty frames a second",
    addresses=SERIAL_OR_TCP,
    tier=Tier.RECONNECTS,
    make_codec=Cms50Codec,
    make_adapter=_shell,
)
