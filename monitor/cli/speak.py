"""`infusion-monitor speak`: a virtual bedside device, for an adapter to listen to."""

import asyncio
from contextlib import suppress
from typing import Annotated, Final

import typer

from monitor.clock import SystemClock
from simulators.bed import Bed
from simulators.devices.speaking import SPEECHES
from simulators.devices.speaking import speak as speaking
from simulators.devices.wires import PtyWire, TcpWire
from simulators.scenario import Scenario, ScenarioError, load_scenario

SPOKEN: Final = ", ".join(SPEECHES)


def speak(
    name: Annotated[str, typer.Argument(help=f"What it is: {SPOKEN}.")],
    on: Annotated[str, typer.Option(help="pty (a serial port, its path is printed), or tcp:PORT on this machine.")] = "pty",
    scenario: Annotated[str, typer.Option(help="The patient it hangs on, by name.")] = "uneventful",
    seed: Annotated[int, typer.Option(help="Same seed, same patient.")] = 1,
) -> None:
    """Be a virtual bedside device that speaks its real protocol, on a simulated patient. It knows no monitor: an adapter reads it.

    Ends with 0 when the scenario has ended, 2 for wrong usage.
    """
    if name not in SPEECHES:
        raise typer.BadParameter(f"there is no virtual {name!r}; there are: {SPOKEN}", param_hint="NAME")
    try:
        play = load_scenario(scenario)
    except ScenarioError as error:
        raise typer.BadParameter(str(error), param_hint="--scenario") from error
    with suppress(KeyboardInterrupt):
        asyncio.run(_speak(name, on, play, seed))


async def _speak(name: str, on: str, scenario: Scenario, seed: int) -> None:
    clock = SystemClock()
    bed = Bed(scenario, seed, clock.now_ms())
    kind, _, port = on.partition(":")
    if on == "pty":
        wire = PtyWire()
        typer.echo(f"{name} speaks on serial:{wire.path}")
        await speaking(SPEECHES[name], bed, wire, clock)
    elif kind == "tcp" and port.isdecimal() and int(port) < 65_536:
        async with TcpWire(int(port)) as tcp:
            typer.echo(f"{name} speaks on tcp:127.0.0.1:{tcp.port}")
            await speaking(SPEECHES[name], bed, tcp, clock)
    else:
        raise typer.BadParameter("write pty or tcp:PORT", param_hint="--on")
