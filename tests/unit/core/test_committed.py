"""The committed form of a log: nothing identifying is in it, it stands under the same chain, and it is a log of the same schema."""

import re
from hashlib import sha256
from hmac import digest
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from monitor.core.chain import Chain, genesis
from monitor.core.committed import FIELDS, PREFIX, committed
from monitor.core.replay import replay
from schemas.log import (
    AlertAcknowledged,
    AlertChanged,
    Body,
    DeviceBound,
    DrugWasted,
    Entry,
    NoteAdded,
    PhaseOrdered,
    ScreensChanged,
    SessionCreated,
    SignedOff,
    WasteWitnessed,
    canonical,
    decode_entry,
)
from schemas.session import Patient, Phase
from tests.unit.core.histories import histories, play
from tests.unit.export.session_log import START_MS, Log, alert_of, every_event, measured

SALT = "5a" * 32
NAMED = '{"gate":[{"reviewer":"unreviewed"}],"rule":[{"reviewer":"Dr. Q. \\"Quartz\\" Onyx","title":"\\"reviewer\\":\\"x\\""}]}'


def structs_of(annotation: Any) -> set[type[msgspec.Struct]]:
    """Every struct that is met in an annotation, with those within."""
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return {annotation}.union(*(structs_of(hint) for hint in get_type_hints(annotation).values()))
    if get_origin(annotation) is not None or isinstance(annotation, UnionType):
        return set[type[msgspec.Struct]]().union(*(structs_of(part) for part in get_args(annotation)))
    return set()


def salted(*, salt: str | None = SALT, limits: str = NAMED) -> Log:
    log = Log()
    log.create(salt=salt, limits=limits)
    log.bind()
    log.measure(seal=True)
    for body in every_event():
        log.say(body)
    return log


def rechained(entries: list[Entry], log: Log) -> list[str]:
    """Digests where the log has seals."""
    chain, ends = Chain(log.id), {seal.last_seq for seal in log.seals}
    found: list[str] = []
    for entry in entries:
        chain.take(entry)
        if entry.seq in ends and (seal := chain.seal(0)):
            found.append(seal.digest)
    return found


def test_every_field_of_every_kind_says_whether_it_identifies_anybody():
    """A field or a kind that is added is withheld or kept by a decision, never by chance."""
    found = structs_of(Body)
    assert {kind: set(fields) for kind, fields in FIELDS.items()} == {kind: set(kind.__struct_fields__) for kind in found}
    assert len(found) > 35


@pytest.mark.parametrize("body", [SessionCreated, *(type(body) for body in every_event())], ids=lambda body: body.__name__)
def test_a_kind_that_has_a_person_withholds_them(body: type[msgspec.Struct]):
    people = {"by", "confirmed_by", "people", "name", "acknowledged_by"} & set(body.__struct_fields__)
    assert all(FIELDS[body][name] != "kept" for name in people)


def test_the_committed_entries_stand_under_the_seals_of_the_log():
    log = salted()
    shown = [committed(entry, SALT) for entry in log.entries]
    assert rechained(log.entries, log) == rechained(shown, log) == [seal.digest for seal in log.seals]
    assert [decode_entry(canonical(entry)) for entry in shown] == shown, "a log of the same schema"
    first = shown[0].body
    assert isinstance(first, SessionCreated)
    assert first.salt == "sha256:" + sha256(bytes.fromhex(SALT)).hexdigest()
    assert [committed(entry, first.salt) for entry in shown] == shown, "what is withheld is not withheld again"


def test_nothing_that_people_wrote_or_are_called_is_left():
    log = salted()
    written = b"\n".join(canonical(committed(entry, SALT)) for entry in log.entries)
    clear = b"\n".join(canonical(entry) for entry in log.entries)
    secrets = [
        "anna",
        "ben",
        "A. B.",
        "1980",
        "I float",
        "after",
        "meant for",
        "KX-0017",
        "KX-0071",
        "read wrongly",
        "A. Meyer",
        "fit to leave",
        "known",
        "Onyx",
        SALT,
    ]
    for secret in secrets:
        assert secret.encode() in clear, "this test looks for something that was never there"
        assert secret.encode() not in written, secret
    assert b"Room 1" in written
    assert b"A17" in written


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=4, max_size=60), st.binary(min_size=32, max_size=32))
def test_any_text_of_any_field_is_gone(text: str, salt: bytes):
    # 0 and 1 of hex digits alone could come by chance
    text = f"\u00fc{text}"
    bodies: list[Body] = [
        NoteAdded(by=text, text=text),
        PhaseOrdered(by=text, override=text, phase=Phase.INFUSING, name=text),
        SignedOff(by=text, meaning=text, name=text),
        DeviceBound(by=text, device="d", mode=measured(1, 1).mode, source=text, read_back=text),
        ScreensChanged(people=(text, "b"), screens=1),
        AlertAcknowledged(alert="a", by=text, comment=text),
        AlertChanged(alert=replace(alert_of(), acknowledged_by=text), why=every_event()[6].why),  # type: ignore[union-attr]
    ]
    for body in bodies:
        made = canonical(committed(Entry(START_MS, body, 7, "S-000001"), salt.hex()))
        assert canonical(text)[1:-1] not in made
        assert made.isascii()


