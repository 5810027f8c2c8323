"""A device that provides SDC, by its address (the extra `sdc`). It is read and never operated: no operation of it is ever called.

The library works on threads of its own; what they report is handed over to the event loop. A consumer that lost its device stays lost, so
a new one is built, with a new information base.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from monitor.adapters.arrivals import Arrivals
from monitor.adapters.base import AdapterError, AdapterSpec, Setup, Tier
from monitor.adapters.redial import Redialled
from monitor.adapters.said import Sender, clipped
from monitor.adapters.sdc.codec import Code, Condition, Metric, Report, SdcCodec

ADDRESSES: Final = "sdc:https://host:port/path or sdc:urn:uuid:..."
INTERFACE: Final = "interface"  # option: our own IP address in the network where a device is sought by its name
CERTIFICATES: Final = "certificates"  # option: a folder with userkey.pem, usercert.pem and cacert.pem
SILENT_AFTER_MS: Final = 5_000  # the library itself finds a device that hangs after nine seconds
_SOCKET_S: Final = 3
SEARCH_S: Final = 3
_DEMO: Final = frozenset({"Dmo", "Srv", "Mtn"})  # operating modes in which nothing is a patient's
_CONDITIONS: Final = frozenset({"AlertConditionState", "LimitAlertConditionState"})
_SILENCED: Final = frozenset({"Psd", "Off"})


class _Link:
    """A consumer with its information base, as a `Line` of reports. Its callbacks are methods, since the library forgets closures."""

    def __init__(self, sdc: "_Library", url: str, contexts: Any) -> None:
        self.closing: asyncio.Future[None] | None = None
        self._sdc = sdc
        self._loop = asyncio.get_running_loop()
        self._arrivals: Arrivals[Report] = Arrivals()
        self.read = self._arrivals.read
        self._consumer = sdc.consumer(url, contexts)
        self._mdib: Any = None
        self._sender = Sender()

    def build(self) -> None:
        """On a thread. Raises whatever the library meets."""
        self._consumer.start_all(not_subscribed_actions=self._sdc.not_read(self._consumer))
        metadata = self._consumer.host_description
        device, model = metadata.this_device, metadata.this_model
        names = (str(device.SerialNumber or ""), _first(model.ModelName), _first(device.FriendlyName))
        self._sender = Sender(*map(clipped, names))
        self._mdib = self._sdc.mdib(self._consumer)
        self._sdc.bind(self._mdib, metrics_by_handle=self._on_metrics, alert_by_handle=self._on_alerts)
        self._sdc.bind(self._mdib, sequence_or_instance_id_changed_event=self._on_restart)
        self._mdib.init_mdib()
        self._sdc.bind(self._consumer, is_connected=self._on_connected)
        self._soon(self._arrivals.put, self._report({state.DescriptorHandle: state for state in self._mdib.states.objects}, is_first=True))

    async def write(self, data: bytes) -> None:  # noqa: ARG002
        raise OSError("nothing is written to a device that is only read")

    def close(self) -> None:
        if self.closing is None:
            self.closing = self._loop.run_in_executor(None, self._stop)

    def _stop(self) -> None:
        with suppress(Exception):  # of a device that is gone; the threads end all the same
            self._consumer.stop_all(unsubscribe=self._consumer.is_connected)

    # --- on the library's threads ---------------------------------------------------------------------------------------------------

    def _on_metrics(self, states: Mapping[str, Any] | None) -> None:
        if states:  # between two reports the library says None
            self._soon(self._arrivals.put, self._report(states))

    def _on_alerts(self, states: Mapping[str, Any] | None) -> None:
        """A signal that was silenced comes with its condition."""
        if not states:
            return
        signalled = {self._described(state).ConditionSignaled for state in states.values() if _is(state, "AlertSignalState")}
        conditions = {handle: self._mdib.states.descriptor_handle.get_one(handle, allow_none=True) for handle in signalled - {None}}
        self._soon(self._arrivals.put, self._report({**{handle: state for handle, state in conditions.items() if state}, **states}))

    def _on_connected(self, is_connected: bool) -> None:  # noqa: FBT001 - the library's own signature
        if not is_connected:
            self._soon(self._arrivals.end, "lost")

    def _on_restart(self, has_restarted: Any) -> None:
        if has_restarted:
            self._soon(self._arrivals.end, "the device has restarted")

    def _soon(self, call: Callable[[Any], None], argument: Any) -> None:
        with suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(call, argument)

    def _report(self, states: Mapping[str, Any], *, is_first: bool = False) -> Report:
        metrics = [self._metric(state) for state in states.values() if _is(state, "NumericMetricState")]
        alerts = [self._condition(state) for state in states.values() if state.NODETYPE.localname in _CONDITIONS]
        modes = {str(state.OperatingMode) for state in self._mdib.states.objects if _is(state, "MdsState")}
        return Report(self._sender, tuple(metrics), tuple(alerts), is_first, not modes & _DEMO)

    def _described(self, state: Any) -> Any:
        return self._mdib.descriptions.handle.get_one(state.DescriptorHandle)

    def _metric(self, state: Any) -> Metric:
        described, told = self._described(state), state.MetricValue
        head = (state.DescriptorHandle, _code(described.Type), _code(described.Unit), str(described.MetricCategory))
        availability = str(described.MetricAvailability)
        if told is None:
            return Metric(*head, availability, validity="NA")
        quality = told.MetricQuality
        value = "" if told.Value is None else str(told.Value)
        return Metric(*head, availability, value, str(quality.Validity), str(quality.Mode), told.DeterminationTime)

    def _condition(self, state: Any) -> Condition:
        described = self._described(state)
        source = self._mdib.descriptions.handle.get_one(described.Source[0], allow_none=True) if described.Source else None
        limits = getattr(state, "Limits", None)
        return Condition(
            state.DescriptorHandle,
            _code(described.Type),
            bool(state.Presence),
            str(described.Kind),
            str(state.ActualPriority or described.Priority),
            _first(described.Type.ConceptDescription) if described.Type is not None else "",
            "" if limits is None else f"{limits.Lower}-{limits.Upper}",
            None if source is None else _code(source.Type),
            self._is_silenced(state.DescriptorHandle),
            state.DeterminationTime,
        )

    def _is_silenced(self, condition: str) -> bool:
        signals = [each for each in self._mdib.descriptions.objects if getattr(each, "ConditionSignaled", None) == condition]
        audible = [self._mdib.states.descriptor_handle.get_one(each.Handle) for each in signals if str(each.Manifestation) == "Aud"]
        return any(str(state.ActivationState) in _SILENCED for state in audible)


class _Library:
    """What of the library is used. Importing it takes a while and threads, so it is done when a device is configured."""

    def __init__(self) -> None:
        """Raises ImportError."""
        logging.getLogger("sdc").setLevel(logging.CRITICAL)  # it writes tracebacks of every lost line: our own status tells of it
        self._consumers = import_module("sdc11073.consumer.consumerimpl")
        self._definitions = import_module("sdc11073.definitions_sdc").SdcV1Definitions
        self.mdib = import_module("sdc11073.mdib").ConsumerMdib
        self.bind = import_module("sdc11073.observableproperties").bind
        self._certificates = import_module("sdc11073.certloader")
        self._discovery = import_module("sdc11073.wsdiscovery").WSDiscovery

    def consumer(self, url: str, contexts: Any) -> Any:
        """With certificates it is TLS or nothing: the library would go on without where the device's papers are wrong."""
        is_tls = contexts is not None
        return self._consumers.SdcConsumer(url, self._definitions, contexts, socket_timeout=_SOCKET_S, force_ssl_connect=is_tls)

    def contexts(self, folder: str) -> Any:
        """Raises OSError."""
        return self._certificates.mk_ssl_contexts_from_folder(Path(folder))

    def found(self, name: str, interface: str) -> str:
        """The address of the device now: it may be another after each of its starts. Asks by multicast. Raises OSError."""
        with self._discovery(interface) as discovery:
            services = discovery.search_services(types=self._definitions.MedicalDeviceTypesFilter, timeout=SEARCH_S)
        addresses = [address for service in services if service.epr == name for address in service.x_addrs]
        if not addresses:
            raise OSError(f"no device {name} answers in the network of {interface}")
        return str(addresses[0])

    def not_read(self, consumer: Any) -> list[str]:
        return [consumer.sdc_definitions.Actions.Waveform]


