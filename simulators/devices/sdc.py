"""A virtual SDC monitor: the provider of the maker of the library, with an information base of our own, on this machine's loopback.

It has no discovery: nothing is sent to the network, and whoever wants it is told its address.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from simulators.devices.carried import Deliver
from simulators.say import Say

_SPACES: Final = {
    "msg": "http://standards.ieee.org/downloads/11073/11073-10207-2017/message",
    "pm": "http://standards.ieee.org/downloads/11073/11073-10207-2017/participant",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
}
METRICS: Final = {  # handle -> code, unit, availability
    "hr": ("147842", "264864", "Cont"),
    "spo2": ("150456", "262688", "Cont"),
    "pr": ("149530", "264864", "Cont"),
    "etco2.vol": ("151708", "262688", "Cont"),
    "etco2.kpa": ("151708", "265987", "Cont"),
    "nibp.sys": ("150021", "266016", "Intr"),
    "nibp.dia": ("150022", "266016", "Intr"),
    "private": ("67108865", "262656", "Cont"),
}
_EPR: Final = UUID("7a3f3c5e-2f6e-4d43-9a1c-0b8f2f6f1c01")
ALERT: Final = "ac.spo2"
_SOUND: Final = "as.spo2"


class SdcMonitor:
    """`start`, then `url`; `shows` and `alerts` from any thread. Everything of it blocks."""

    def __init__(self, serial: str = "S-1", certificates: Path | None = None) -> None:
        """`certificates`: a folder with userkey.pem, usercert.pem and cacert.pem; it then speaks TLS and wants to know who asks."""
        from sdc11073.certloader import mk_ssl_contexts_from_folder
        from sdc11073.definitions_sdc import SdcV1Definitions  # here because it is an extra
        from sdc11073.mdib import ProviderMdib
        from sdc11073.provider import SdcProvider
        from sdc11073.provider.providerimpl import provider_components_sync_factory
        from sdc11073.xml_types.dpws_types import ThisDeviceType, ThisModelType

        self._mdib: Any = ProviderMdib.from_string(_information_base().encode(), SdcV1Definitions)
        parts = provider_components_sync_factory()  # the other leaves its event loops open
        model = ThisModelType(manufacturer="Simulator", model_name="Virtual monitor")
        device = ThisDeviceType(friendly_name="Chair 1", firmware_version="1", serial_number=serial)
        contexts = None if certificates is None else mk_ssl_contexts_from_folder(certificates)
        self._provider: Any = SdcProvider(_NoDiscovery(), model, device, self._mdib, _EPR, components=parts, ssl_context_container=contexts)

    @property
    def url(self) -> str:
        """Once it has started."""
        return str(self._provider.get_xaddrs()[0])

    def start(self) -> None:
        self._provider.start_all(start_rtsample_loop=False)

    def stop(self, *, goodbye: bool = True) -> None:
        """Without goodbye it vanishes as a device whose plug was pulled."""
        self._provider.stop_all(send_subscription_end=goodbye)

    def shows(self, at: float, values: Mapping[str, float | None], *, validity: str = "Vld", mode: str = "Real") -> None:
        """`at`: Unix seconds of the determination. None: the metric has no value."""
        from sdc11073.xml_types import pm_types

        with self._mdib.metric_state_transaction(set_determination_time=False) as transaction:
            for handle, value in values.items():
                state: Any = transaction.get_state(handle)
                if state.MetricValue is None:
                    state.mk_metric_value()
                told = state.MetricValue
                told.Value, told.DeterminationTime = None if value is None else Decimal(str(value)), at
                told.MetricQuality.Validity = pm_types.MeasurementValidity("NA" if value is None else validity)
                told.MetricQuality.Mode = pm_types.GenerationMode(mode)

    def alerts(self, at: float, *, is_present: bool, is_silenced: bool = False) -> None:
        from sdc11073.xml_types import pm_types

        with self._mdib.alert_state_transaction(set_determination_time=False) as transaction:
            state: Any = transaction.get_state(ALERT)
            state.Presence, state.DeterminationTime = is_present, at
            state.ActivationState = pm_types.AlertActivation.ON
            state.Limits = pm_types.Range(Decimal(90), Decimal(100))
            signal: Any = transaction.get_state(_SOUND)
            signal.ActivationState = pm_types.AlertActivation.PAUSED if is_silenced else pm_types.AlertActivation.ON
            signal.Presence = pm_types.AlertSignalPresence.ON if is_present else pm_types.AlertSignalPresence.OFF


Determined = tuple[float, Mapping[str, float | None]]
"""Unix seconds of the determination, and the values by their handles."""


@asynccontextmanager
async def providing(say: Say) -> AsyncIterator[Deliver[Determined]]:
    """Every item is what the metrics show from then on, whoever subscribed to them. `say` is told the address."""
    monitor = SdcMonitor()
    await asyncio.to_thread(monitor.start)
    say(f"sdc:{monitor.url}")

    async def deliver(item: Determined) -> str:
        await asyncio.to_thread(lambda: monitor.shows(*item, mode="Demo"))
        return "reported"

    try:
        yield deliver
    finally:
        await asyncio.to_thread(monitor.stop)


class _NoDiscovery:
    """In place of the library's own, which speaks multicast."""

    active_address = "127.0.0.1"

    def publish_service(self, *_: object, **__: object) -> None:
        return

    def clear_service(self, *_: object) -> None:
        return


def _information_base() -> str:
    metrics = "".join(
        f'<pm:Metric xsi:type="pm:NumericMetricDescriptor" Handle="{handle}" Resolution="0.1" MetricCategory="Msrmt" '
        f'MetricAvailability="{availability}"><pm:Type Code="{code}"/><pm:Unit Code="{unit}"/></pm:Metric>'
        for handle, (code, unit, availability) in METRICS.items()
    )
    alert = (
        f'<pm:AlertSystem Handle="alerts"><pm:AlertCondition xsi:type="pm:LimitAlertConditionDescriptor" Handle="{ALERT}" Kind="Phy" '
        'Priority="Hi"><pm:Type Code="196670"><pm:ConceptDescription Lang="en">SpO2 low</pm:ConceptDescription></pm:Type>'
        '<pm:Source>spo2</pm:Source><pm:MaxLimits Lower="50" Upper="100"/></pm:AlertCondition>'
        f'<pm:AlertSignal Handle="{_SOUND}" ConditionSignaled="{ALERT}" Manifestation="Aud" Latching="false"/></pm:AlertSystem>'
    )
    names = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in _SPACES.items())
    sequence = 'SequenceId="urn:uuid:0d5b0f0e-55a1-4a07-8f5e-0c8f4f6f0c11"'
    context = "".join(f'<pm:{name} Handle="{name}"/>' for name in ("PatientContext", "LocationContext"))
    contexts = f'<pm:SystemContext Handle="context">{context}</pm:SystemContext>'
    channel = f'<pm:Vmd Handle="vmd"><pm:Channel Handle="channel">{metrics}</pm:Channel></pm:Vmd>'
    device = f'<pm:Mds Handle="mds"><pm:Type Code="69965"/>{alert}{contexts}{channel}</pm:Mds>'
    base = f"<msg:Mdib {sequence}><pm:MdDescription>{device}</pm:MdDescription></msg:Mdib>"
    return f"<msg:GetMdibResponse {names} {sequence}>{base}</msg:GetMdibResponse>"
