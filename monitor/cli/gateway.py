"""`infusion-monitor gateway`: the adapters beside the patient, and what they say to the monitor."""

import asyncio
import secrets
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Annotated

import typer

from monitor.adapters.base import AdapterError
from monitor.clock import SystemClock
from monitor.gateway.config import ConfigError, DeviceConfig, GatewayConfig, read_config
from monitor.gateway.dialling import websocket
from monitor.gateway.run import Gateway
from monitor.gateway.spooling import Spooling
from monitor.gateway.uplink import Dial
from monitor.store.ports import StoreFailed
from simulators.backoff import backoff_s
from simulators.device_client import ingest_url


def gateway(
    config: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="The gateway's configuration, a TOML file.")],
) -> None:
    """Read bedside devices through their adapters and send what they measure to the monitor, through a spool on this machine's disk.

    Runs until it is told to stop. Exit code 0 after that, 1 if it cannot start or the spool's disk fails (it says why), 2 for wrong usage.
    """
    try:
        found = read_config(config)
        for device in found.devices:
            device.token()
        spooling = Spooling(found.spool_folder, found.spool_bound)
        try:
            asyncio.run(_run(found, spooling))
        finally:
            spooling.close()
    except (ConfigError, AdapterError, OSError, StoreFailed) as error:
        typer.echo(f"gateway: {error}", err=True)
        raise typer.Exit(1) from error


async def _run(config: GatewayConfig, spooling: Spooling) -> None:
    rng = Random(secrets.randbits(64))  # noqa: S311 - it spreads attempts to connect

    def waits() -> Iterator[float]:
        return backoff_s(rng)

    def dial(device: DeviceConfig) -> Dial:
        return websocket(ingest_url(config.monitor), device.token)

    made = Gateway(config, spooling, SystemClock(), waits=waits, dial=dial, boot=f"g{secrets.token_hex(6)}", tell=typer.echo)
    running = asyncio.ensure_future(made.run())
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, running.cancel)
    typer.echo(
        f"Gateway of {len(made.adapters)} adapters and {len(made.uplinks)} devices to {config.monitor}, spool in {config.spool_folder}"
    )
    try:
        with suppress(asyncio.CancelledError):
            await running
    except* StoreFailed as failed:
        raise StoreFailed("io", f"the spool is broken: {failed.exceptions[0]}") from failed
    typer.echo("Stopped; what waits is kept and sent after the next start.")