class _Device:
    """Opens one link after another."""

    def __init__(self, sdc: _Library, place: str, interface: str, contexts: Any) -> None:
        self._sdc = sdc
        self._place = place
        self._interface = interface
        self._contexts = contexts
        self._last: _Link | None = None

    async def open(self) -> _Link:
        """Raises OSError."""
        if self._last is not None and self._last.closing is not None:
            await self._last.closing
        link = self._last = _Link(self._sdc, await self._address(), self._contexts)
        try:
            await asyncio.get_running_loop().run_in_executor(None, link.build)
        except Exception as error:  # the library has many, and each means that the device is not there as it should be
            link.close()
            raise OSError(f"{type(error).__name__}: {error}") from error
        except BaseException:
            link.close()
            raise
        return link

    async def _address(self) -> str:
        if self._place.startswith("http"):
            return self._place
        return await asyncio.get_running_loop().run_in_executor(None, self._sdc.found, self._place, self._interface)


def _is(state: Any, name: str) -> bool:
    return bool(state.NODETYPE.localname == name)


def _code(coded: Any) -> Code:
    return Code("", "") if coded is None else Code(clipped(str(coded.Code)), clipped(str(coded.CodingSystem or "")))


def _first(texts: Any) -> str:
    """Of the languages of a text."""
    return str(texts[0].text or "") if texts else ""


def _shell(setup: Setup) -> Redialled[Report]:
    place = setup.address.removeprefix("sdc:")
    if not setup.address.startswith(("sdc:http://", "sdc:https://", "sdc:urn:uuid:")):
        raise AdapterError(f"{setup.address!r} is no address here: write {ADDRESSES}")
    folder, interface = setup.codec.options.get(CERTIFICATES), setup.codec.options.get(INTERFACE, "")
    if place.startswith("https:") and folder is None:
        raise AdapterError(f"an SDC device over https wants to know us: the option {CERTIFICATES} names the folder of our certificate")
    if place.startswith("urn:") and not interface:
        raise AdapterError(f"to seek a device by its name, the option {INTERFACE} says which of our addresses is in its network")
    try:
        sdc = _Library()
        contexts = None if folder is None else sdc.contexts(folder)
    except ImportError as error:
        raise AdapterError("adapter 'sdc' needs the package 'sdc11073', which is not installed (the extra `sdc`)") from error
    except OSError as error:
        raise AdapterError(f"{CERTIFICATES} {folder!r} cannot be used: {error}") from error
    return Redialled(_Device(sdc, place, interface, contexts).open, lambda: SdcCodec(setup.codec), setup, SILENT_AFTER_MS)


ADAPTER: Final = AdapterSpec(
    name="sdc",
    title="devices that provide IEEE 11073 SDC",
    protocol="IEEE 11073 SDC (BICEPS over MDPWS), metrics and alerts; read only",
    addresses=ADDRESSES,
    tier=Tier.RECONNECTS,
    make_codec=SdcCodec,
    make_adapter=_shell,
    options=(CERTIFICATES, INTERFACE),
)
