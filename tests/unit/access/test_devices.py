"""Devices: registered once, verified from memory, revoked at once."""

import asyncio

import pytest

from monitor.access import devices as devices_module
from monitor.access.devices import DeviceRejected, Devices
from monitor.access.memory import MemoryAccessStore
from monitor.access.ports import AccessStoreFailed, DeviceRow, NotThere
from monitor.access.roles import Device
from schemas.measurement import Mode
from tests.unit.access.door import Door, HandClock


async def test_registered_device_is_verified_by_its_token_alone(door: Door) -> None:
    token = await door.register_device("sim-room-1", Mode.SIMULATED, "simulated patient", by="m.kern")
    device = await door.devices.verify(token)
    assert device is not None
    assert (device.device, device.mode, device.source) == ("sim-room-1", Mode.SIMULATED, "simulated patient")
    assert token.startswith("inf_dev_")
    assert len(token) == 51
    assert token not in repr(vars(door.store))
    assert await door.devices.verify(token[:-1]) is None
    assert await door.devices.verify(token[:-1] + ("A" if token[-1] != "A" else "B")) is None


@pytest.mark.parametrize("device", ["", ".x", "a" * 65, "a b", "a/b", "röntgen", "a\n"])
async def test_malformed_id_is_rejected(door: Door, device: str) -> None:
    with pytest.raises(DeviceRejected) as rejected:
        await door.register_device(device, Mode.REAL, "", by="m.kern")
    assert rejected.value.reason == "malformed_id"


async def test_an_id_is_given_once_for_ever(door: Door) -> None:
    await door.register_device("pump-1", Mode.REAL, "", by="m.kern")
    await door.revoke_device("pump-1", by="m.kern")
    with pytest.raises(DeviceRejected) as rejected:
        await door.register_device("pump-1", Mode.REAL, "", by="m.kern")
    assert rejected.value.reason == "already_registered"


async def test_revoked_device_is_out_at_once_and_stays_out(door: Door) -> None:
    token = await door.register_device("pump-1", Mode.REAL, "", by="m.kern")
    device = await door.devices.verify(token)
    assert device is not None
    assert door.still_valid(device)
    await door.revoke_device("pump-1", by="m.kern")
    for _ in range(3):
        assert not door.still_valid(device)
        assert await door.devices.verify(token) is None
        door.clock.pass_s(60)
    with pytest.raises(NotThere):
        await door.revoke_device("pump-2", by="m.kern")


async def test_replaced_token_ends_the_old_one(door: Door) -> None:
    old = await door.register_device("pump-1", Mode.REAL, "ward 3", by="m.kern")
    device = await door.devices.verify(old)
    assert device is not None
    new = await door.devices.replace_token("pump-1")
    assert not door.still_valid(device)
    assert await door.devices.verify(old) is None
    found = await door.devices.verify(new)
    assert found is not None
    assert found.device == "pump-1"


async def test_a_storm_of_connections_costs_no_read(door: Door) -> None:
    tokens = [await door.register_device(f"sim-{number}", Mode.SIMULATED, "", by="m.kern") for number in range(200)]
    await door.devices.verify(tokens[0])
    reads = door.store.reads
    found = await asyncio.gather(*(door.devices.verify(token) for token in tokens * 5))
    assert all(device is not None for device in found)
    assert door.store.reads == reads


async def test_a_storm_of_wrong_tokens_costs_one_read_in_five_seconds(door: Door) -> None:
    await door.register_device("sim-1", Mode.SIMULATED, "", by="m.kern")
    door.clock.pass_s(5)
    reads = door.store.reads
    found = await asyncio.gather(*(door.devices.verify(f"inf_dev_{number:043d}") for number in range(1_000)))
    assert not any(found)
    assert door.store.reads - reads == 1


async def test_what_another_process_registered_or_revoked_is_seen(store: MemoryAccessStore, clock: HandClock) -> None:
    here, there = Devices(store, clock), Devices(store, clock)
    await here.refresh()
    token = await there.register("pump-1", Mode.REAL, "", by="cli")
    clock.pass_s(5)
    assert await here.verify(token) is not None
    await there.revoke("pump-1")
    clock.pass_s(30)
    assert await here.verify(token) is None


async def test_more_devices_than_the_bound_are_rejected(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices_module, "MAX_DEVICES", 2)
    await door.register_device("a", Mode.REAL, "", by="m.kern")
    await door.register_device("b", Mode.REAL, "", by="m.kern")
    with pytest.raises(DeviceRejected) as rejected:
        await door.register_device("c", Mode.REAL, "", by="m.kern")
    assert rejected.value.reason == "too_many_devices"


class PausingStore(MemoryAccessStore):
    def __init__(self) -> None:
        super().__init__()
        self.may_go = asyncio.Event()
        self.may_go.set()
        self.has_read = asyncio.Event()
        self.has_replaced = asyncio.Event()
        self.fails = False

    async def replace_device_token(self, device: str, token_sha256: str) -> None:
        await super().replace_device_token(device, token_sha256)
        self.has_replaced.set()

    async def devices(self) -> list[DeviceRow]:
        if self.fails:
            raise AccessStoreFailed("io")
        rows = await super().devices()
        self.has_read.set()
        await self.may_go.wait()
        return rows


async def start_reading(devices: Devices, store: PausingStore, clock: HandClock) -> asyncio.Task[Device | None]:
    """A read that holds its rows back until `store.may_go`."""
    clock.pass_s(5)
    store.may_go.clear()
    store.has_read.clear()
    reading = asyncio.create_task(devices.verify("inf_dev_" + "A" * 43))
    await store.has_read.wait()
    return reading


async def test_read_under_way_neither_loses_a_new_device_nor_brings_back_a_revoked_one(clock: HandClock) -> None:
    store = PausingStore()
    devices = Devices(store, clock)
    gone = await devices.register("a", Mode.REAL, "", by="x")
    reading = await start_reading(devices, store, clock)
    new = await devices.register("b", Mode.REAL, "", by="x")
    await devices.revoke("a")
    store.may_go.set()
    await reading
    assert await devices.verify(gone) is None
    assert await devices.verify(new) is not None


async def test_read_under_way_does_not_let_in_a_device_revoked_before_it_was_known_here(clock: HandClock) -> None:
    store = PausingStore()
    here, there = Devices(store, clock), Devices(store, clock)
    await here.refresh()
    token = await there.register("a", Mode.REAL, "", by="cli")
    reading = await start_reading(here, store, clock)
    await here.revoke("a")
    store.may_go.set()
    await reading
    assert await here.verify(token) is None


async def test_read_under_way_does_not_bring_back_a_replaced_token(clock: HandClock) -> None:
    store = PausingStore()
    devices = Devices(store, clock)
    old = await devices.register("a", Mode.REAL, "", by="x")
    reading = await start_reading(devices, store, clock)
    store.fails = True  # the read after the replacement does not come to help
    replacing = asyncio.create_task(devices.replace_token("a"))
    await store.has_replaced.wait()
    store.may_go.set()
    await reading
    new = await replacing
    assert await devices.verify(old) is None
    store.fails = False
    clock.pass_s(5)
    assert await devices.verify(new) is not None
    assert await devices.verify(old) is None


async def test_known_devices_go_on_while_the_store_cannot_be_read(clock: HandClock) -> None:
    store = PausingStore()
    devices = Devices(store, clock)
    token = await devices.register("a", Mode.REAL, "", by="x")
    store.fails = True
    clock.pass_s(3_600)
    assert await devices.verify(token) == Device("a", Mode.REAL, "", key=devices._known["a"].token_sha256)
    assert devices.failed_reads == 1
