"""Who may call what: one row for every route, in one table. What has no row is refused, to everybody.

A row's path is the route's own template. A request is matched in table order, so a wide row stands below the narrow ones it covers.
`routes_without_row` walks an application's routes; a test fails for any that it names.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount, WebSocketRoute

from monitor.access.roles import Role

WEBSOCKET: Final = "WEBSOCKET"


class Who(msgspec.Struct, frozen=True):
    """`anybody`: without an identity. `device`: registered devices. `scraper`: who has the token for figures. `roles`: people in one."""

    anybody: bool = False
    device: bool = False
    scraper: bool = False
    roles: frozenset[Role] = frozenset()


ANYBODY: Final = Who(anybody=True)
DEVICE: Final = Who(device=True)
ANY_PERSON: Final = Who(roles=frozenset(Role) - {Role.DISPLAY})
WALL: Final = Who(roles=frozenset(Role))  # what a screen on a wall needs to show the ward, and nothing more
CLINICIAN: Final = Who(roles=frozenset({Role.CLINICIAN}))
ADMIN: Final = Who(roles=frozenset({Role.ADMIN}))
CLINICIAN_OR_AUDITOR: Final = Who(roles=frozenset({Role.CLINICIAN, Role.AUDITOR}))
CLINICIAN_OR_ADMIN: Final = Who(roles=frozenset({Role.CLINICIAN, Role.ADMIN}))
AUDITOR_OR_ADMIN: Final = Who(roles=frozenset({Role.AUDITOR, Role.ADMIN}))
FIGURES: Final = Who(scraper=True, roles=frozenset({Role.AUDITOR, Role.ADMIN}))
NOBODY: Final = Who()


class Row(msgspec.Struct, frozen=True):
    """`method`: an HTTP method (GET covers HEAD), WEBSOCKET, or * for any HTTP method."""

    method: str
    path: str
    who: Who


TABLE: Final = (
    Row("GET", "/healthz", ANYBODY),
    Row("GET", "/readyz", ANYBODY),
    Row("GET", "/metrics", FIGURES),
    Row("GET", "/auth/login", ANYBODY),
    Row("POST", "/auth/login", ANYBODY),
    Row("GET", "/auth/ticket", ANYBODY),
    Row("POST", "/auth/ticket", ANYBODY),
    Row("POST", "/auth/logout", ANYBODY),  # an ended session must be able to leave, too
    Row("GET", "/auth/login.css", ANYBODY),
    Row("GET", "/auth/icon.svg", ANYBODY),
    Row("*", "/auth/{rest:path}", NOBODY),
    Row("GET", "/openapi.json", ANY_PERSON),
    Row("GET", "/docs", ANY_PERSON),
    Row("GET", "/docs/oauth2-redirect", ANY_PERSON),
    # Devices
    Row("POST", "/api/v1/ingest", DEVICE),
    Row(WEBSOCKET, "/ingest/ws", DEVICE),
    # People
    Row(WEBSOCKET, "/stream", WALL),
    Row("GET", "/api/v1/me", WALL),
    Row("GET", "/api/v1/sessions", ANY_PERSON),
    Row("POST", "/api/v1/sessions", CLINICIAN),
    Row("GET", "/api/v1/sessions/{session_id}", ANY_PERSON),
    Row("GET", "/api/v1/sessions/{session_id}/journal", ANY_PERSON),
    Row("GET", "/api/v1/sessions/{session_id}/alerts", ANY_PERSON),
    Row("GET", "/api/v1/sessions/{session_id}/summary", ANY_PERSON),
    Row("GET", "/api/v1/sessions/{session_id}/readings", ANY_PERSON),
    Row("GET", "/api/v1/sessions/{session_id}/effect-site", ANY_PERSON),
    Row("GET", "/api/v1/sessions/{session_id}/limits-in-force", ANY_PERSON),
    Row("POST", "/api/v1/sessions/{session_id}/bindings", CLINICIAN),
    Row("DELETE", "/api/v1/sessions/{session_id}/bindings/{device}", CLINICIAN),
    Row("POST", "/api/v1/sessions/{session_id}/phase", CLINICIAN),
    Row("POST", "/api/v1/sessions/{session_id}/doses", CLINICIAN),
    Row("POST", "/api/v1/sessions/{session_id}/alerts/{alert}/acknowledgement", CLINICIAN),
    Row("POST", "/api/v1/sessions/{session_id}/notes", CLINICIAN),
    Row("GET", "/api/v1/signs", ANY_PERSON),
    Row("GET", "/api/v1/protocols", WALL),
    Row("POST", "/api/v1/sessions/{session_id}/observations", CLINICIAN),
    Row("POST", "/api/v1/sessions/{session_id}/corrections", CLINICIAN),
    Row("POST", "/api/v1/sessions/{session_id}/patient-code", CLINICIAN),
    Row("POST", "/api/v1/sessions/{session_id}/drug", CLINICIAN),
    Row("POST", "/api/v1/sessions/{session_id}/drug/{waste}/witness", CLINICIAN),
    Row("GET", "/api/v1/sessions/{session_id}/sign-off", CLINICIAN),
    Row("POST", "/api/v1/sessions/{session_id}/sign-off", CLINICIAN),
    Row("GET", "/api/v1/sessions/{session_id}/gates", ANY_PERSON),
    Row("POST", "/api/v1/sessions/{session_id}/audio-pause", CLINICIAN),
    Row("DELETE", "/api/v1/sessions/{session_id}/audio-pause", CLINICIAN),
    Row("GET", "/api/v1/sessions/{session_id}/limits", ANY_PERSON),
    Row("POST", "/api/v1/sessions/{session_id}/limits", CLINICIAN),
    Row("POST", "/api/v1/sessions/{session_id}/limits/{proposal}/confirmation", CLINICIAN),
    Row("GET", "/api/v1/sessions/{session_id}/export", CLINICIAN_OR_AUDITOR),
    # Hashes alone: a witness needs no name
    Row("GET", "/api/v1/checkpoints/latest", ANYBODY),
    Row("GET", "/api/v1/checkpoints/consistency", ANYBODY),
    Row("GET", "/api/v1/checkpoints/inclusion", ANY_PERSON),
    Row("GET", "/api/v1/keys", ANYBODY),
    Row("GET", "/api/v1/verify.html", ANYBODY),
    Row("GET", "/api/v1/verify.py", ANYBODY),
    Row("POST", "/api/v1/audits", ANY_PERSON),
    Row("GET", "/api/v1/audits", ANY_PERSON),
    Row("POST", "/api/v1/exports", CLINICIAN_OR_AUDITOR),
    Row("GET", "/api/v1/exports", CLINICIAN_OR_AUDITOR),
    Row("GET", "/api/v1/exports/file", CLINICIAN_OR_AUDITOR),
    Row("GET", "/api/v1/sessions/{session_id}/accesses", AUDITOR_OR_ADMIN),
    Row("GET", "/api/v1/ward/trend", WALL),
    Row("GET", "/api/v1/ward/checks", WALL),
    Row("GET", "/api/v1/past-sessions", ANY_PERSON),
    Row("GET", "/api/v1/sessions/{session_id}/figures", ANY_PERSON),
    Row("GET", "/api/v1/alert-figures", ANY_PERSON),
    Row("GET", "/api/v1/backtest/limits", ANY_PERSON),
    Row("GET", "/api/v1/backtest", ANY_PERSON),
    Row("POST", "/api/v1/backtest", CLINICIAN_OR_AUDITOR),
    Row("DELETE", "/api/v1/backtest", CLINICIAN_OR_AUDITOR),
    Row("GET", "/api/v1/patients", ANY_PERSON),
    Row("GET", "/api/v1/patients/{code}", ANY_PERSON),
    Row("POST", "/api/v1/patients/{code}/outcomes", CLINICIAN),
    Row("GET", "/api/v1/devices", ANY_PERSON),
    Row("POST", "/api/v1/devices", CLINICIAN_OR_ADMIN),
    Row("DELETE", "/api/v1/devices/{device}", ADMIN),
    Row("GET", "/api/v1/aside", AUDITOR_OR_ADMIN),
    Row("GET", "/api/v1/access-log", AUDITOR_OR_ADMIN),
    Row("GET", "/api/v1/access-log/check", AUDITOR_OR_ADMIN),
    Row("GET", "/api/v1/people", AUDITOR_OR_ADMIN),
    Row("POST", "/api/v1/people", ADMIN),
    Row("POST", "/api/v1/people/{username}/tickets", ADMIN),
    Row("DELETE", "/api/v1/people/{username}", ADMIN),
    Row("PUT", "/api/v1/me/password", ANY_PERSON),
    Row("*", "/api/{rest:path}", NOBODY),
    # The dashboard. Its callbacks are one route for all roles: what a callback does, it must ask for by role itself.
    Row("GET", "/_dash-component-suites/{package_name}/{fingerprinted_path:path}", WALL),
    Row("GET", "/_dash-layout", WALL),
    Row("GET", "/_dash-dependencies", WALL),
    Row("POST", "/_dash-update-component", WALL),
    Row("GET", "/_reload-hash", ANY_PERSON),
    Row("GET", "/_favicon.ico", WALL),
    Row(WEBSOCKET, "/_dash-ws-callback", ANY_PERSON),
    Row("GET", "/assets/{path:path}", WALL),
    Row("GET", "/", WALL),
    Row("GET", "/{path:path}", ANY_PERSON),  # deep links: the dashboard answers its pages' paths, whatever else is there is a 404
)

_PARAMETER: Final = re.compile(r"\{[a-zA-Z_][a-zA-Z0-9_]*(:[a-zA-Z_]+)?\}")
_PATTERNS: Final = {"": "[^/\n]+", ":str": "[^/\n]+", ":path": "[^\n]*", ":int": "[0-9]+", ":uuid": "[0-9a-fA-F-]{36}"}


class Match(msgspec.Struct, frozen=True):
    """`row` None: no row, and `methods` are those that this path has rows for."""

    row: Row | None
    methods: frozenset[str] = frozenset()


class Policy:
    """Matches requests with rows. Paths without parameters are looked up, the others tried in table order."""

    def __init__(self, rows: Sequence[Row] = TABLE) -> None:
        self.rows = tuple(rows)
        self._plain: dict[str, list[Row]] = {}
        self._patterns: list[tuple[re.Pattern[str], Row]] = []
        for row in rows:
            if "{" in row.path:
                self._patterns.append((_pattern(row.path), row))
            else:
                self._plain.setdefault(row.path, []).append(row)

    def match(self, method: str, path: str) -> Match:
        """`path` is the decoded path of the ASGI scope, without the root path."""
        wanted = {"GET" if method == "HEAD" else method}
        if method != WEBSOCKET:
            wanted.add("*")
        others: set[str] = set()
        for row in self._candidates(path):
            if row.method in wanted:
                # A catch-all says nothing of a path that has rows of its own: there the method is wrong.
                return Match(None, frozenset(others - {WEBSOCKET})) if others and _is_wide(row) else Match(row)
            others.add(row.method)
        return Match(None, frozenset(others - {WEBSOCKET}))

    def _candidates(self, path: str) -> Iterator[Row]:
        yield from self._plain.get(path, ())
        for pattern, row in self._patterns:
            if pattern.fullmatch(path):
                yield row


def routes_without_row(app: FastAPI, rows: Iterable[Row] = TABLE) -> list[str]:
    """Every route of the application that no row names, as 'METHOD /template'. Included routers and mounts are walked too."""
    named = {(row.method, template(row.path)) for row in rows}
    return sorted(f"{method} {path}" for method, path in _routes(app) if (method, template(path)) not in named)


def rows_without_route(app: FastAPI, rows: Iterable[Row] = TABLE) -> list[str]:
    """Every row that names no route: a leftover, or a name that was mistyped. Rows for nobody need none."""
    named = {(method, template(path)) for method, path in _routes(app)}
    return sorted(f"{row.method} {row.path}" for row in rows if row.who != NOBODY and (row.method, template(row.path)) not in named)


def template(path: str) -> str:
    """Parameter names do not matter: '/sessions/{id}' and '/sessions/{session_id}' are one template."""
    return _PARAMETER.sub(lambda match: "{" + (match[1] or "") + "}", "/" + path.removeprefix("/"))


def _routes(app: FastAPI) -> Iterator[tuple[str, str]]:
    low_priority = getattr(app.router, "_low_priority_routes", [])
    for route in iter_route_contexts([*app.routes, *low_priority]):
        path = route.path
        if path is None:
            yield "?", f"/a {type(route.original_route).__name__} without a path"
        elif isinstance(route.original_route, Mount):
            yield "GET", f"{path}/{{path:path}}"
        elif isinstance(route.original_route, WebSocketRoute):
            yield WEBSOCKET, path
        else:
            methods = set(route.methods or {"*"})
            for method in methods - {"HEAD"} if "GET" in methods else methods:
                yield method, path


def _pattern(path: str) -> re.Pattern[str]:
    parts: list[str] = []
    end = 0
    for match in _PARAMETER.finditer(path):
        parts += [re.escape(path[end : match.start()]), _PATTERNS[match[1] or ""]]
        end = match.end()
    return re.compile("".join([*parts, re.escape(path[end:])]))


def _is_wide(row: Row) -> bool:
    return row.path.endswith(":path}")
