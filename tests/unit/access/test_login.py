"""Coming in by password: guesses, waits, and who is never kept out."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.access.login import LoginRefused
from monitor.access.login_gate import LoginGate, network_of
from monitor.access.people import PersonRefused
from monitor.access.ports import AccessKind, AlreadyThere, NotThere
from monitor.access.roles import Role
from tests.unit.access.door import CountingHasher, Door, HandClock

PASSWORD = "correct horse 7 battery"
HOME = "10.0.0.7"
GUESSES = 10_000


async def add_victim(door: Door) -> None:
    await door.add_person("m.kern", "M. Kern", Role.CLINICIAN, password=PASSWORD, by="test")


async def guess(door: Door, username: str, address: str) -> str:
    try:
        await door.login(username, "not it at all", address)
    except LoginRefused as refused:
        return refused.reason
    raise AssertionError("a wrong password came in")


async def test_right_password_comes_in_and_is_logged(door: Door) -> None:
    await add_victim(door)
    opened = await door.login(" M.Kern ", PASSWORD, HOME)
    assert (opened.person.username, opened.person.role) == ("m.kern", Role.CLINICIAN)
    assert await door.web_sessions.verify(opened.token) == opened.person
    assert await door.logged() == [AccessKind.PERSON_ADDED, AccessKind.LOGIN_OK]


@pytest.mark.parametrize("spacing_s", [0.0, 0.1, 1.0, 60.0])
async def test_ten_thousand_guesses_from_one_address_are_at_most_a_hundred_tries(door: Door, spacing_s: float) -> None:
    await add_victim(door)
    for _ in range(GUESSES):
        door.clock.pass_s(spacing_s)
        await guess(door, "m.kern", "203.0.113.9")
    assert 5 <= door.hasher.verified <= 100
    ticket = await door.issue_ticket("m.kern", by="admin")
    assert (await door.use_ticket(ticket, HOME)).person.username == "m.kern"
    assert (await door.login("m.kern", PASSWORD, HOME)).person.username == "m.kern"


async def test_guesses_from_ten_thousand_addresses_are_at_most_a_hundred_tries_and_the_victim_comes_in_at_once(door: Door) -> None:
    await add_victim(door)
    await door.login("m.kern", PASSWORD, HOME)
    door.hasher.verified = 0
    for number in range(GUESSES):
        door.clock.pass_s(1)
        await guess(door, "m.kern", f"203.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert 5 <= door.hasher.verified <= 100
    assert (await door.login("m.kern", PASSWORD, HOME)).person.username == "m.kern"


async def test_victim_under_attack_comes_in_from_a_new_address_after_the_wait_it_is_told(door: Door) -> None:
    await add_victim(door)
    for _ in range(GUESSES):
        door.clock.pass_s(0.1)
        await guess(door, "m.kern", "203.0.113.9")
    with pytest.raises(LoginRefused) as held:
        await door.login("m.kern", PASSWORD, HOME)
    assert held.value.reason == "held_back"
    assert 0 < held.value.retry_after_s <= GUESSES // 10 + 1
    door.clock.pass_s(held.value.retry_after_s)
    assert (await door.login("m.kern", PASSWORD, HOME)).person.username == "m.kern"


async def test_one_password_on_many_accounts_from_one_address_is_held_back(door: Door) -> None:
    for number in range(GUESSES):
        await guess(door, f"nurse{number}", "203.0.113.9")
    assert 20 <= door.hasher.verified <= 100


async def test_a_thousand_guesses_at_once_are_no_more_than_one_after_another(door: Door) -> None:
    await add_victim(door)
    reasons = await asyncio.gather(*(guess(door, "m.kern", "203.0.113.9") for _ in range(1_000)))
    assert door.hasher.verified <= 5
    assert set(reasons) == {"wrong_credentials", "held_back"}


async def test_guesses_from_many_addresses_at_once_are_refused_when_too_many_wait(door: Door) -> None:
    reasons = await asyncio.gather(*(guess(door, f"nurse{number}", f"203.0.113.{number}") for number in range(100)))
    assert reasons.count("wrong_credentials") == 8
    assert reasons.count("busy") == 92


async def test_unknown_person_costs_the_same_hash_and_is_held_back_alike(door: Door) -> None:
    await add_victim(door)
    known = [await guess(door, "m.kern", "203.0.113.9") for _ in range(8)]
    tries_known, door.hasher.verified = door.hasher.verified, 0
    unknown = [await guess(door, "nobody", "203.0.113.10") for _ in range(8)]
    assert known == unknown
    assert door.hasher.verified == tries_known


async def test_disabled_person_and_person_without_password_are_refused_like_a_wrong_password(door: Door) -> None:
    await add_victim(door)
    await door.set_disabled("m.kern", disabled=True, by="admin")
    await door.add_person("demo", "Demo", Role.CLINICIAN, password=None, by="test")
    for username, password in (("m.kern", PASSWORD), ("demo", ""), ("demo", "x")):
        with pytest.raises(LoginRefused, match="wrong_credentials"):
            await door.login(username, password, HOME)
    assert door.hasher.verified == 3
    await door.set_disabled("m.kern", disabled=False, by="admin")
    assert (await door.login("m.kern", PASSWORD, HOME)).person.username == "m.kern"


async def test_typed_password_in_the_username_field_reaches_no_log(door: Door) -> None:
    await guess(door, "my secret passphrase", HOME)
    assert [(row.who, row.detail) for row in await door.store.access_log()] == [(None, "no such person")]


async def test_held_back_attempts_fold_into_few_rows(door: Door) -> None:
    await add_victim(door)
    for _ in range(GUESSES):
        await guess(door, "m.kern", "203.0.113.9")
    await door.stop()
    rows = [row for row in await door.store.access_log(limit=1_000) if row.kind != AccessKind.PERSON_ADDED]
    assert len(rows) <= 4
    assert sum(row.times for row in rows) == GUESSES


async def test_known_address_survives_a_restart(door: Door) -> None:
    await add_victim(door)
    await door.login("m.kern", PASSWORD, HOME)
    again = Door(door.store, door.clock, CountingHasher())
    await again.start()
    for number in range(100):
        await guess(again, "m.kern", f"203.0.113.{number}")
    assert (await again.login("m.kern", PASSWORD, HOME)).person.username == "m.kern"


async def test_own_mistakes_at_a_known_address_still_wait(door: Door) -> None:
    await add_victim(door)
    await door.login("m.kern", PASSWORD, HOME)
    for _ in range(5):
        await guess(door, "m.kern", HOME)
    with pytest.raises(LoginRefused, match="held_back"):
        await door.login("m.kern", PASSWORD, HOME)
    door.clock.pass_s(1)
    assert (await door.login("m.kern", PASSWORD, HOME)).person.username == "m.kern"


@pytest.mark.parametrize("password", ["", "short", "eleven char", "aaaaaaaaaaaaaaa", "this is m.kern ok", "x1y2z3 w4" * 200])
async def test_weak_password_is_refused(door: Door, password: str) -> None:
    with pytest.raises(PersonRefused) as refused:
        await door.add_person("m.kern", "M. Kern", Role.CLINICIAN, password=password, by="test")
    assert refused.value.reason == "weak_password"
    assert await door.store.people() == []


@pytest.mark.parametrize("username", ["", "M.Kern", "-kern", "kern\n", "a" * 33, "kern kern", "kérn"])
async def test_malformed_username_is_refused(door: Door, username: str) -> None:
    with pytest.raises(PersonRefused) as refused:
        await door.add_person(username, "M. Kern", Role.CLINICIAN, password=None, by="test")
    assert refused.value.reason == "malformed_username"


async def test_no_person_is_there_from_the_start_and_none_twice(door: Door) -> None:
    assert await door.people.all() == []
    await add_victim(door)
    assert [row.username for row in await door.people.all()] == ["m.kern"]
    with pytest.raises(AlreadyThere):
        await add_victim(door)
    with pytest.raises(NotThere):
        await door.set_password("nobody", PASSWORD, by="admin")


async def test_store_never_sees_a_password_or_a_token(door: Door) -> None:
    await add_victim(door)
    opened = await door.login("m.kern", PASSWORD, HOME)
    row = await door.store.person("m.kern")
    assert row is not None
    assert row.password_hash is not None
    assert row.password_hash.startswith("$argon2id$")
    held = repr(vars(door.store))
    assert PASSWORD not in held
    assert opened.token not in held


async def test_same_password_in_another_unicode_form_comes_in(door: Door) -> None:
    await door.add_person("j.loew", "J. Löw", Role.AUDITOR, password="Ko\u0308nigsberger 12", by="test")
    assert (await door.login("j.loew", "K\u00f6nigsberger 12", HOME)).person.name == "J. Löw"


async def test_new_password_ends_the_sessions_opened_with_the_old_one(door: Door) -> None:
    await add_victim(door)
    opened = await door.login("m.kern", PASSWORD, HOME)
    await door.set_password("m.kern", "another 9 long phrase", by="m.kern")
    assert not door.still_valid(opened.person)
    assert await door.web_sessions.verify(opened.token) is None
    with pytest.raises(LoginRefused):
        await door.login("m.kern", PASSWORD, HOME)


async def test_cheaper_hash_is_replaced_at_the_next_login(door: Door) -> None:
    await add_victim(door)
    stronger = Door(door.store, door.clock, CountingHasher(time_cost=2))
    await stronger.start()
    await stronger.login("m.kern", PASSWORD, HOME)
    row = await door.store.person("m.kern")
    assert row is not None
    assert row.password_hash is not None
    assert "t=2" in row.password_hash
    assert (await stronger.login("m.kern", PASSWORD, HOME)).person.username == "m.kern"


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("10.0.0.7", "10.0.0.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::"),
        ("::ffff:10.0.0.7", "10.0.0.7"),
        ("testclient", "testclient"),
        (None, ""),
    ],
)
def test_addresses_of_one_customer_are_one(address: str | None, network: str) -> None:
    assert network_of(address) == network


@given(st.lists(st.integers(min_value=0, max_value=50), max_size=100))
def test_known_addresses_are_bounded_and_hold_the_last_used(numbers: list[int]) -> None:
    gate = LoginGate(HandClock())
    for number in numbers:
        gate.remember("m.kern", f"10.0.0.{number}")
    recent = list(dict.fromkeys(reversed(numbers)))
    assert all(gate.is_known("m.kern", f"10.0.0.{number}") for number in recent[:8])
    assert not any(gate.is_known("m.kern", f"10.0.0.{number}") for number in recent[8:])