def test_a_person_has_one_commitment_in_a_log_and_equal_texts_have_two():
    wasted = committed(Entry(1, DrugWasted(amount_ug=1, by="anna", note="x"), 4, "S"), SALT).body
    seen = committed(Entry(1, WasteWitnessed(by="anna", waste=4), 5, "S"), SALT).body
    again = committed(Entry(1, DrugWasted(amount_ug=1, by="anna", note="x"), 6, "S"), SALT).body
    other = committed(Entry(1, WasteWitnessed(by="anna", waste=4), 5, "S"), "6b" * 32).body
    assert isinstance(wasted, DrugWasted)
    assert isinstance(again, DrugWasted)
    assert isinstance(seen, WasteWitnessed)
    assert isinstance(other, WasteWitnessed)
    assert wasted.by == seen.by == again.by != other.by
    assert wasted.note != again.note


def test_who_is_told_a_key_can_check_one_value_and_guess_no_other():
    """The recipe of docs/how-to/export-and-verify.md."""
    made = committed(Entry(1, NoteAdded(by="anna", text="dozing"), 12, "S"), SALT).body
    assert isinstance(made, NoteAdded)
    key = digest(bytes.fromhex(SALT), b"12/text", "sha256")
    assert made.text == PREFIX + digest(key, b'"dozing"', "sha256").hex()
    name_key = digest(bytes.fromhex(SALT), b'person/"anna"', "sha256")
    assert made.by == PREFIX + digest(name_key, b'"anna"', "sha256").hex()
    others = committed(Entry(1, NoteAdded(by="ben", text="x"), 13, "S"), SALT).body
    assert isinstance(others, NoteAdded)
    assert others.by != PREFIX + digest(name_key, b'"ben"', "sha256").hex()


def guessed(salt: bytes, target: str) -> Patient | None:
    """What somebody does who knows how it is made: every year and every pair of initials."""
    for year in range(1975, 1985):
        for label in ("C. D.", "A. B.", "E. F."):
            text = canonical({"birth_year": year, "code": None, "label": label})
            if PREFIX + digest(digest(salt, b"1/patient", "sha256"), text, "sha256").hex() == target:
                return Patient(year, label, 75_000)
    return None


def test_a_year_and_initials_are_found_by_guessing_with_the_salt_alone():
    body = committed(salted().entries[0], SALT).body
    assert isinstance(body, SessionCreated)
    assert body.salt is not None
    assert guessed(bytes.fromhex(SALT), body.patient.label) == Patient(1980, "A. B.", 75_000)  # negative control: guessing works
    assert guessed(bytes.fromhex(body.salt.removeprefix("sha256:")), body.patient.label) is None
    assert guessed(bytes(32), body.patient.label) is None


def test_reviewers_are_withheld_in_the_rule_set_and_nothing_else_of_it():
    body = committed(salted().entries[0], SALT).body
    assert isinstance(body, SessionCreated)
    token = re.findall(r"withheld:[0-9a-f]{64}", body.limits)
    assert body.limits == NAMED.replace('Dr. Q. \\"Quartz\\" Onyx', token[0])
    assert body.limits_sha256 == sha256(body.limits.encode()).hexdigest()


def test_a_log_without_a_salt_has_the_chain_that_it_had():
    log = salted(salt=None)
    chain = Chain(log.id)
    for entry in log.entries:
        chain.extend(entry.seq, entry.at_ms, canonical(entry))
    end = chain.seal(0)
    assert end is not None
    with_seals = Chain(log.id)
    for entry in log.entries:
        with_seals.take(entry)
    other = with_seals.seal(0)
    assert other is not None
    assert other.digest == end.digest
    assert genesis("S-000001") != genesis("S-000001", SALT)


@settings(max_examples=12)
@given(histories())
def test_the_committed_log_gives_back_its_alerts(history: Any):
    log = play(history)
    first = log[0]
    assert isinstance(first.body, SessionCreated)
    log[0] = replace(first, body=replace(first.body, salt=SALT))
    assert not list(replay(log))
    assert not list(replay([committed(entry, SALT) for entry in log]))
