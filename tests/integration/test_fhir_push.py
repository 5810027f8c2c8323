"""A session is pushed to a FHIR server of other hands, on a real socket: twice, through failures, and where the server refuses."""

import asyncio
import json
import ssl
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from itertools import repeat
from pathlib import Path
from typing import Any

import httpx2
import pytest
import typer
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from typer.testing import CliRunner

from monitor.cli.export import export
from monitor.cli.export_fhir import Server
from monitor.clock import SystemClock
from monitor.export.fhir.push import ATTEMPTS, MAX_ENTRIES, Answer, Outcome, Pusher
from monitor.export.fhir.resources import resources
from monitor.export.selection import select
from monitor.store.ports import Batch
from monitor.store.sqlite import SqliteStore
from tests.support.node import NODE
from tests.support.running import free_port
from tests.unit.export.fhir_export import ROWS, full_log
from tests.unit.export.session_log import FakeStore, Log, short_log, stamp_of

SERVER = Path(__file__).parents[1] / "support" / "compose" / "fhir_server.mjs"
app = typer.Typer()
app.command()(export)


def _at_once() -> Iterator[float]:
    return repeat(0.001)


@pytest.fixture(scope="module")
def running() -> Iterator[str]:
    process = subprocess.Popen([str(NODE), str(SERVER)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        process.stdout.close()
    finally:
        process.kill()
        process.wait()


class _Server:
    """Emptied, and with these faults from now on."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def reset(self, **faults: Any) -> str:
        async with httpx2.AsyncClient(trust_env=False) as http:
            await http.post(f"{self.url}/reset", json=faults)
        return self.url


@pytest.fixture
def server(running: str) -> _Server:
    return _Server(running)


async def _held(url: str) -> dict[str, Any]:
    async with httpx2.AsyncClient(trust_env=False) as http:
        held: dict[str, Any] = (await http.get(f"{url}/held")).json()
        return held


async def _push(url: str, log: Log, token: str = "", said: list[str] | None = None) -> list[Answer]:
    source = FakeStore(log, chunk=2_000)
    selection = await select(source, log.id)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with httpx2.AsyncClient(headers=headers, trust_env=False) as http:
        pusher = Pusher(f"{url}/fhir/", http, SystemClock(), _at_once, (said if said is not None else []).append)
        return [answer async for answer in pusher.push(resources(source, selection, stamp_of(), ROWS))]


def _outcomes(answers: list[Answer]) -> Counter[Outcome]:
    return Counter(answer.outcome for answer in answers)


async def test_everything_is_taken_and_a_second_push_changes_nothing(server: _Server) -> None:
    log = full_log()
    url = await server.reset()
    answers = await _push(url, log)
    first = await _held(url)
    assert sum(first["counts"].values()) == len(answers) == len({answer.resource for answer in answers})
    assert set(_outcomes(answers)) <= {Outcome.CREATED, Outcome.UPDATED}
    again = await _push(url, log)
    second = await _held(url)
    assert [answer.resource for answer in again] == [answer.resource for answer in answers]
    assert (second["counts"], second["digest"]) == (first["counts"], first["digest"])


async def test_a_session_that_went_on_adds_what_is_new(server: _Server) -> None:
    log = short_log(is_closed=False)
    url = await server.reset()
    await _push(url, log)
    before = (await _held(url))["counts"]
    log.measure()
    await _push(url, log)
    after = (await _held(url))["counts"]
    assert {kind: after[kind] - before[kind] for kind in after if after[kind] != before[kind]} == {"Observation": 3}


@pytest.mark.parametrize("faults", [{"fail": 2}, {"cut": 2}], ids=["503-twice", "cut-after-the-work"])
async def test_a_failure_that_passes_costs_nothing(server: _Server, faults: dict[str, int]) -> None:
    said: list[str] = []
    url = await server.reset()
    calmly, expected = await _push(url, full_log()), await _held(url)
    await server.reset(**faults)
    answers, there = await _push(url, full_log(), said=said), await _held(url)
    assert answers == calmly
    assert (there["counts"], there["digest"]) == (expected["counts"], expected["digest"])
    assert len(said) == faults.get("fail", 1)


@pytest.mark.parametrize("batchless", [False, True])
async def test_a_refused_resource_is_named_and_the_others_are_taken(server: _Server, batchless: bool) -> None:
    """Also where a server takes no batches: each resource goes alone then."""
    url = await server.reset(refuse="DetectedIssue", batchless=batchless)
    answers = await _push(url, full_log())
    held = await _held(url)
    refused = [answer for answer in answers if answer.outcome is Outcome.REFUSED]
    assert [(one.resource.split("/")[0], one.status, one.detail) for one in refused] == [
        ("DetectedIssue", 422, "no DetectedIssue here for nobody")
    ]
    assert sum(held["counts"].values()) == len(answers) - 1
    assert "DetectedIssue" not in held["counts"]


async def test_where_nobody_is_let_in_nothing_more_is_sent(server: _Server) -> None:
    log = full_log()
    url = await server.reset(token="right")
    assert set(_outcomes(await _push(url, log, token="right"))) <= {Outcome.CREATED, Outcome.UPDATED}
    requests = (await _held(url))["requests"]
    answers = await _push(url, log, token="wrong")
    assert (await _held(url))["requests"] == requests + 1
    assert set(_outcomes(answers)) == {Outcome.NO_ANSWER, Outcome.NOT_SENT}
    assert "401" in answers[-1].detail


async def test_a_server_that_is_not_there_is_given_up_after_so_many_tries() -> None:
    said: list[str] = []
    answers = await _push(f"http://127.0.0.1:{free_port()}", full_log(), said=said)
    assert len(said) == ATTEMPTS
    assert set(_outcomes(answers)) == {Outcome.NO_ANSWER, Outcome.NOT_SENT}


async def test_a_certificate_that_nobody_vouches_for_gets_nothing(tmp_path: Path) -> None:
    """The token would go to whoever answers. With the authority named, the same server is trusted."""
    authority, requests = tmp_path / "ca.pem", []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                requests.append(head.splitlines()[0])
                await reader.readexactly(int(head.lower().partition("content-length: ")[2].split()[0]))
                writer.write(b"HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\n{}")
        writer.close()

    there = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=_certified(authority))
    url = f"https://127.0.0.1:{there.sockets[0].getsockname()[1]}/r4"
    source = FakeStore(short_log(measurements=1))
    selection = await select(source, "S-000001")
    taken = {}
    for ca_file in (None, authority):
        async with Server(url, ca_file=ca_file).client() as http:
            pusher = Pusher(url, http, SystemClock(), _at_once, lambda _: None)
            taken[ca_file] = set(_outcomes([one async for one in pusher.push(resources(source, selection, stamp_of()))]))
        assert bool(requests) is (ca_file is not None)
    there.close()
    assert taken == {None: {Outcome.NO_ANSWER, Outcome.NOT_SENT}, authority: {Outcome.CREATED}}


def _certified(authority: Path) -> ssl.SSLContext:
    """A server's context under a certificate of its own making, which is written to `authority`."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "here")])
    made = datetime(2020, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, made, made + timedelta(days=36_500))
    alternative = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    constraints = x509.BasicConstraints(ca=True, path_length=None)
    certificate = builder.add_extension(alternative, critical=False).add_extension(constraints, critical=True).sign(key, SHA256())
    authority.write_bytes(certificate.public_bytes(Encoding.PEM))
    private = authority.with_suffix(".key")
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(authority, private)
    return context


async def test_requests_are_bounded(server: _Server) -> None:
    log = short_log(measurements=500)
    url = await server.reset()
    answers = await _push(url, log)
    assert (await _held(url))["requests"] >= len(answers) / MAX_ENTRIES > 10


# --- the command ---------------------------------------------------------------------------------------------------------------------


async def _recorded(folder: Path) -> None:
    log, store = full_log(), SqliteStore.open(folder)
    await store.append(Batch(entries=log.entries, seals=log.seals))
    await store.access.log_access(list(ROWS))
    await store.close()


async def _run(*arguments: str) -> Any:
    return await asyncio.to_thread(CliRunner().invoke, app, list(arguments))


async def test_the_command_writes_a_bundle_and_pushes_it(server: _Server, tmp_path: Path) -> None:
    await _recorded(tmp_path)
    out, token, common = tmp_path / "out.json", tmp_path / "token", ("S-000001", "--data-dir", str(tmp_path), "--format", "fhir")
    token.write_text("right\n")
    written = await _run(*common, "--out", str(out))
    assert (written.exit_code, written.stderr) == (0, f"wrote {out}\n")
    names = [f"{one['resource']['resourceType']}/{one['resource']['id']}" for one in json.loads(out.read_bytes())["entry"]]
    assert sum(name.startswith("AuditEvent/") for name in names) == 2 + 1, "with the row of this very export"
    url = await server.reset(token="right", refuse="Medication")
    answers = tmp_path / "answers.jsonl"
    pushed = await _run(*common, "--to", f"{url}/fhir", "--token-file", str(token), "--out", str(answers))
    assert pushed.exit_code == 1
    assert f"the answers are in {answers}" in pushed.stderr
    assert "2 refused" in pushed.stderr
    rows = [json.loads(line) for line in answers.read_text().splitlines()]
    sent = [row["resource"] for row in rows]
    (of_the_push,) = [name for name in sent if name not in names]
    assert of_the_push.startswith("AuditEvent/")
    assert [name for name in sent if name != of_the_push] == names
    assert [line.split()[1] for line in pushed.stdout.splitlines()] == sent
    assert [row["resource"].split("/")[0] for row in rows if row["outcome"] == "refused"] == ["Medication"] * 2


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--to", "http://fhir.example/r4"), 1, "goes over https"),
        (("--to", "ftp://fhir.example"), 1, "no address of a FHIR server"),
        (("--to", "https://[::1"), 1, "no address of a FHIR server"),
        (("--to", "https://fhir.example:port"), 1, "no address of a FHIR server"),
        (("--to", "https://user:secret@fhir.example"), 1, "no address of a FHIR server"),
        (("--to", "https://fhir.example", "--token-file", "EMPTY"), 1, "must hold one token"),
        (("--to", "https://fhir.example", "--ca-file", "EMPTY"), 1, "EMPTY"),
        (("--to", "https://fhir.example", "--out", "-"), 2, "into a file"),
        (("--to", "https://fhir.example", "--format", "csv"), 2, "goes with one session and"),
        (("--token-file", "EMPTY"), 2, "goes with --to"),
    ],
)
async def test_what_cannot_be_pushed_so_is_refused_before_anything_is_sent(
    tmp_path: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    await _recorded(tmp_path)
    (tmp_path / "EMPTY").write_text("")
    given = [str(tmp_path / part) if part == "EMPTY" else part for part in arguments]
    done = await _run("S-000001", "--data-dir", str(tmp_path), "--format", "fhir", *given)
    assert done.exit_code == code
    assert said in done.stderr.replace("\n", " ")
    assert not list(Path.cwd().glob("*.fhir-answers.jsonl"))
