"""The record as a file: its layout, its streaming, and that an honest one is never refused."""

import base64
import json
from collections.abc import AsyncIterator
from hashlib import sha256

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

import monitor.export.jsonl
from monitor.export.jsonl import SLICE, jsonl
from monitor.export.selection import select
from schemas.log import Body, Entry, Measured, NoteAdded, PhaseOrdered, canonical
from schemas.measurement import Mode, Reading, Reason, Validity
from schemas.session import Phase
from schemas.vitals import Vital
from tests.unit.export.session_log import FakeStore, Log, check, export_jsonl, exported, key_of, short_log, stamp_of


async def test_the_layout_is_header_entries_with_seals_between_and_manifest():
    log = short_log()
    data = await export_jsonl(FakeStore(log))
    lines = [json.loads(line) for line in data.splitlines()]
    assert [line["type"] for line in (lines[0], lines[-1])] == ["header", "manifest"]
    written = []
    for line in lines[1:-1]:
        if line["type"] == "entry":
            written.append(line["entry"]["seq"])
        else:
            assert line["type"] == "seal"
            assert line["seal"]["last_seq"] == written[-1]
    assert written == list(range(1, log.last_seq + 1))
    assert sum(line["type"] == "seal" for line in lines) == len(log.seals)


async def test_an_entry_line_holds_the_canonical_bytes_of_the_entry():
    log = short_log()
    lines = [line for line in (await export_jsonl(FakeStore(log))).splitlines() if line.startswith(b'{"entry":')]
    assert lines == [b'{"entry":' + canonical(entry) + b',"type":"entry"}' for entry in log.entries]


async def test_every_line_is_rfc_8785_by_an_implementation_that_is_not_ours():
    for line in (await export_jsonl(FakeStore(short_log()))).splitlines():
        assert rfc8785.dumps(json.loads(line)) == line


async def test_the_manifest_states_what_is_in_the_file_and_is_signed():
    log = short_log()
    data = await export_jsonl(FakeStore(log))
    *above, last = data.splitlines(keepends=True)
    manifest = json.loads(last)
    signature = base64.b64decode(manifest.pop("signature"))
    Ed25519PublicKey.from_public_bytes(base64.b64decode(manifest["public_key"])).verify(signature, rfc8785.dumps(manifest))
    assert manifest["sha256"] == sha256(b"".join(above)).hexdigest()
    assert manifest["counts"]["measurement"] == 30
    assert sum(manifest["counts"].values()) == manifest["entries"] == manifest["last_seq"] == log.last_seq
    assert manifest["head"] == log.seals[-1].digest
    assert manifest["intended_use"] == "secondary display and record; not for primary monitoring"
    assert manifest["modes"] == ["simulated"]
    assert manifest["installation"] == key_of().key_id
    assert manifest["complete"] is True


async def test_checks_are_the_first_digits_of_each_entry_under_the_seal():
    log = short_log()
    seals = [json.loads(line) for line in (await export_jsonl(FakeStore(log))).splitlines() if line.endswith(b'"type":"seal"}')]
    for line in seals:
        covered = log.entries[line["seal"]["first_seq"] - 1 : line["seal"]["last_seq"]]
        assert line["checks"] == "".join(sha256(canonical(entry)).hexdigest()[:8] for entry in covered)


@pytest.mark.parametrize("chunk", [1, 7, 249, 250, 251, 2_000])
async def test_the_bytes_do_not_depend_on_the_chunks_of_the_store(chunk: int):
    log = short_log(measurements=600)
    assert await export_jsonl(FakeStore(log, chunk=chunk)) == await export_jsonl(FakeStore(log, chunk=3))


async def test_an_open_session_says_that_it_is_not_complete():
    log = short_log(is_closed=False)
    data = await export_jsonl(FakeStore(log))
    manifest = json.loads(data.splitlines()[-1])
    assert manifest["complete"] is False
    assert manifest["unsealed"] == {
        "checks": "".join(sha256(canonical(entry)).hexdigest()[:8] for entry in log.entries[-3:]),
        "entries": 3,
    }
    verdict = check(data)
    assert verdict.is_verified, verdict.lines
    assert any("NOT COMPLETE" in line for line in verdict.lines)
    assert any("last 3 entries are under no seal" in line for line in verdict.lines)


