"""The de-identified variant of a record: nothing in any byte of it says who it was, and the proof of the full record still holds."""

import asyncio
import json
import random
import re
from functools import cache
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from msgspec.structs import replace

from monitor.backtest.log_file import entries
from monitor.cli.check import judge_again
from monitor.core.chain import Chain
from monitor.core.committed import committed
from monitor.export.bundle.job import Job
from monitor.export.bundle.parts import PARTS
from monitor.export.deidentified import NotSalted
from monitor.export.formats import FORMS, Format
from monitor.export.pdf.report import WITHHELD
from monitor.export.selection import select
from monitor.export.verify import verify_file
from schemas.announcement import DeviceAnnounced, Fact, Turn
from schemas.log import SessionCreated, canonical
from schemas.measurement import Mode
from tests.support.node import run_node
from tests.unit.export.edits import edited, forged
from tests.unit.export.hidden_logs import Named
from tests.unit.export.played import course, log_of
from tests.unit.export.proven import bundle_of, check_bundle, files_of, installed, packed, ring
from tests.unit.export.session_log import FakeStore, Log, exported, key_of, short_log, stamp_of
from tests.unit.export.test_one_file import ASK, EXPORT

SEED = 20_261_122
SALT = "5a" * 32
PINNED = ring().key.public


def with_salt(log: Log, salt: str = SALT) -> Log:
    """The same entries under the chain that they have with a salt."""
    chain, made = Chain(log.id), Log(log.id)
    ends = {seal.last_seq: seal.at_ms for seal in log.seals}
    for entry in log.entries:
        if isinstance(entry.body, SessionCreated):
            entry = replace(entry, body=replace(entry.body, salt=salt))
        chain.take(entry)
        made.entries.append(entry)
        if entry.seq in ends and (seal := chain.seal(ends[entry.seq])):
            made.seals.append(seal)
    return made


async def _whole(log: Log, *, is_deidentified: bool) -> dict[str, bytes]:
    made = await installed(log)
    return files_of(await made.bundle(log.id, is_deidentified=is_deidentified, parts=PARTS))


def readable(files: dict[str, bytes]) -> str:
    """Every byte of every file, and the text that is painted in the PDF."""
    pages = [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(files["report.pdf"])]
    return "\n".join([*(content.decode("utf-8", "replace") for content in files.values()), *pages])


def forms(value: str) -> set[str]:
    """As it stands, in JSON and in a table."""
    in_json = json.dumps(value, ensure_ascii=False)[1:-1]
    return {value, in_json, json.dumps(value)[1:-1], json.dumps(in_json, ensure_ascii=False)[1:-1], value.replace('"', '""')}


def test_paper_and_form_say_what_is_withheld_and_that_it_is_not_missing():
    async def pages(*, is_deidentified: bool) -> list[str]:
        store = FakeStore(with_salt(short_log()), chunk=500)
        job = Job(store, await select(store, "S-000001"), stamp_of(), is_deidentified=is_deidentified)
        made = [b"".join([block async for block in FORMS[form].blocks(job)]) for form in (Format.PDF, Format.REMS)]
        texts = [page.get_textpage().get_text_range() for file in made for page in pypdfium2.PdfDocument(file)]
        return [re.sub(r"\s+", " ", text) for text in texts]

    hidden, full = asyncio.run(pages(is_deidentified=True)), asyncio.run(pages(is_deidentified=False))
    assert all(WITHHELD in text for text in hidden)
    assert "Year of birth withheld entry 1" in " ".join(hidden)
    assert "left out here: the year of birth" in " ".join(hidden)
    assert not re.search(r"withheld:[0-9a-f]{9}", " ".join(hidden)), "whole in the record alone"
    assert re.search(r"withheld:[0-9a-f]{8}\u2026", " ".join(hidden))
    assert not any("ithheld" in text for text in full)  # the control


