"""The routes of the monitor's API, put together. `install(app, parts)` is all that the composition root calls.

Who may call what is the guard's table (`policy.py`); where a role matters a route asks again, so that a guard that is missing or wrong
lets nobody act. Commands answer when they are on disk. Every error is a problem with a `reason`.
"""

import msgspec
from fastapi import APIRouter, FastAPI

from monitor.access.brought_in import Imports
from monitor.access.control import AccessControl
from monitor.api import (
    access_log,
    audits,
    backtests,
    checkpoints,
    devices,
    exports,
    health,
    ingest,
    metrics,
    patients,
    people,
    review,
    sessions,
    sessions_care,
    sessions_commands,
    sessions_drawn,
    sessions_drug,
    sessions_export,
    sessions_trend,
    stream,
)
from monitor.api.audit_jobs import AuditJobs
from monitor.api.backtest_jobs import BacktestJobs
from monitor.api.export_jobs import ExportJobs
from monitor.api.ingest_connection import Patience
from monitor.api.rest_answers import Documented
from monitor.api.rest_refusals import install_refusals
from monitor.api.signing import Signing
from monitor.clock import Clock
from monitor.export.checkpoints import Checkpoints
from monitor.review.past import Past
from monitor.sessions.registry import Registry
from monitor.store.ports import Store
from monitor.store.review import ReviewStore


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """What the routes work with. `max_in_flight`: frames of one device that may wait for the disk. `site_zone`: the days of a filter."""

    registry: Registry
    store: Store
    review: ReviewStore
    access: AccessControl
    clock: Clock
    checkpoints: Checkpoints
    site_zone: str = "UTC"
    max_in_flight: int = 64
    patience: Patience = Patience()


def build_router(parts: Parts, documented: Documented, *, version: str) -> APIRouter:
    """Everything below /api/v1. The prefix is given by who includes it: FastAPI builds each route once more for a router without one."""
    router = APIRouter()
    router.include_router(sessions.routes(parts.registry, parts.store, parts.access, documented))
    imports = Imports(parts.access.log.store)
    commands = sessions_commands.Commands(parts.registry, parts.store, parts.access, lambda: parts.checkpoints.latest, imports)
    router.include_router(sessions_commands.routes(commands, documented))
    router.include_router(sessions_care.routes(commands, parts.clock, documented))
    router.include_router(sessions_drawn.routes(parts.store, parts.clock, documented))
    signing = Signing(commands, parts.store, parts.checkpoints.store, parts.clock.now_ms)
    router.include_router(sessions_drug.routes(commands, signing, documented))
    router.include_router(sessions_trend.routes(parts.registry, parts.store, parts.clock, documented))
    exporter = sessions_export.Exporter(
        parts.registry,
        parts.store,
        parts.clock,
        parts.checkpoints,
        parts.access.log.store,
        software=version,
        zone=parts.site_zone,
    )
    router.include_router(sessions_export.routes(exporter, parts.access))
    router.include_router(audits.routes(AuditJobs(exporter, parts.clock), parts.access, documented))
    router.include_router(exports.routes(ExportJobs(exporter, parts.access), documented))
    router.include_router(backtests.routes(parts.registry, parts.store, BacktestJobs(exporter), parts.access, documented))
    past = Past(parts.store, parts.review, parts.site_zone, imports)
    router.include_router(patients.routes(past, parts.access, parts.clock, documented))
    router.include_router(review.routes(past, parts.access, parts.clock, documented))
    router.include_router(devices.routes(parts.registry, parts.store, parts.access, documented))
    router.include_router(people.routes(parts.access, documented))
    router.include_router(access_log.routes(parts.access, documented))
    router.include_router(checkpoints.routes(parts.checkpoints, documented))
    return router


def install(app: FastAPI, parts: Parts) -> None:
    """All routes, and their schemas in /docs."""
    documented = Documented()
    install_refusals(app)
    app.include_router(health.routes(parts.registry, parts.store))
    app.include_router(metrics.routes(parts.registry.telemetry))
    app.include_router(build_router(parts, documented, version=app.version), prefix="/api/v1")
    lines = ingest.Lines(
        parts.registry.intake, parts.clock, parts.access.still_valid, patience=parts.patience, max_in_flight=parts.max_in_flight
    )
    app.include_router(ingest.routes(lines, documented))
    app.include_router(stream.routes(parts.registry, parts.access, parts.patience))
    documented.add_to(app)
