"""The tables of a bundle say what the log says: no row too many, no row too few, sums that come out even."""

import csv
import io
from collections.abc import Callable
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from monitor.core.limits import encode_limits, parse_limits
from monitor.core.replay import Replay
from monitor.export.selection import select
from monitor.export.views.alerts import alerts_table
from monitor.export.views.doses import doses_table
from monitor.export.views.limits_files import limits_files, limits_toml, moved
from monitor.export.views.limits_table import limits_table
from monitor.export.views.observations import observations_table
from monitor.export.views.survey import Survey, survey
from monitor.export.views.watching import watching_table
from schemas.log import (
    AlertChanged,
    AlertShown,
    BolusGiven,
    DrugDrawn,
    DrugWasted,
    EntryVoided,
    LimitChanged,
    LimitProposed,
    MonitorRestarted,
    NoteAdded,
    ObservationCharted,
    ScreensChanged,
    WasteWitnessed,
)
from schemas.vitals import Vital
from tests.unit.core.bedside import default_limits
from tests.unit.export.played import course, store_of
from tests.unit.export.session_log import FakeStore, Log, every_event


def rows_of(table: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(table.decode(), newline=""), strict=True))


async def surveyed(store: FakeStore) -> Survey:
    return await survey(store, await select(store, "S-000001"))


def with_rules() -> Log:
    """A log that begins with the shipped rule set."""
    log = Log()
    log.create(limits=encode_limits(default_limits())[0])
    return log


async def test_every_step_of_every_alert_is_a_row_and_every_answer_and_receipt():
    entries = course().entries
    rows = rows_of(alerts_table(await surveyed(store_of())))
    changes = [(entry.seq, entry.body.alert.id, entry.body.why) for entry in entries if isinstance(entry.body, AlertChanged)]
    assert [(int(row["seq"]), row["alert"], row["step"]) for row in rows if row["state"]] == changes
    shown = [entry.seq for entry in entries if isinstance(entry.body, AlertShown)]
    assert [int(row["seq"]) for row in rows if row["step"] == "shown"] == shown
    assert {row["by"] for row in rows if row["step"] == "acknowledgement"} == {"simulated-clinician"}


async def test_an_alert_of_a_plain_limit_began_with_a_value_beyond_it():
    rows = rows_of(alerts_table(await surveyed(store_of())))
    began = [row for row in rows if row["step"] == "condition_began" and row["limit"]]
    assert began
    for row in began:
        value, limit = float(row["value"]), float(row["limit"])
        assert value >= limit if ">=" in row["reason"] else value <= limit
        assert row["value"] in row["reason"]


async def test_a_moved_limit_is_the_limit_of_the_alerts_after_it():
    log = with_rules()
    for body in every_event():
        log.say(body)
    raised = next(body for body in every_event() if isinstance(body, AlertChanged))
    log.say(raised)
    rows = [row for row in rows_of(alerts_table(await surveyed(FakeStore(log)))) if row["state"]]
    assert [row["limit"] for row in rows] == ["180", "190"]


async def test_the_doses_come_to_what_the_core_counts():
    replay = Replay()
    for entry in course().entries:
        assert not list(replay.feed(entry))
    assert replay.engine is not None
    totals = {row["kind"]: row["amount_mg"] for row in rows_of(doses_table(await surveyed(store_of())))}
    assert float(totals["total_given"]) * 1000 == replay.engine.dose.given_ug(course().entries[-1].at_ms)


@given(drawn=st.lists(st.integers(1, 10**6), max_size=3), wasted=st.lists(st.integers(1, 10**6), max_size=3), voids=st.booleans())
def test_what_was_drawn_was_given_wasted_or_is_unaccounted(drawn: list[int], wasted: list[int], *, voids: bool):
    log = Log()
    log.create()
    made = [log.say(DrugDrawn(amount_ug=each, by="anna", concentration_ug_per_ml=50_000, lot="A17")) for each in drawn]
    log.say(BolusGiven(amount_ug=5_250, by="anna"))
    for number, each in enumerate(wasted):
        waste = log.say(DrugWasted(amount_ug=each, by="anna", note=None))
        if number % 2:
            log.say(WasteWitnessed(by="ben", waste=waste.seq))
    if voids and made:
        log.say(EntryVoided(by="anna", reason="twice", voids=made[0].seq))
    seen = Survey()
    for entry in log.entries:
        seen.add(entry)
    rows = rows_of(doses_table(seen))
    micrograms = {row["kind"]: round(float(row["amount_mg"]) * 1000) for row in rows if not row["seq"]}
    assert micrograms["total_drawn"] == sum(drawn[1:] if voids else drawn)
    assert micrograms["total_wasted_before_a_witness"] == sum(wasted[1::2])
    assert micrograms["total_given"] == 5_250
    assert micrograms["total_unaccounted"] == micrograms["total_drawn"] - 5_250 - micrograms["total_wasted_before_a_witness"]
    assert [row["void_reason"] for row in rows if row["void_reason"]] == (["twice"] if voids and made else [])