@pytest.mark.parametrize("seed", range(1, 3))
def test_no_byte_of_the_bundle_says_who_it_was(seed: int):
    named = Named(seed)
    full = readable(asyncio.run(_whole(named.log, is_deidentified=False)))
    hidden = readable(asyncio.run(_whole(named.log, is_deidentified=True)))
    assert len(named.values) > 10
    for value in named.values:
        assert any(form in full for form in forms(value)), f"{value!r} was never there: this test saw nothing"
        assert not any(form in hidden for form in forms(value)), value
    year = re.compile(rf"(?<![0-9A-Za-z.]){named.year}(?![0-9A-Za-z])")
    assert year.search(full)
    assert not year.search(hidden)
    assert named.salt in full
    assert named.salt not in hidden
    assert "DE-IDENTIFIED" in hidden


@pytest.mark.parametrize("turn", [None, Turn.START])
def test_the_name_that_a_device_says_is_in_no_file_of_it_and_its_figures_are(turn: Turn | None):
    name = "Vexilloqua Prumm"
    log = short_log(is_closed=False, salt=SALT)
    facts = Fact("patient", turn=turn), Fact("infusion_rate", unit="mL/h", value_milli=12_345)
    log.say(DeviceAnnounced("sim-room-1", facts, Mode.SIMULATED, log.at_ms, log.at_ms, f"syringe of {name}"))
    full, hidden = (asyncio.run(_whole(log, is_deidentified=one)) for one in (False, True))
    assert all(name in full[part].decode() for part in ("record.jsonl", "readings.csv"))
    assert "12.345" in hidden["readings.csv"].decode()
    assert name in readable(full).replace("\r\n", " ")
    assert not any(word in readable(hidden) for word in name.split())
    assert "12.345 mL/h" in readable({"report.pdf": hidden["report.pdf"]})
    verdict = check_bundle(packed(hidden), pinned=PINNED)
    assert verdict.is_verified, verdict.lines


def test_the_parts_of_it_are_those_of_the_bundle_without_the_access_log():
    log = short_log(salt=SALT)
    assert set(asyncio.run(_whole(log, is_deidentified=True))) == set(asyncio.run(_whole(log, is_deidentified=False)))


def test_a_fhir_server_keeps_it_beside_the_full_session():
    """Else what is pushed without names would take the place of what was pushed with them."""
    named = Named(1)
    full, hidden = (json.loads(asyncio.run(_whole(named.log, is_deidentified=one))["fhir.json"])["entry"] for one in (False, True))
    of_the_session, of_both = ({entry["fullUrl"] for entry in each} for each in (full, hidden))
    assert {url.split("/")[-2] for url in of_the_session & of_both} == {"Device"}
    ids = [entry["resource"]["id"] for entry in hidden]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[A-Za-z0-9.-]{1,64}", one) for one in ids)


def test_seals_and_proofs_are_those_of_the_full_record():
    log = short_log(salt=SALT)
    full, hidden = files_of(bundle_of(log)), files_of(bundle_of(log, is_deidentified=True))
    for same in ("proofs.json", "checkpoints.txt", "keys.json"):
        assert full[same] == hidden[same]
    seals = [[json.loads(line)["seal"] for line in each["record.jsonl"].splitlines() if b'"seal":' in line] for each in (full, hidden)]
    assert seals[0] == seals[1]
    assert len(seals[0]) > 10


