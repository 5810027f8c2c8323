"""`infusion-monitor serve`: the monitor with its dashboard, on one port."""

import asyncio
import gc
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from msgspec.structs import replace as msgspec_replace

from monitor.access.roles import Role
from monitor.core.limits import LimitsError
from monitor.export.signing import KeyFileError
from monitor.settings import Settings, SettingsError, read_settings
from monitor.store.ports import StoreFailed

WS_MAX_BYTES = 1_048_576
SELDOM = (20_000, 10, 500)  # for the collector: in 20,000, 200,000 and 100,000,000 containers made and not yet given back
CANNOT_START = (SettingsError, LimitsError, StoreFailed, KeyFileError, OSError)


def serve(
    data_dir: Annotated[Path | None, typer.Option(help="Folder of the database and the signing key [INFUSION_DATA_DIR].")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on [INFUSION_HOST].")] = None,
    port: Annotated[int | None, typer.Option(help="Port, 0 for any free one [INFUSION_PORT].")] = None,
    limits: Annotated[Path | None, typer.Option(help="Rule set [INFUSION_LIMITS].")] = None,
) -> None:
    """Run the monitor until it is told to stop.

    Exit code 0 after an orderly stop, 1 if it cannot start (it says why), 2 for wrong usage.
    """
    try:
        settings = read_settings(os.environ, data_dir=data_dir, host=host, port=port, limits=limits)
        run(settings)
    except CANNOT_START as error:
        typer.echo(f"cannot start: {error}", err=True)
        raise typer.Exit(1) from error


def run(settings: Settings) -> None:
    """Serve on the system's own clock."""
    from monitor.app import Installation

    listener, settings = listen(settings)
    installation = Installation(settings)

    async def announce() -> None:
        typer.echo(f"Infusion Monitor on {settings.public_url} (data in {settings.data_dir})")
        if settings.admin_ticket and not await installation.access.people.all():
            typer.echo(f"First administrator: {await installation.login_link('admin', 'Administrator', Role.ADMIN)}")
        typer.echo("Secondary display: the bedside monitor stays the primary alarm.")

    with asyncio.Runner(loop_factory=event_loop) as runner:
        tune()
        runner.run(serve_until_stopped(installation.api, listener, announce))


def tune() -> None:
    """For one busy thread beside the writer's: the writer gets its turn soon after it asks, and what lives for ever is not looked
    through by each collection.

    Nor is what lives for a session: a look through all of a thousand sessions takes 0.4 s in which no value and no alert gets through, and
    by Python's own thresholds there was one every five seconds. Nearly all that is thrown away here is in no cycle, and is freed without.
    """
    sys.setswitchinterval(0.0005)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*SELDOM)


def listen(settings: Settings) -> tuple[socket.socket, Settings]:
    """The listening socket, and the settings with the port that it really got."""
    listener = socket.create_server((settings.host, settings.port), backlog=4096)
    port = listener.getsockname()[1]
    url = settings.public_url
    if settings.port == 0 and url.endswith(":0"):
        url = f"{url[:-2]}:{port}"
    return listener, msgspec_replace(settings, port=port, public_url=url)


class Server(uvicorn.Server):
    """Stops in order at SIGINT and SIGTERM, and then ends with 0: uvicorn's own way raises the signal again after it has stopped."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)


async def serve_until_stopped(
    api: object, listener: socket.socket, started: Callable[[], Awaitable[None]], until: asyncio.Event | None = None
) -> None:
    """Serve until a signal, or until the event is set. `started` is called once requests are answered."""
    config = uvicorn.Config(
        api,  # type: ignore[arg-type]  # an ASGI application
        log_level="warning",
        ws_max_size=WS_MAX_BYTES,
        ws_per_message_deflate=False,
        ws_ping_interval=20,
        ws_ping_timeout=20,
        timeout_graceful_shutdown=5,
        server_header=False,
    )
    server = Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn has a flag here, no event
        await asyncio.sleep(0.02)
    if server.started:
        await started()
    if until is not None:
        stopping = asyncio.create_task(until.wait())
        await asyncio.wait({stopping, serving}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        server.should_exit = True
    await serving


def event_loop() -> asyncio.AbstractEventLoop:
    import uvloop

    return uvloop.new_event_loop()
