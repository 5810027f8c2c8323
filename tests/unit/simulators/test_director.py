"""The simulated clinician: plays the usual course, and gives way to whoever is at the screen."""

import asyncio
from collections.abc import Callable

import httpx2
import msgspec
import pytest

from schemas.measurement import Mode
from schemas.session import Phase
from schemas.signs import Charted
from schemas.stream_wire import SessionNow
from simulators.bed import Bed
from simulators.charting import CHECKLIST, DISCHARGE
from simulators.clinician import NAME, Clinician
from simulators.director import Director, bolus_ug
from simulators.rest import MonitorRefused, Rest, refusal, sign_in
from simulators.scenario import load_scenario
from simulators.seeds import seeded
from tests.unit.simulators.fake_ward import START_MS, FakeWard, VirtualClock

SCENARIO = load_scenario("uneventful")
SESSION = "S-000001"
ROOM = ("Room 1", {"label": "x", "birth_year": None, "weight_kg": 74.0})
ORDER = {"treatment": "ketamine_iv", "dose_mg_per_kg": 0.5, "duration_min": 40}


async def _at_once(_: float) -> None:
    await asyncio.sleep(0)


CHECK = {"distress": 1, "nausea": 0, "dissociation": 3}  # of a patient who takes it well, at each response check


def _rest(client: httpx2.AsyncClient) -> Rest:
    return Rest(client, rng=seeded(1, "rest"), sleep=_at_once)


class Played:
    """What came of a directed session: (minute, phase) of every change, and the bed that followed it."""

    def __init__(self, ward: FakeWard, bed: Bed, ended: SessionNow) -> None:
        self.ward = ward
        self.bed = bed
        self.ended = ended

    def orders(self) -> list[str]:
        return [body["phase"] for body in self.ward.orders("/phase")]


async def _play(
    prepare: Callable[[FakeWard, VirtualClock, Bed], None] | None = None,
    *,
    speed: float = 1.0,
    acknowledge: bool = False,
    begin_min: float = 0.0,
    order: dict[str, object] = ORDER,
) -> Played:
    clock = VirtualClock()
    ward = FakeWard(clock)
    bed = Bed(SCENARIO, 1, START_MS, speed=speed)
    async with ward.client() as client, asyncio.timeout(30):
        clinician = Clinician(_rest(client))
        session = await clinician.create(*ROOM, order)
        if prepare is not None:
            prepare(ward, clock, bed)
        driving = asyncio.create_task(clock.drive())
        director = Director(
            clinician,
            clock,
            session,
            SCENARIO.timeline,
            bed=bed,
            begin_ms=START_MS + round(begin_min * 60_000),
            speed=speed,
            acknowledge=acknowledge,
        )
        ended = await director.run()
        driving.cancel()
    return Played(ward, bed, ended)


def _minutes(played: Played) -> float:
    return (played.ended.phase_since_ms - START_MS) / 60_000


async def test_the_usual_course_in_the_scenario_s_times():
    played = await _play()
    assert played.orders() == ["baseline", "infusing", "recovery", "closed"]
    assert played.ended.phase is Phase.CLOSED
    assert _minutes(played) == pytest.approx(76, abs=0.1)
    assert played.ended.given_ug == pytest.approx(37_000, rel=0.005)
    assert played.bed.has_ended


async def test_a_staggered_bed_begins_later():
    assert _minutes(await _play(begin_min=8.0)) == pytest.approx(84, abs=0.1)


async def test_speed_shortens_the_monitor_s_minutes():
    assert _minutes(await _play(speed=10.0)) == pytest.approx(7.6, abs=0.05)


async def test_a_pause_by_a_person_is_respected_and_makes_the_infusion_longer():
    def prepare(ward: FakeWard, clock: VirtualClock, bed: Bed) -> None:
        clock.at_minute(16, lambda: ward.set_phase(SESSION, Phase.PAUSED))
        clock.at_minute(28, lambda: ward.set_phase(SESSION, Phase.INFUSING))

    played = await _play(prepare)
    assert played.orders() == ["baseline", "infusing", "recovery", "closed"]
    assert _minutes(played) == pytest.approx(88, abs=0.2)
    assert played.ended.given_ug == pytest.approx(37_000, rel=0.005)


