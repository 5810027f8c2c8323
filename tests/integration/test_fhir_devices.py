"""FHIR senders on real sockets: let in by token, answered once it is kept, refused by name, and gone after a minute of silence."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import repeat
from pathlib import Path
from typing import Any

import httpx2
import pytest

from monitor.adapters.base import AdapterError, CodecSettings, Keep, Setup
from monitor.adapters.fhir.codec import MAX_DOCUMENT
from monitor.adapters.fhir.http_port import SILENT_MS
from monitor.adapters.registry import adapter_of
from monitor.adapters.said import DeviceMeasurement, Told, Undecoded
from monitor.clock import Clock, ManualClock, SystemClock
from schemas.vitals import Vital
from simulators.devices.carried import Carried, posting
from simulators.devices.fhir import bundle, observation
from tests.support.heard import PATIENCE_S, Heard
from tests.support.running import free_port

AT = datetime(2026, 11, 22, 10, 41, 7, tzinfo=UTC)
TOKEN = "a-token-of-the-clinic"
ONE = json.dumps(observation(AT, Vital.SPO2, 97.0)).encode()
HEADERS = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/fhir+json; charset=utf-8"}


def _at_once() -> Iterator[float]:
    return repeat(0.005)


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text(f"{TOKEN}\n")
    return path


class _Port:
    def __init__(self, task: asyncio.Task[None], http: httpx2.AsyncClient) -> None:
        self.task = task
        self.http = http

    async def send(self, data: bytes = ONE, path: str = "/Observation", method: str = "POST", **headers: str) -> tuple[int, Any]:
        """Tries until the port is there. An option of a header that is empty leaves the header out."""
        named = {name.replace("_", "-").title(): value for name, value in headers.items()}
        wanted = {name: value for name, value in (HEADERS | named).items() if value}
        async with asyncio.timeout(PATIENCE_S):
            while True:
                try:
                    answer = await self.http.request(method, path, content=data, headers=wanted)
                    return answer.status_code, answer.json()
                except httpx2.ConnectError:
                    await asyncio.sleep(0)


@asynccontextmanager
async def _listening(keep: Keep, token_file: Path, clock: Clock | None = None, port: int = 0) -> AsyncIterator[_Port]:
    port = port or free_port()
    setup = Setup(f"listen:{port}", clock or SystemClock(), _at_once, CodecSettings(options={"token_file": str(token_file)}))
    task = asyncio.ensure_future(adapter_of("fhir", setup).run(keep))
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http:
        try:
            yield _Port(task, http)
        finally:
            task.cancel()
            await asyncio.wait({task})


async def test_a_gateway_sends_and_is_answered_once_it_is_kept(token_file: Path) -> None:
    heard = Heard()
    async with _listening(heard.keep, token_file) as port:
        status, body = await port.send()
        assert (status, body["resourceType"], body["issue"][0]["severity"]) == (201, "OperationOutcome", "information")
        assert heard.spo2() == [97_000]
        status, body = await port.send(bundle(AT, {Vital.SPO2: None, Vital.HEART_RATE: 60.0}), "/")
        assert (status, [one["response"]["status"] for one in body["entry"]]) == (200, ["201", "201"])
        assert (await port.send(path="/Observation/7", method="PUT"))[0] == 201
        assert heard.spo2() == [97_000, None, 97_000]
        assert heard.connected() == [True]


async def test_what_is_not_kept_is_not_acknowledged_and_the_gateway_sends_it_again(token_file: Path) -> None:
    heard = Heard()
    async with _listening(heard.keep, token_file) as port:
        heard.is_full = True
        status, body = await port.send()
        assert (status, body["issue"][0]["code"], heard.spo2()) == (503, "transient", [])
        heard.is_full = False
        assert (await port.send())[0] == 201
        assert heard.spo2() == [97_000]


REFUSED: tuple[tuple[dict[str, Any], int], ...] = (
    ({"authorization": ""}, 401),
    ({"authorization": "Bearer wrong"}, 401),
    ({"authorization": f"Basic {TOKEN}"}, 401),
    ({"authorization": f"Bearer {TOKEN}x"}, 401),
    ({"method": "GET"}, 405),
    ({"method": "DELETE", "path": "/Observation/7"}, 405),
    ({"path": "/Patient"}, 404),
    ({"path": "/Observation/7/_history"}, 404),
    ({"path": "/Observation/7"}, 404),
    ({"content_type": "application/fhir+xml"}, 415),
    ({"content_type": ""}, 415),
    ({"data": b"x" * (MAX_DOCUMENT + 1)}, 413),
    ({"data": b"{"}, 400),
)


async def test_a_request_that_cannot_be_taken_is_refused_by_name_and_says_nothing(token_file: Path) -> None:
    heard = Heard()
    async with _listening(heard.keep, token_file) as port:
        for how, status in REFUSED:
            found, body = await port.send(**how)
            assert (found, body["resourceType"], body["issue"][0]["severity"]) == (status, "OperationOutcome", "error")
            assert not [item for item in heard.told if isinstance(item, DeviceMeasurement)]
            assert bool([item for item in heard.told if isinstance(item, Undecoded)]) is (status == 400)
            assert TOKEN not in json.dumps(body)


async def test_a_body_without_a_length_is_bounded_too(token_file: Path) -> None:
    heard = Heard()

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(MAX_DOCUMENT // 65_536 + 2):
            yield b"x" * 65_536

    async with _listening(heard.keep, token_file) as port:
        await port.send()
        answer = await port.http.post("/Observation", content=endless(), headers=HEADERS)
        assert answer.status_code == 413
        assert (await port.send())[0] == 201


async def test_a_request_cut_in_the_middle_says_nothing_and_costs_nobody_else(token_file: Path) -> None:
    heard = Heard()
    number = free_port()
    async with _listening(heard.keep, token_file, port=number) as port:
        await port.send()
        _, writer = await asyncio.open_connection("127.0.0.1", number)
        head = f"POST /Observation HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nContent-Type: application/fhir+json\r\n"
        writer.write(f"{head}Content-Length: {len(ONE)}\r\n\r\n".encode() + ONE[:100])
        await writer.drain()
        writer.transport.abort()
        assert (await port.send())[0] == 201
        assert heard.spo2() == [97_000, 97_000]


async def test_a_minute_of_silence_is_told_and_the_next_request_too(token_file: Path) -> None:
    heard, clock = Heard(), ManualClock()
    async with _listening(heard.keep, token_file, clock) as port:
        await port.send()
        while heard.connected() == [True]:
            clock.advance(SILENT_MS // 4)
            await asyncio.sleep(0)
        await port.send()
        assert heard.connected() == [True, False, True]


async def test_a_port_that_is_taken_is_tried_again(token_file: Path) -> None:
    heard = Heard()
    squatter = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    number = squatter.sockets[0].getsockname()[1]
    async with _listening(heard.keep, token_file, port=number) as port:
        await heard.until(lambda: heard.connected() == [False])
        squatter.close()
        await squatter.wait_closed()
        assert (await port.send())[0] == 201
        assert heard.connected() == [False, True]


async def test_an_end_of_the_port_frees_it(token_file: Path) -> None:
    number = free_port()
    for _ in range(2):
        heard = Heard()
        async with _listening(heard.keep, token_file, port=number) as port:
            assert (await port.send())[0] == 201
        assert heard.spo2() == [97_000]


async def test_a_fault_that_trying_again_cannot_mend_comes_out(token_file: Path) -> None:
    """Whoever runs the adapter supervises it."""

    async def keep(told: Sequence[Told]) -> None:
        if any(isinstance(item, DeviceMeasurement) for item in told):
            raise RuntimeError("the spool is gone")

    async with _listening(keep, token_file) as port:
        assert (await port.send())[0] == 500
        with pytest.raises(RuntimeError, match="the spool is gone"):
            await port.task


async def test_the_virtual_gateway_on_its_wire(token_file: Path) -> None:
    heard, number, said = Heard(), free_port(), list[str]()
    url = f"http://127.0.0.1:{number}/"
    async with (
        _listening(heard.keep, token_file, port=number) as port,
        Carried(lambda: posting(url, TOKEN), SystemClock(), said.append) as wire,
    ):
        await port.send()
        wire.send(bundle(AT, {Vital.SPO2: 96.0}))
        wire.send(bundle(AT.replace(second=8), {Vital.SPO2: None}))
        await heard.until(lambda: len(heard.spo2()) == 3)
        assert heard.spo2() == [97_000, 96_000, None]
    assert said == ["answered 200"]


@pytest.mark.parametrize("address", ["", "listen:", "listen:host:0", "tcp:127.0.0.1:80", "http://127.0.0.1:80"])
def test_an_address_that_cannot_be_used_is_refused(token_file: Path, address: str) -> None:
    with pytest.raises(AdapterError, match="listen:port"):
        adapter_of("fhir", Setup(address, SystemClock(), _at_once, CodecSettings(options={"token_file": str(token_file)})))


@pytest.mark.parametrize("text", [None, "", "short", "two words of a token", "t\u00f6ken-of-the-clinic"])
def test_a_port_without_a_proper_token_does_not_open(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "token"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    for options in ({"token_file": str(path)}, {}):
        with pytest.raises(AdapterError, match="token_file"):
            adapter_of("fhir", Setup("listen:8055", SystemClock(), _at_once, CodecSettings(options=options)))
