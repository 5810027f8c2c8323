"""The dashboard on the monitor's own FastAPI application.

Live data does not go through Dash: the components of components/live.py read `/stream` themselves. Dash serves the shell and chooses
the page. Every callback is `async def`: a plain one would stop the monitor's event loop while it runs.
"""

from typing import Final

from dash import Dash, Input, Output
from dash.development.base_component import Component
from fastapi import FastAPI
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard import review
from dashboard.door import Door, Remembering
from dashboard.joined import STYLES, joined
from dashboard.pages import is_page, page_at
from dashboard.served import ASSETS, version
from dashboard.shell import index_string, layout
from dashboard.words import WORDS

_FOR_GOOD: Final = b"private, max-age=31536000, immutable"


def create_dashboard(server: FastAPI) -> Dash:
    """Mount the dashboard at `/` of `server`: pages `/`, `/session/<id>` and others, `/assets/<version>`, Dash's own routes `/_dash-*`.

    Call it once per process, before a guard that must be the outermost middleware is added. Unknown paths stay 404 and wrong methods 405.
    """
    assets = f"assets/{version()}"
    server.mount(f"/{assets}", _Kept(directory=ASSETS), name="dashboard-assets")  # before Dash's own mount of the same path
    app = Dash(
        "dashboard",
        server=server,  # type: ignore[arg-type]  # Dash takes a FastAPI application; its annotation is older
        assets_folder=str(ASSETS),
        assets_url_path=assets,
        assets_path_ignore=["^live$", "^css$"],  # ES modules, loaded by boot.js; styles, named in the head
        assets_ignore=r"^(theme|boot)\.js$",  # loaded in the head: before the first paint, before Dash
        index_string=index_string(f"/{assets}"),
        title=WORDS["title"],
        update_title=None,  # type: ignore[arg-type]  # Dash's documented value; its annotation forgets it
        serve_locally=True,
        include_pages_meta=False,
        suppress_callback_exceptions=True,  # a page's callbacks are known before the page is open
        enable_mcp=False,
        websocket_callbacks=False,
        websocket_inactivity_timeout=0,
        websocket_batch_delay=0,
    )
    app.backend.websocket_capability = False  # else Dash opens a socket of its own on every page, for callbacks that we do not have
    app.layout = layout
    # Dash would answer every unknown GET, also /api/typo, with 200 and its index.
    app.backend._setup_catchall = _no_catch_all  # type: ignore[attr-defined]  # noqa: SLF001
    server.add_middleware(_PagePaths)
    server.add_middleware(Remembering)
    door = Door(server)

    @app.callback(Output("main", "children"), Input("url", "pathname"), Input("url", "search"))
    async def show_page(path: str | None, search: str | None) -> Component:
        made = await review.page_at(door, path or "", search or "")
        return page_at(path) if made is None else made

    review.register(app, door)

    return app


def content_security_policy(app: Dash) -> str:
    """The policy for every response of the dashboard: scripts from here, Dash's one inline script by its hash, nothing from elsewhere."""
    hashes = " ".join(app.csp_hashes())
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' {hashes}",
            "style-src 'self' 'unsafe-inline'",  # Dash's own bundles put style elements into the page
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            "worker-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )


def _no_catch_all() -> None:
    """Stands in for Dash's catch-all route."""


class _PagePaths:
    """Deep links: a GET of a page's path is answered by Dash's index, which lives at `/` alone. The browser keeps its address.

    A person's browser that asks for what is not there gets the index too, with the 404 that a program gets: it says that there is no such
    page, under the same bar of alerts as every page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] in {"GET", "HEAD"}:
            index = {**scope, "path": "/", "raw_path": b"/"}
            if is_page(scope["path"]):
                scope = index
            elif _is_a_person(scope):
                await self._found_or(index, scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _found_or(self, index: Scope, scope: Scope, receive: Receive, send: Send) -> None:
        is_missing = False

        async def send_found(message: Message) -> None:
            nonlocal is_missing
            is_missing = is_missing or (message["type"] == "http.response.start" and message["status"] == 404)
            if not is_missing:
                await send(message)

        async def send_missing(message: Message) -> None:
            await send({**message, "status": 404} if message["type"] == "http.response.start" else message)

        await self._app(scope, receive, send_found)
        if is_missing:
            await self._app(index, receive, send_missing)


def _is_a_person(scope: Scope) -> bool:
    """Whether a browser would show the answer as a page."""
    accepts = b",".join(value for name, value in scope["headers"] if name == b"accept")
    return b"text/html" in accepts and not scope["path"].startswith(("/api/", "/_"))


class _Kept(StaticFiles):
    """What is there never changes. What is not there may be tomorrow."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        content = joined(ASSETS).get(path)
        if content is None:
            return await super().get_response(path, scope)
        return Response(content, media_type="text/css" if path == STYLES else "text/javascript")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_kept(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in {200, 304}:
                message["headers"] = [*message["headers"], (b"cache-control", _FOR_GOOD)]
            await send(message)

        await super().__call__(scope, receive, send_kept)