async def test_a_session_that_stays_paused_is_left_alone():
    def prepare(ward: FakeWard, clock: VirtualClock, bed: Bed) -> None:
        clock.at_minute(16, lambda: ward.set_phase(SESSION, Phase.PAUSED))
        clock.at_minute(400, lambda: ward.set_phase(SESSION, Phase.ABORTED))

    played = await _play(prepare)
    assert played.orders() == ["baseline", "infusing"]
    assert played.ended.phase is Phase.ABORTED
    assert played.bed.rate_mg_per_min == 0


async def test_a_stop_by_a_person_leads_to_recovery_and_its_end():
    def prepare(ward: FakeWard, clock: VirtualClock, bed: Bed) -> None:
        clock.at_minute(20, lambda: ward.set_phase(SESSION, Phase.RECOVERY))

    played = await _play(prepare)
    assert played.orders() == ["baseline", "infusing", "closed"]
    assert _minutes(played) == pytest.approx(50, abs=0.1)


async def test_a_lower_rate_by_a_person_is_kept_and_the_bed_feels_it():
    rates: list[float] = []

    def prepare(ward: FakeWard, clock: VirtualClock, bed: Bed) -> None:
        clock.at_minute(26, lambda: ward.set_rate(SESSION, 462))  # about half, after half of the dose
        clock.at_minute(60, lambda: rates.append(bed.rate_mg_per_min))

    played = await _play(prepare)
    assert not played.ward.orders("/doses")
    assert played.ended.given_ug == pytest.approx(37_000, rel=0.01)
    assert _minutes(played) == pytest.approx(96, abs=0.5)
    assert rates == [pytest.approx(0.462)]


async def test_a_bolus_on_record_reaches_the_patient():
    def prepare(ward: FakeWard, clock: VirtualClock, bed: Bed) -> None:
        clock.at_minute(20, lambda: ward.give_bolus(SESSION, 10_000))

    played = await _play(prepare)
    assert played.bed.infused_mg == pytest.approx(10.0, abs=0.1)  # no frames are made in this test: only the bolus went in
    assert _minutes(played) == pytest.approx(76 - 10_000 / 925, abs=0.1)


async def test_raised_alerts_are_answered_after_45_s_only_where_that_is_asked_for():
    answered: list[float] = []

    def prepare(ward: FakeWard, clock: VirtualClock, bed: Bed) -> None:
        clock.at_minute(20, lambda: ward.raise_alert(SESSION, "BP-H1"))
        for second in range(0, 120, 5):
            clock.at_minute(20 + second / 60, lambda: answered.append(len(ward.orders("/acknowledgement"))))

    await _play(prepare)
    assert set(answered) == {0}
    answered.clear()
    played = await _play(prepare, acknowledge=True)
    assert played.ward.orders("/acknowledgement") == [{"comment": NAME}]
    assert answered[:9] == [0] * 9


async def test_a_refused_start_is_tried_again_and_overridden_with_a_reason():
    def prepare(ward: FakeWard, clock: VirtualClock, bed: Bed) -> None:
        clock.at_minute(5.9, lambda: ward.refusals.update({"/phase": [(409, "baseline_incomplete")] * 2}))

    played = await _play(prepare)
    starts = [body for body in played.ward.orders("/phase") if body["phase"] == "infusing"]
    assert [body.get("override") for body in starts] == [None, None, f"{NAME}: the scenario goes on"]
    assert _minutes(played) == pytest.approx(76.33, abs=0.1)


async def test_a_start_that_nobody_can_override_ends_the_session():
    def prepare(ward: FakeWard, clock: VirtualClock, bed: Bed) -> None:
        clock.at_minute(5.9, lambda: ward.refusals.update({"/phase": [(409, "gate_hard")] * 3}))

    played = await _play(prepare)
    assert played.orders() == ["baseline", "infusing", "infusing", "infusing", "aborted"]
    assert played.ended.phase is Phase.ABORTED