def test_it_gives_back_the_alerts_of_the_session(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    log = with_salt(log_of(course()))
    paths = tmp_path / "full.zip", tmp_path / "hidden.zip"
    for path, is_deidentified in zip(paths, (False, True), strict=True):
        path.write_bytes(bundle_of(log, before=0, after=0, is_deidentified=is_deidentified))
        assert verify_file(path, pinned=PINNED).is_verified
        assert judge_again(path), capsys.readouterr().out
    assert [committed(entry, SALT) for entry in entries(paths[0])] == list(entries(paths[1]))


def test_a_log_without_a_salt_is_refused_by_name():
    store = FakeStore(short_log())
    with pytest.raises(NotSalted, match="S-000001 was recorded as infusion-monitor/log/1"):
        Job(store, asyncio.run(select(store, "S-000001")), stamp_of(), is_deidentified=True)


# --- both verifiers


def saying(data: bytes) -> str:
    return " ".join(check_bundle(data, pinned=PINNED).lines)


def test_the_verdict_says_that_it_is_de_identified():
    log = short_log(salt=SALT)
    assert "De-identified" in saying(bundle_of(log, is_deidentified=True))
    assert "De-identified" not in saying(bundle_of(log))


Change = Any  # what becomes of the lines of a record: (draw, lines) -> lines


def _line_with(lines: list[bytes], *words: bytes) -> int:
    return next(number for number, line in enumerate(lines) if all(word in line for word in words))


def _put(lines: list[bytes], at: int, old: bytes, new: bytes) -> list[bytes]:
    assert old in lines[at], (old, lines[at])
    return [*lines[:at], lines[at].replace(old, new, 1), *lines[at + 1 :]]


def _token(lines: list[bytes], at: int, which: int = 0) -> bytes:
    return re.findall(rb"withheld:[0-9a-f]{64}", lines[at])[which]


def clear_name(_: random.Random, lines: list[bytes]) -> list[bytes]:
    at = _line_with(lines, b'"kind":"rate_set"')
    return _put(lines, at, _token(lines, at), b"anna")


def clear_patient(_: random.Random, lines: list[bytes]) -> list[bytes]:
    return _put(lines, 1, b'"birth_year":null', b'"birth_year":1980')


def clear_announcement(_: random.Random, lines: list[bytes]) -> list[bytes]:
    """What a device said may hold a name."""
    at = _line_with(lines, b'"kind":"device_announced"')
    return _put(lines, at, _token(lines, at), b"pump of Anna Meyer")


def swapped_commitments(_: random.Random, lines: list[bytes]) -> list[bytes]:
    at = _line_with(lines, b'"kind":"note_added"')
    one, other = _token(lines, at), _token(lines, at, 1)
    return _put(_put(lines, at, one, b"X"), at, other, one)


def other_commitment(draw: random.Random, lines: list[bytes]) -> list[bytes]:
    at = draw.choice([number for number, line in enumerate(lines) if b"withheld:" in line])
    return _put(lines, at, _token(lines, at), b"withheld:" + draw.randbytes(32).hex().encode())


def other_shown_salt(draw: random.Random, lines: list[bytes]) -> list[bytes]:
    return _put(lines, 1, re.findall(rb'"salt":"[^"]*"', lines[1])[0], b'"salt":"sha256:' + draw.randbytes(32).hex().encode() + b'"')


def called_full(draw: random.Random, lines: list[bytes]) -> list[bytes]:
    return _put(lines, 1, re.findall(rb'"salt":"[^"]*"', lines[1])[0], b'"salt":"' + draw.randbytes(32).hex().encode() + b'"')


def called_old(_: random.Random, lines: list[bytes]) -> list[bytes]:
    return [line.replace(b"infusion-monitor/log/2", b"infusion-monitor/log/1") for line in lines]


def other_value(_: random.Random, lines: list[bytes]) -> list[bytes]:
    return _put(lines, _line_with(lines, b'"kind":"note_added"'), b'"by":"anna"', b'"by":"bnna"')


def other_announcement(_: random.Random, lines: list[bytes]) -> list[bytes]:
    return _put(lines, _line_with(lines, b'"kind":"device_announced"'), b'"text":"=syringe empty"', b'"text":"=syringe full"')


def other_salt(_: random.Random, lines: list[bytes]) -> list[bytes]:
    return _put(lines, 1, SALT.encode(), SALT[:-1].encode() + b"b")


def without_a_salt(_: random.Random, lines: list[bytes]) -> list[bytes]:
    return _put(lines, 1, b',"salt":"%b"' % SALT.encode(), b"")


def withheld_in_full(_: random.Random, lines: list[bytes]) -> list[bytes]:
    """A mixed log: one commitment in a full one, the right one."""
    log = short_log(salt=SALT)
    at = _line_with(lines, b'"kind":"note_added"')
    entry = json.loads(lines[at])["entry"]
    return [*lines[:at], b'{"entry":%b,"type":"entry"}\n' % canonical(committed(log.entries[entry["seq"] - 1], SALT)), *lines[at + 1 :]]


HIDDEN_EDITS = (
    clear_name,
    clear_patient,
    clear_announcement,
    swapped_commitments,
    other_commitment,
    other_shown_salt,
    called_full,
    called_old,
)
FULL_EDITS = (other_value, other_announcement, other_salt, without_a_salt, withheld_in_full)


def changed(draw: random.Random, honest: bytes, change: Change) -> tuple[bytes, bytes]:
    """As an editor leaves it, and as a forger does who signs all of it again."""
    files = files_of(honest)
    record = b"".join(change(draw, files["record.jsonl"].splitlines(keepends=True)))
    assert record != files["record.jsonl"]
    return packed(files | {"record.jsonl": record}), forged(files | {"record.jsonl": record}, key_of(66))


@cache
def honest_bundles() -> tuple[bytes, bytes]:
    log = short_log(salt=SALT)
    return bundle_of(log), bundle_of(log, is_deidentified=True)


@pytest.mark.parametrize("change", [*HIDDEN_EDITS, *FULL_EDITS], ids=lambda change: change.__name__)
def test_what_was_tampered_with_is_refused_and_the_entry_is_named(change: Change):
    honest = honest_bundles()[change in HIDDEN_EDITS]
    record = files_of(honest)["record.jsonl"].splitlines(keepends=True)
    made = change(random.Random(SEED), record)
    at = next(number for number, (one, other) in enumerate(zip(record, made, strict=True)) if one != other)
    for data in changed(random.Random(SEED), honest, change):
        verdict = check_bundle(data, pinned=PINNED)
        assert not verdict.is_verified
        if b'"entry"' in record[at] and verdict.file == "record.jsonl":
            assert verdict.line == at + 1, verdict.lines
    alone = check_bundle(changed(random.Random(SEED), honest, change)[1])
    assert not alone.is_verified, "also where nobody says whose key it should be"


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder, draw, data = tmp_path_factory.mktemp("samples"), random.Random(SEED), {}
    logs = [Named(seed).log for seed in range(100, 120)]
    honest = [bundle_of(log, before=0, after=0, is_deidentified=bool(number % 2)) for number, log in enumerate(logs)]
    data |= {f"honest-{number}.zip": each for number, each in enumerate(honest)}
    data["honest-full.zip"], data["honest-hidden.zip"] = honest_bundles()
    for change in (*HIDDEN_EDITS, *FULL_EDITS):
        data[f"edit-{change.__name__}-1.zip"], data[f"edit-{change.__name__}-2.zip"] = changed(
            draw, honest_bundles()[change in HIDDEN_EDITS], change
        )
    data |= {f"edit-{number}.zip": edited(draw, honest_bundles()[number % 2])[1] for number in range(40)}
    for name, each in data.items():
        (folder / name).write_bytes(each)
    return [folder / name for name in data]


def test_both_verifiers_say_the_same_of_honest_and_of_edited_ones(samples: list[Path], tmp_path: Path):
    ask = tmp_path / "ask.mjs"
    ask.write_text(ASK.format(module=EXPORT / "verify_page" / "bundle.mjs", key=ring().key.public_text))
    done = run_node(str(ask), said=json.dumps([str(path) for path in samples]))
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    for path, (is_verified, file, line, seq, said) in zip(samples, answers, strict=True):
        verdict = verify_file(path, pinned=PINNED)
        assert (is_verified, file, line, seq) == (verdict.is_verified, verdict.file, verdict.line, verdict.seq), (path, said, verdict.lines)
        assert is_verified == path.name.startswith("honest"), (path, verdict.lines)


def test_a_record_of_the_new_form_is_of_no_form_that_an_old_verifier_knows():
    header = json.loads(exported(short_log(salt=SALT)).splitlines()[0])
    assert header["log_format"] == "infusion-monitor/log/2"
    assert json.loads(exported(short_log()).splitlines()[0])["log_format"] == "infusion-monitor/log/1"
