"""A Bluetooth LE peripheral at BlueZ, over D-Bus: the machine's own (`DBUS_SYSTEM_BUS_ADDRESS` names another). No kernel driver.

It says that it is there and serves its characteristics; who may connect is BlueZ's affair. It asks for no pairing.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Annotated, Any, Final

from dbus_fast import AuthError, BusType, Message, MessageType, PropertyAccess, unpack_variants
from dbus_fast.aio import MessageBus
from dbus_fast.annotations import DBusBool, DBusBytes, DBusDict, DBusObjectPath, DBusSignature, DBusStr
from dbus_fast.service import ServiceInterface, dbus_method, dbus_property

from simulators.devices.ble import Characteristic, Notified
from simulators.devices.carried import WITHIN_S, Deliver, Unreachable
from simulators.say import Say

_RADIO, _GATT, _ADVERTISING = "org.bluez.Adapter1", "org.bluez.GattManager1", "org.bluez.LEAdvertisingManager1"
_APPLICATION, _ADVERTISEMENT = "/virtual/device", "/virtual/advertisement"
_READ: Final = PropertyAccess.READ
_MAX_KEPT: Final = 25  # results in the memory of a cuff
DBusStrings = Annotated[list[str], DBusSignature("as")]


class _Advertisement(ServiceInterface):
    def __init__(self, name: str, services: Sequence[str]) -> None:
        super().__init__("org.bluez.LEAdvertisement1")
        self._name = name
        self._services = list(services)

    @dbus_property(_READ, name="Type")
    def kind(self) -> DBusStr:
        return "peripheral"

    @dbus_property(_READ, name="LocalName")
    def local_name(self) -> DBusStr:
        return self._name

    @dbus_property(_READ, name="ServiceUUIDs")
    def services(self) -> DBusStrings:
        return self._services

    @dbus_property(_READ, name="Discoverable")
    def is_discoverable(self) -> DBusBool:
        return True

    @dbus_method("Release")
    def release(self) -> None:
        """BlueZ advertises it no more; what is said next finds that out."""


class _Service(ServiceInterface):
    def __init__(self, uuid: str) -> None:
        super().__init__("org.bluez.GattService1")
        self._uuid = uuid

    @dbus_property(_READ, name="UUID")
    def uuid(self) -> DBusStr:
        return self._uuid

    @dbus_property(_READ, name="Primary")
    def is_primary(self) -> DBusBool:
        return True


class _Characteristic(ServiceInterface):
    """What it says while nobody listens is lost, or said to the next who does, where it is of that kind."""

    def __init__(self, made: Characteristic, service: str) -> None:
        super().__init__("org.bluez.GattCharacteristic1")
        self._made = made
        self._service = service
        self._value = made.value
        self._kept: deque[bytes] = deque(maxlen=_MAX_KEPT)
        self.is_heard = False

    @dbus_property(_READ, name="UUID")
    def uuid(self) -> DBusStr:
        return self._made.uuid

    @dbus_property(_READ, name="Service")
    def service(self) -> DBusObjectPath:
        return self._service

    @dbus_property(_READ, name="Flags")
    def flags(self) -> DBusStrings:
        return [self._made.flag]

    @dbus_property(_READ, name="Notifying")
    def notifying(self) -> DBusBool:
        return self.is_heard

    @dbus_property(_READ, name="Value")
    def value(self) -> DBusBytes:
        return self._value

    @dbus_method("ReadValue")
    def read_value(self, options: DBusDict) -> DBusBytes:  # noqa: ARG002
        return self._value

    @dbus_method("StartNotify")
    def start_notify(self) -> None:
        self._hears(True)
        while self._kept:
            self._say(self._kept.popleft())

    @dbus_method("StopNotify")
    def stop_notify(self) -> None:
        self._hears(False)

    @dbus_method("Confirm")
    def confirm(self) -> None:
        """An indication has arrived."""

    def take(self, said: Notified) -> str:
        """What became of it."""
        if self.is_heard:
            self._say(said.data)
            return "heard"
        if said.later:
            self._kept.append(said.later)
            return "nobody listens; kept"
        return "nobody listens"

    def _hears(self, is_heard: bool) -> None:  # noqa: FBT001
        self.is_heard = is_heard
        self.emit_properties_changed({"Notifying": is_heard})

    def _say(self, data: bytes) -> None:
        self._value = data
        self.emit_properties_changed({"Value": data})


@asynccontextmanager
async def advertising(radio: str, name: str, has: Sequence[Characteristic], say: Say) -> AsyncIterator[Deliver[Notified]]:
    """`radio`: as BlueZ names it (hci0), empty for its first. `say` is told the address. Raises Unreachable, at first or later."""
    bus = MessageBus(bus_type=BusType.SYSTEM)
    try:
        place, address = await _radio(bus, radio)
        services = list(dict.fromkeys(each.service for each in has))
        exported = {each.uuid: _Characteristic(each, f"{_APPLICATION}/{services.index(each.service)}") for each in has}
        for number, service in enumerate(services):
            bus.export(f"{_APPLICATION}/{number}", _Service(service))
        for number, each in enumerate(has):
            bus.export(f"{_APPLICATION}/{services.index(each.service)}/{number}", exported[each.uuid])
        bus.export(_ADVERTISEMENT, _Advertisement(name, services))
        await _call(bus, place, _GATT, "RegisterApplication", "oa{sv}", _APPLICATION, {})
        await _call(bus, place, _ADVERTISING, "RegisterAdvertisement", "oa{sv}", _ADVERTISEMENT, {})
        say(f"ble:{address}")

        async def deliver(said: Notified) -> str:
            if not await _call(bus, place, "org.freedesktop.DBus.Properties", "Get", "ss", _ADVERTISING, "ActiveInstances"):
                raise Unreachable("BlueZ advertises it no more")
            return exported[said.characteristic].take(said)

        yield deliver
    finally:
        bus.disconnect()
        if bus.unique_name is not None:
            with suppress(OSError, EOFError):  # why it was lost has been told
                await bus.wait_for_disconnect()  # type: ignore[no-untyped-call]


async def _radio(bus: MessageBus, wanted: str) -> tuple[str, str]:
    """Its path and its address."""
    try:
        await bus.connect()
    except (OSError, AuthError) as error:
        raise Unreachable(f"no system D-Bus: {error}") from error
    objects = await _call(bus, "/", "org.freedesktop.DBus.ObjectManager", "GetManagedObjects")
    able = {path.rpartition("/")[2]: path for path in sorted(objects) if {_RADIO, _GATT, _ADVERTISING} <= objects[path].keys()}
    name = wanted or next(iter(able), "")
    if name not in able:
        raise Unreachable(f"BlueZ has no radio {wanted} that can be a device; there are: {', '.join(able) or 'none'}")
    about = objects[able[name]][_RADIO]
    if not about["Powered"]:
        raise Unreachable(f"the radio {name} is switched off")
    return able[name], about["Address"]


async def _call(bus: MessageBus, path: str, interface: str, member: str, signature: str = "", *body: Any) -> Any:
    """What BlueZ answers, None for nothing. Raises Unreachable."""
    if not bus.connected:
        raise Unreachable("the D-Bus is gone")
    try:
        async with asyncio.timeout(WITHIN_S):
            reply = await bus.call(Message("org.bluez", path, interface, member, signature=signature, body=list(body)))
    except (OSError, EOFError) as error:  # TimeoutError is an OSError
        raise Unreachable(f"BlueZ does not answer ({type(error).__name__})") from error
    if reply.message_type is MessageType.ERROR:
        raise Unreachable(f"BlueZ: {reply.body[0] if reply.body else reply.error_name}")
    return unpack_variants(reply.body[0]) if reply.body else None