async def test_a_discharge_that_is_not_open_is_tried_again_and_overridden_with_a_reason():
    def prepare(ward: FakeWard, clock: VirtualClock, bed: Bed) -> None:
        clock.at_minute(75.9, lambda: ward.refusals.update({"/phase": [(409, "gate_closed")] * 2}))

    played = await _play(prepare)
    ends = [body for body in played.ward.orders("/phase") if body["phase"] == "closed"]
    assert [body.get("override") for body in ends] == [None, None, f"{NAME}: simulated run ends"]


def _charted(played: Played) -> list[dict[str, int]]:
    return [{item["sign"]: item["value"] for item in body["items"]} for body in played.ward.orders("/observations")]


async def test_what_is_asked_is_answered_before_the_start_the_response_checked_and_the_discharge_charted():
    times: list[float] = []

    def prepare(ward: FakeWard, clock: VirtualClock, bed: Bed) -> None:
        def look() -> None:
            rows = ward.sessions[SESSION].observations
            times.extend((row.at_ms - START_MS) / 60_000 for row in rows if row.sign is Charted.SEDATION)

        for minute in range(7, 46):
            clock.at_minute(minute, look)

    charted = _charted(await _play(prepare))
    assert charted[0] == CHECKLIST
    assert charted[1:-1] == [CHECK | {"sedation": value} for value in (5, 5, 5, 4, 4)]
    assert charted[-1] == DISCHARGE
    assert sorted(set(times)) == pytest.approx([14, 22, 30, 38], abs=0.1)


async def test_what_a_person_charted_stands():
    def prepare(ward: FakeWard, clock: VirtualClock, bed: Bed) -> None:
        ward.chart(SESSION, Charted.MAOI, 1)
        clock.at_minute(12.5, lambda: ward.chart(SESSION, Charted.SEDATION, 3))

    played = await _play(prepare)
    charted = _charted(played)
    assert charted[0] == {sign: value for sign, value in CHECKLIST.items() if sign is not Charted.MAOI}
    assert charted[1:-1] == [CHECK | {"sedation": value} for value in (5, 5, 4, 4)]  # 20.5, 28.5, 36.5, 44.5
    assert next(row.value for row in played.ended.observations if row.sign is Charted.MAOI) == 1


async def test_a_session_without_an_infusion_is_asked_nothing():
    assert _charted(await _play(order={"treatment": "none"})) == []


async def test_charting_that_is_refused_is_not_tried_at_every_look():
    def prepare(ward: FakeWard, clock: VirtualClock, bed: Bed) -> None:
        ward.refusals["/observations"] = [(409, "out_of_range")] * 3

    played = await _play(prepare)
    assert played.ended.phase is Phase.CLOSED
    assert len(_charted(played)) == 3 + 7


async def test_a_rate_is_ordered_where_the_monitor_sets_none_with_the_start():
    def prepare(ward: FakeWard, clock: VirtualClock, bed: Bed) -> None:
        ward.sets_no_rate = True

    played = await _play(prepare)
    assert played.ward.orders("/doses") == [{"kind": "rate", "rate_mg_per_min": pytest.approx(0.925)}]


async def test_a_session_without_an_infusion_is_watched_from_baseline_to_recovery():
    played = await _play(order={"treatment": "none"})
    assert played.orders() == ["baseline", "recovery", "closed"]


async def test_a_refusal_that_time_does_not_heal_ends_it():
    def prepare(ward: FakeWard, clock: VirtualClock, bed: Bed) -> None:
        ward.refusals["/phase"] = [(403, "not_allowed")]

    with pytest.raises(MonitorRefused, match="not_allowed"):
        await _play(prepare)


def _session_now(rate: int, given: int, at_min: float) -> SessionNow:
    clock = VirtualClock()
    ward = FakeWard(clock)
    ward._create({"room": "1", "patient": ROOM[1], "order": ORDER})
    now = ward.sessions[SESSION]
    return msgspec.structs.replace(now, rate_ug_per_min=rate, given_ug=given, given_at_ms=START_MS + round(at_min * 60_000))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (_session_now(900, 0, 0), _session_now(900, 900, 1), 0),
        (_session_now(900, 0, 0), _session_now(900, 5_900, 1), 5_000),
        (_session_now(0, 900, 1), _session_now(900, 1_000, 1.2), 0),
        (_session_now(900, 900, 1), _session_now(0, 1_000, 1.2), 0),
        (_session_now(0, 900, 1), _session_now(0, 10_900, 2), 10_000),
    ],
)
def test_a_bolus_is_what_the_rate_does_not_explain(before: SessionNow, after: SessionNow, expected: int):
    assert bolus_ug(before, after) == pytest.approx(expected, abs=1)


