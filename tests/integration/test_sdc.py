"""An SDC device on loopback, of other hands' code: read, gone silent, gone, found again. It is never operated."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import repeat
from pathlib import Path

import pytest

import monitor.adapters.sdc.adapter as shell
from monitor.adapters.base import AdapterError, CodecSettings, Setup
from monitor.adapters.registry import adapter_of
from monitor.adapters.said import DeviceEvent, DeviceMeasurement, DeviceStatus, Kind, Phase
from monitor.clock import SystemClock
from simulators.devices.sdc import SdcMonitor
from tests.support.certificates import Authority
from tests.support.heard import PATIENCE_S, Heard

NAME = "sdc:urn:uuid:7a3f3c5e-2f6e-4d43-9a1c-0b8f2f6f1c01"
AT = 1_795_344_067.0


class Quick(SystemClock):
    """Twenty seconds in one: silence does not have to be waited for."""

    def now_ms(self) -> int:
        return self._wall_ms + (super().now_ms() - self._wall_ms) * 20

    async def sleep_until(self, at_ms: int) -> None:
        now_ms = self.now_ms()
        await super().sleep_until(now_ms + (at_ms - now_ms) // 20)


def _soon() -> Iterator[float]:
    return repeat(0.05)


@asynccontextmanager
async def _device(certificates: Path | None = None) -> AsyncIterator[SdcMonitor]:
    device = SdcMonitor(certificates=certificates)
    await asyncio.to_thread(device.start)
    try:
        yield device
    finally:
        await asyncio.to_thread(device.stop, goodbye=False)


@asynccontextmanager
async def _running(address: str, heard: Heard, clock: SystemClock | None = None, **options: str) -> AsyncIterator[None]:
    setup = Setup(address, clock or SystemClock(), _soon, CodecSettings(options=options))
    task = asyncio.ensure_future(adapter_of("sdc", setup).run(heard.keep))
    try:
        async with asyncio.timeout(PATIENCE_S):
            yield
    finally:
        task.cancel()
        await asyncio.wait({task})


async def test_metrics_alerts_and_a_cuff_of_before() -> None:
    heard = Heard()
    async with _device() as device:
        await asyncio.to_thread(device.shows, AT - 300, {"nibp.sys": 118, "nibp.dia": 74, "spo2": 80})
        async with _running(f"sdc:{device.url}", heard):
            await heard.until(lambda: bool(heard.first()))
            await asyncio.to_thread(device.shows, AT, {"hr": 72, "spo2": 97, "etco2.kpa": 5.1})
            await asyncio.to_thread(device.alerts, AT, is_present=True, is_silenced=True)
            await asyncio.to_thread(device.shows, AT + 1, {"spo2": None})
            await asyncio.to_thread(device.alerts, AT + 1, is_present=False)
            await heard.until(lambda: sum(isinstance(item, DeviceEvent) for item in heard.told) == 2)
    cuff, *_ = (item for item in heard.told if isinstance(item, DeviceMeasurement))
    assert (cuff.kind, cuff.time.at_ms, sorted(value.value_milli or 0 for value in cuff.values)) == (
        Kind.APERIODIC, round((AT - 300) * 1000), [74_000, 118_000]
    )  # fmt: skip
    assert heard.spo2() == [97_000, None]
    assert [(item.phase, item.text, item.is_silenced) for item in heard.told if isinstance(item, DeviceEvent)] == [
        (Phase.START, "SpO2 low", True),
        (Phase.END, "SpO2 low", False),
    ]


async def test_a_device_that_says_no_more_is_given_up_and_read_anew() -> None:
    """It stands there, answers, and measures nothing: that alone must not keep the line."""
    heard = Heard()
    async with _device() as device, _running(f"sdc:{device.url}", heard, Quick()):
        await heard.until(lambda: heard.connected()[:3] == [True, False, True])
        second = 0
        while not heard.spo2():
            second += 1
            await asyncio.to_thread(device.shows, AT + second, {"spo2": 95})
        assert heard.spo2()[0] == 95_000


async def test_a_device_that_leaves_is_found_where_it_is_now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sought by its name, since it has another port after each of its starts. The search itself would speak multicast."""
    heard = Heard()
    places: list[str] = []

    def found(_: object, name: str, interface: str) -> str:
        assert (f"sdc:{name}", interface) == (NAME, "127.0.0.1")
        if not places:
            raise OSError("nobody answers")
        return places[-1]

    monkeypatch.setattr(shell._Library, "found", found)
    async with _running(NAME, heard, interface="127.0.0.1"):
        for spo2 in (97, 95):
            async with _device() as device:
                places.append(device.url)
                await heard.until(lambda: heard.connected()[-1:] == [True])
                await asyncio.to_thread(device.shows, AT + spo2, {"spo2": spo2})
                await heard.until(lambda: heard.spo2()[-1:] == [spo2 * 1_000])  # noqa: B023 - awaited here
                places.clear()
                await asyncio.to_thread(device.stop)
                await heard.until(lambda: heard.connected()[-1:] == [False])
    assert heard.spo2() == [97_000, 95_000]