async def test_a_waste_names_its_witness():
    log = Log()
    log.create()
    waste = log.say(DrugWasted(amount_ug=15_000, by="anna", note="rest of the syringe"))
    log.say(WasteWitnessed(by="ben", waste=waste.seq))
    (row,) = [row for row in rows_of(doses_table(await surveyed(FakeStore(log)))) if row["kind"] == "wasted"]
    assert (row["by"], row["witness"], row["note"], row["amount_mg"]) == ("anna", "ben", "rest of the syringe", "15")


async def test_what_people_charted_wrote_and_signed_is_there_and_what_they_took_back_is_marked():
    log = Log()
    log.create()
    note = log.say(NoteAdded(by="anna", text="he is well"))
    for body in every_event():
        log.say(body)
    log.say(EntryVoided(by="ben", reason="other room", voids=note.seq))
    rows = rows_of(observations_table(await surveyed(FakeStore(log))))
    assert [row["kind"] for row in rows] == ["note", "note", "observation", "signature"]
    assert (rows[0]["voided_by"], rows[0]["void_reason"], rows[1]["voided_by"]) == ("ben", "other room", "")
    assert (rows[3]["printed_name"], rows[3]["text"]) == ("A. Meyer", "fit to leave")
    charted = [entry for entry in course().entries if isinstance(entry.body, ObservationCharted)]
    assert len([row for row in rows_of(observations_table(await surveyed(store_of()))) if row["kind"] == "observation"]) == len(charted)


async def test_the_stretches_of_watching_follow_each_other_from_the_first_entry_to_the_last():
    log = Log()
    log.create()
    log.say(ScreensChanged(people=("anna",), screens=1))
    log.say(ScreensChanged(people=(), screens=0), after_ms=60_000)
    log.say(MonitorRestarted(version="1.2.3"), after_ms=90_000)
    log.say(ScreensChanged(people=("anna", "ben"), screens=3))
    log.say(NoteAdded(by="anna", text="x"), after_ms=5_000)
    rows = rows_of(watching_table(await surveyed(FakeStore(log))))
    assert [(row["watched"], row["screens"], row["people"], row["duration_s"]) for row in rows] == [
        ("", "", "", "1"),
        ("yes", "1", "anna", "60"),
        ("no", "0", "", "90"),
        ("", "", "", "1"),
        ("yes", "3", "anna; ben", "5"),
    ]
    assert [row["from"] for row in rows[1:]] == [row["until"] for row in rows[:-1]]


def test_the_rule_set_as_a_file_is_the_rule_set():
    limits = default_limits()
    assert parse_limits(limits_toml(limits)) == limits
    version = 'a "b" \\ \x7f \u00b5 \U0001f600'
    assert parse_limits(limits_toml(replace(limits, version=version))).version == version


async def test_the_first_file_of_limits_has_the_digest_that_the_log_names():
    log = with_rules()
    ((name, text),) = limits_files(await surveyed(FakeStore(log)))
    assert name == "limits/from-entry-000001.toml"
    assert sha256(encode_limits(parse_limits(text.decode()))[0].encode()).hexdigest() == encode_limits(default_limits())[1]


async def test_each_change_of_a_limit_is_a_file_and_closes_a_row_of_the_table():
    log = with_rules()
    changes = [body for body in every_event() if isinstance(body, LimitProposed | LimitChanged)]
    for body in changes:
        log.say(body)
    seen = await surveyed(FakeStore(log))
    (_, first), (name, second) = limits_files(seen)
    assert name == "limits/from-entry-000003.toml"
    assert parse_limits(second.decode()) == moved(parse_limits(first.decode()), changes[-1]) != parse_limits(first.decode())
    rows = [row for row in rows_of(limits_table(seen)) if (row["rule"], row["sign"]) == ("BP-H1", Vital.SYSTOLIC_BP)]
    assert [(row["limit"], row["was"], row["by"], row["confirmed_by"], row["reason"]) for row in rows] == [
        ("180", "", "", "", ""),
        ("190", "180", "anna", "ben", "known"),
    ]
    assert rows[0]["until"] == rows[1]["from"]
    assert rows[1]["until"] == ""


@pytest.mark.parametrize("make", [alerts_table, doses_table, limits_table, observations_table, watching_table])
async def test_a_log_without_a_rule_set_that_can_be_read_has_its_tables_all_the_same(make: Callable[[Survey], bytes]):
    log = Log()
    log.create(limits="{}")
    for body in every_event():
        log.say(body)
    rows_of(make(await surveyed(FakeStore(log))))
    assert list(limits_files(await surveyed(FakeStore(log)))) == []