async def test_an_outage_is_waited_out():
    ward = FakeWard(VirtualClock())
    async with ward.client() as client:
        clinician = Clinician(_rest(client))
        session = await clinician.create(*ROOM, ORDER)
        ward.outages = 7
        assert (await clinician.look(session.id)).id == session.id


async def test_an_overloaded_monitor_is_asked_again_and_a_refusal_is_named():
    ward = FakeWard(VirtualClock())
    ward.refusals["/sessions"] = [(503, "busy"), (422, "bad_weight")]
    async with ward.client() as client:
        with pytest.raises(MonitorRefused, match="bad_weight") as caught:
            await Clinician(_rest(client)).create(*ROOM, ORDER)
    assert caught.value.status == 422
    assert len(ward.orders("/sessions")) == 2


async def test_a_creation_whose_answer_is_lost_is_sent_again_under_its_id():
    """By which the monitor knows one that it has done."""
    ids: list[str] = []

    def lose_the_first(request: httpx2.Request) -> httpx2.Response:
        ids.append(request.headers["idempotency-key"])
        if len(ids) == 1:
            raise httpx2.ReadError("gone", request=request)
        return httpx2.Response(422, json={"reason": "bad_weight"})

    async with httpx2.AsyncClient(transport=httpx2.MockTransport(lose_the_first), base_url="http://ward") as client:
        with pytest.raises(MonitorRefused, match="bad_weight"):
            await Clinician(_rest(client)).create(*ROOM, ORDER)
    assert len(ids) == 2
    assert ids[0] == ids[1]


async def test_a_registration_whose_answer_is_lost_is_not_repeated():
    """Its token was in that answer."""

    def lose(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ReadError("gone", request=request)

    async with httpx2.AsyncClient(transport=httpx2.MockTransport(lose), base_url="http://ward") as client:
        with pytest.raises(MonitorRefused, match="no_answer"):
            await Clinician(_rest(client)).register("sim-room-1", Mode.SIMULATED, "x")


async def test_a_device_name_that_is_taken_gets_a_number():
    ward = FakeWard(VirtualClock())
    ward.devices |= {"sim-room-1", "sim-room-1-2"}
    async with ward.client() as client:
        registered = await Clinician(_rest(client)).register("sim-room-1", Mode.SIMULATED, "x")
    assert registered.device == "sim-room-1-3"


@pytest.mark.parametrize(
    ("link", "ticket"),
    [("http://ward/auth/ticket?ticket=abc", "abc"), ("http://ward/auth/ticket#abc", "abc")],
)
async def test_a_login_link_gives_a_session(link: str, ticket: str):
    def answer(request: httpx2.Request) -> httpx2.Response:
        assert (request.method, request.url.path, request.content) == ("POST", "/auth/ticket", f"ticket={ticket}".encode())
        return httpx2.Response(303, headers={"location": "/", "set-cookie": "session=secret; Path=/; HttpOnly; SameSite=Strict"})

    async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer), base_url="http://ward") as client:
        assert (await sign_in(client, link)).get("session") == "secret"


@pytest.mark.parametrize(
    ("link", "reason"), [("http://ward/auth/ticket", "no_ticket"), ("http://ward/auth/ticket?ticket=old", "ticket_refused")]
)
async def test_a_used_or_broken_login_link_is_a_named_refusal(link: str, reason: str):
    transport = httpx2.MockTransport(lambda _: httpx2.Response(400, text="used"))
    async with httpx2.AsyncClient(transport=transport, base_url="http://ward") as client:
        with pytest.raises(MonitorRefused) as caught:
            await sign_in(client, link)
    assert caught.value.reason == reason


def test_a_refusal_says_what_is_wrong_and_where() -> None:
    problem = {"reason": "malformed", "detail": "One thing is wrong.", "errors": [{"where": "body.device", "detail": "no space"}]}
    assert str(refusal(httpx2.Response(422, json=problem))) == "malformed (HTTP 422): One thing is wrong. body.device: no space."
