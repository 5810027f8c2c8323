"""Registered devices, and what was refused of theirs."""

from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Query
from starlette.responses import Response

from monitor.access.control import AccessControl
from monitor.access.devices import DeviceRejected
from monitor.access.ports import DeviceRow, NotThere
from monitor.access.roles import Role
from monitor.api.auth import PersonHere
from monitor.api.bodies import NewDeviceBody
from monitor.api.problems import Problem
from monitor.api.rest_answers import Documented, answer
from monitor.api.rest_refusals import require
from monitor.sessions.registry import Registry
from monitor.store.ports import Aside, Store
from schemas.measurement import Mode
from schemas.vitals import MILLI, Vital

MAX_ASIDE: Final = 1_000
_CONFLICTS: Final = frozenset({"already_registered", "too_many_devices"})


class NewestValue(msgspec.Struct, frozen=True):
    """In the unit of the vital sign; null where the device has none."""

    vital: Vital
    value: float | None


class DeviceView(msgspec.Struct, frozen=True):
    """`session`: the open session it is bound to."""

    device: str
    mode: Mode
    source: str
    registered_at_ms: int
    registered_by: str
    revoked_at_ms: int | None
    session: str | None
    is_connected: bool = False
    newest: tuple[NewestValue, ...] = ()  # of a device that is bound nowhere: to be compared with what its own screen shows
    newest_at_ms: int | None = None


class NewDevice(msgspec.Struct, frozen=True):
    """`token` is shown now and never again: it goes into the device."""

    device: str
    token: str


class AsideView(msgspec.Struct, frozen=True):
    """One refused input. `text`: what came, at most 4,096 bytes of it; bytes that are no text are written out."""

    at_ms: int
    device: str | None
    reason: str
    where: str
    detail: str
    text: str


def routes(registry: Registry, store: Store, access: AccessControl, documented: Documented) -> APIRouter:
    router = APIRouter(tags=["devices"])

    @router.get("/devices", responses=documented.responses(tuple[DeviceView, ...]), summary="All registered devices, revoked ones too")
    async def devices(_: PersonHere) -> Response:
        rows = await access.devices.all()
        return answer([_device(row, registry) for row in rows])

    @router.post(
        "/devices",
        status_code=201,
        responses=documented.responses(NewDevice, status=201, problems=[409]),
        summary="Register a device; its token is shown once",
    )
    async def register(person: PersonHere, body: NewDeviceBody) -> Response:
        require(person, Role.ADMIN, Role.CLINICIAN)
        try:
            token = await access.register_device(body.device, body.to_mode(), body.source, by=person.username)
        except DeviceRejected as rejected:
            raise Problem(409 if rejected.reason in _CONFLICTS else 422, rejected.reason, rejected.detail) from rejected
        return answer(NewDevice(body.device, token), 201)

    @router.delete(
        "/devices/{device}", status_code=204, responses=documented.responses(None, status=204, problems=[404]), summary="Revoke its token"
    )
    async def revoke(person: PersonHere, device: str) -> Response:
        require(person, Role.ADMIN)
        try:
            await access.revoke_device(device, by=person.username)
        except NotThere as unknown:
            raise Problem(404, "not_found", "There is no such device.") from unknown
        return Response(status_code=204)

    @router.get("/aside", responses=documented.responses(tuple[AsideView, ...]), summary="What was refused and kept aside, newest last")
    async def aside(person: PersonHere, limit: Annotated[int, Query(ge=1, le=MAX_ASIDE)] = 100) -> Response:
        require(person, Role.AUDITOR, Role.ADMIN)
        kept = await store.aside(limit)
        return answer([_view(row) for row in kept])

    return router


def _view(row: Aside) -> AsideView:
    text = row.raw.decode("utf-8", "backslashreplace")
    return AsideView(at_ms=row.at_ms, device=row.device, reason=row.reason, where=row.where, detail=row.detail, text=text)


def _device(row: DeviceRow, registry: Registry) -> DeviceView:
    position = registry.device_position(row.device)
    newest = {} if position is None else position.unbound_newest
    return DeviceView(
        device=row.device,
        mode=row.mode,
        source=row.source,
        registered_at_ms=row.registered_at_ms,
        registered_by=row.registered_by,
        revoked_at_ms=row.revoked_at_ms,
        session=registry.session_of(row.device),
        is_connected=position is not None and position.is_connected,
        newest=tuple(NewestValue(vital, None if milli is None else milli / MILLI) for vital, milli in newest.items()),
        newest_at_ms=position.unbound_last_ms if position is not None and newest else None,
    )