async def test_device_and_monitor_know_each_other_over_tls(tmp_path: Path) -> None:
    heard = Heard()
    Authority(tmp_path).issue()
    async with _device(tmp_path) as device, _running(f"sdc:{device.url}", heard, certificates=str(tmp_path)):
        assert device.url.startswith("https://")
        await heard.until(lambda: heard.connected() == [True])
        await asyncio.to_thread(device.shows, AT, {"spo2": 97})
        await heard.until(lambda: heard.spo2() == [97_000])


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the library leaves refused sockets to be collected
async def test_a_device_that_nobody_vouches_for_is_refused_by_name(tmp_path: Path) -> None:
    """Each of the two has papers, of another authority."""
    heard = Heard()
    theirs, ours = tmp_path / "theirs", tmp_path / "ours"
    for folder in (theirs, ours):
        folder.mkdir()
        Authority(folder, folder.name).issue()
    async with _device(theirs) as device, _running(f"sdc:{device.url}", heard, certificates=str(ours)):
        await heard.until(lambda: heard.connected() == [False])
    assert ["certificate verify failed" in item.why for item in heard.told if isinstance(item, DeviceStatus)] == [True], heard.told


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_with_certificates_nothing_is_read_without_tls(tmp_path: Path) -> None:
    """A device that answers in the clear, where one with papers was expected."""
    heard = Heard()
    Authority(tmp_path).issue()
    async with _device() as device, _running(f"sdc:{device.url}", heard, certificates=str(tmp_path)):
        await asyncio.to_thread(device.shows, AT, {"nibp.sys": 118})
        await heard.until(lambda: heard.connected() == [False])
    assert not [item for item in heard.told if isinstance(item, DeviceMeasurement)]


def test_no_operation_is_ever_called() -> None:
    """The library's way to operate a device is a client of its set service, and none is asked for."""
    source = Path(shell.__file__).read_text(encoding="utf-8")
    assert not [word for word in ("set_service", "set_value", "set_string", "activate", "client(", "SetService") if word in source]


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("sdc:", "sdc:https://host:port/path or sdc:urn:uuid"),
        ("http://host:1/x", "sdc:https://host:port/path or sdc:urn:uuid"),
        ("sdc:https://host:1/x", "the option certificates names the folder"),
        (NAME, "the option interface says which"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_at_once(address: str, says: str) -> None:
    with pytest.raises(AdapterError, match=says):
        adapter_of("sdc", Setup(address, SystemClock(), _soon))


def test_certificates_that_are_not_there_are_told(tmp_path: Path) -> None:
    with pytest.raises(AdapterError, match=r"certificates .* cannot be used"):
        adapter_of("sdc", Setup("sdc:https://host:1/x", SystemClock(), _soon, CodecSettings(options={"certificates": str(tmp_path)})))


def test_a_missing_extra_says_how_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sdc11073.consumer.consumerimpl", None)
    with pytest.raises(AdapterError, match="the extra `sdc`"):
        adapter_of("sdc", Setup("sdc:http://host:1/x", SystemClock(), _soon))