async def test_an_ended_session_whose_last_entry_has_no_seal_is_not_complete():
    log = short_log()
    log.say(NoteAdded(by="anna", text="written after the end"), seal=False)
    assert json.loads((await export_jsonl(FakeStore(log))).splitlines()[-1])["complete"] is False


async def test_a_session_without_a_device_or_a_seal_is_exported():
    log = Log()
    log.create()
    log.seals.clear()
    verdict = check(await export_jsonl(FakeStore(log)))
    assert verdict.is_verified, verdict.lines


async def test_a_range_too_long_for_checks_is_exported_without_them(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(monitor.export.jsonl, "MAX_CHECKS", 50)
    log = Log()
    log.create()
    log.bind()
    for _ in range(51):
        log.measure()
    log.seal()
    data = await export_jsonl(FakeStore(log))
    assert b'{"checks":"","seal":' in data
    assert check(data).is_verified
    verdict = check(data.replace(b'"counter":20,', b'"counter":21,'))
    assert (verdict.is_verified, verdict.seq) == (False, None)
    assert "entries 3 to 53" in verdict.lines[1]


class Failing(FakeStore):
    async def entries(self, session: str, /, *, since_seq: int = 0, until_seq: int | None = None) -> AsyncIterator[list[Entry]]:
        async for chunk in super().entries(session, since_seq=since_seq, until_seq=until_seq):
            yield chunk
            raise OSError("disk I/O error")


async def test_a_store_that_fails_leaves_a_file_that_is_refused():
    store = Failing(short_log())
    written = bytearray()
    blocks = jsonl(store, await select(store, "S-000001"), stamp_of())
    with pytest.raises(OSError, match="disk"):  # noqa: PT012  # what was written before it failed is looked at
        async for block in blocks:
            written += block
    verdict = check(bytes(written))
    assert not verdict.is_verified
    assert "cut off" in verdict.lines[1]


async def test_memory_does_not_grow_with_the_log():
    """No block holds more than one slice of entries, whatever the store yields at once."""
    log = short_log(measurements=5_000)
    store = FakeStore(log, chunk=100_000)
    blocks = [block async for block in jsonl(store, await select(store, log.id), stamp_of())]
    assert max(block.count(b'{"entry":') for block in blocks) == SLICE


ANY_TEXT = st.text(max_size=60) | st.sampled_from(
    ["\0", "\x7f", "\u2028\u2029", "\ufeff", "\uffff", "\U0001f600\u200d", "\\u0041", '"\\/\b', "</script>"]
)
INTEGER = st.integers(min_value=-(2**53 - 1), max_value=2**53 - 1)


@st.composite
def bodies(draw: st.DrawFn) -> Body:
    if draw(st.booleans()):
        return NoteAdded(by=draw(ANY_TEXT), text=draw(ANY_TEXT))
    readings = draw(
        st.lists(
            st.builds(
                Reading,
                reason=st.sampled_from(Reason),
                validity=st.sampled_from(Validity),
                value_milli=st.none() | INTEGER,
                vital=st.sampled_from(Vital),
            ),
            max_size=4,
        )
    )
    times = {"measured_at_ms": draw(INTEGER), "received_at_ms": draw(INTEGER)}
    device = draw(st.sampled_from(["sim-room-1", "a.b_c", 'q"uote', "\u00b5"]))
    return Measured(counter=draw(INTEGER), device=device, mode=Mode.SIMULATED, readings=tuple(readings), **times)


@settings(max_examples=100, deadline=None)
@given(
    said=st.lists(st.tuples(bodies(), st.integers(0, 10**7), st.booleans()), max_size=25),
    room=ANY_TEXT,
    limits=ANY_TEXT,
    is_closed=st.booleans(),
)
def test_an_honest_export_is_never_refused(said: list[tuple[Body, int, bool]], room: str, limits: str, is_closed: bool):
    log = Log()
    log.create(room, limits=limits)
    log.bind()
    for body, after_ms, seal in said:
        log.say(body, after_ms=after_ms, seal=seal)
    if is_closed:
        log.say(PhaseOrdered(by="anna", override=None, phase=Phase.CLOSED))
    verdict = check(exported(log), pinned=base64.b64decode(key_of().public_text))
    assert verdict.is_verified, verdict.lines
    assert any("NOT COMPLETE" in line for line in verdict.lines) != is_closed
