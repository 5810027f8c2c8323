"""A field was added to what logs hold. Logs from before it keep the bytes they had: they verify, decode and replay as they did."""

from pathlib import Path

import msgspec
import pytest

from monitor.core.chain import Chain
from monitor.core.replay import replay
from schemas.log import Entry, Seal, SessionCreated, canonical, decode_entry
from schemas.session import Patient

OLD = Path(__file__).with_name("log_before_codes.jsonl")  # written by the version before `Patient.code`: entries, and one seal over all


def old_log() -> tuple[list[bytes], list[Entry], Seal]:
    *lines, seal = OLD.read_bytes().splitlines()
    return lines, [decode_entry(line) for line in lines], msgspec.json.decode(seal, type=Seal)


def test_an_old_log_has_the_bytes_it_had() -> None:
    lines, entries, _ = old_log()
    assert [canonical(entry) for entry in entries] == lines


def test_an_old_log_stands_up_to_its_seal_and_replays_as_it_did() -> None:
    lines, entries, seal = old_log()
    chain = Chain(entries[0].session)
    for entry, line in zip(entries, lines, strict=True):
        chain.extend(entry.seq, entry.at_ms, canonical(entry))
        assert b'"code"' not in line
    assert chain.seal(seal.at_ms) == seal
    assert list(replay(entries)) == []


def test_a_field_that_is_written_when_empty_would_break_it() -> None:
    """The negative control: were `code` written where there is none, the seal would not fit."""
    _, entries, seal = old_log()
    chain = Chain(entries[0].session)
    for entry in entries:
        chain.extend(entry.seq, entry.at_ms, canonical(entry).replace(b'"birth_year":1980,', b'"birth_year":1980,"code":null,'))
    assert chain.seal(seal.at_ms) != seal


def test_a_code_stands_in_the_log() -> None:
    _, (first, *_), _ = old_log()
    assert isinstance(first.body, SessionCreated)
    coded = msgspec.structs.replace(first.body, patient=msgspec.structs.replace(first.body.patient, code="K-0017"))
    entry = msgspec.structs.replace(first, body=coded)
    assert b'"patient":{"birth_year":1980,"code":"K-0017","label"' in canonical(entry)
    assert decode_entry(canonical(entry)) == entry


@pytest.mark.parametrize("code", ["", "K", "ab-12", "J S", "K-0017-0017-00171", "-K12"])
def test_a_code_has_a_form(code: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(msgspec.json.encode({"birth_year": None, "label": "x", "weight_g": 70_000, "code": code}), type=Patient)
