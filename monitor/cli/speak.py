"""`infusion-monitor speak`: a virtual bedside device, for an adapter to listen to."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Final

import typer

from monitor.clock import SystemClock
from simulators.bed import Bed
from simulators.devices.speaking import FORMS, NoWire, wire_of
from simulators.devices.speaking import speak as speaking
from simulators.devices.speeches import VIRTUAL
from simulators.scenario import Scenario, ScenarioError, load_scenario

SPOKEN: Final = ", ".join(VIRTUAL)


def speak(
    name: Annotated[str | None, typer.Argument(help=f"What it is: {SPOKEN}.")] = None,
    on: Annotated[
        str, typer.Option(help=f"The wire: {', '.join(FORMS.values())}; --list says which for which device. Default: its usual one.")
    ] = "",
    named: Annotated[
        str, typer.Option("--as", help="Its own name: the device at a broker, the code of a recorder, what Bluetooth advertises.")
    ] = "virtual-1",
    token_file: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="With fhir: a bearer token.")] = None,
    scenario: Annotated[str, typer.Option(help="The patient it hangs on, by name.")] = "uneventful",
    seed: Annotated[int, typer.Option(help="Same seed, same patient.")] = 1,
    list_: Annotated[bool, typer.Option("--list", help="Say which devices there are and on what they speak, and stop.")] = False,
) -> None:
    """Be a virtual bedside device that speaks its real protocol, on a simulated patient. It knows no monitor: an adapter reads it.

    Those whose name begins with ble need BlueZ and a radio, and the adapter a radio of its own.

    Ends with 0 when the scenario has ended, 2 for wrong usage.
    """
    if list_:
        for known, virtual in VIRTUAL.items():
            typer.echo(f"{known:15} {' or '.join(FORMS[wire] for wire in virtual.wires):20} {virtual.title}")
        return
    if name is None or name not in VIRTUAL:
        raise typer.BadParameter(f"there is no virtual {name!r}; there are: {SPOKEN}", param_hint="NAME")
    try:
        play = load_scenario(scenario)
    except ScenarioError as error:
        raise typer.BadParameter(str(error), param_hint="--scenario") from error
    token = "" if token_file is None else token_file.read_text(encoding="ascii").strip()
    try:
        with suppress(KeyboardInterrupt):
            asyncio.run(_speak(name, on, named, token, play, seed))
    except NoWire as error:
        raise typer.BadParameter(str(error), param_hint="--on") from error


async def _speak(name: str, on: str, named: str, token: str, scenario: Scenario, seed: int) -> None:
    clock = SystemClock()
    speech = VIRTUAL[name].make(named)
    async with wire_of(name, on, named, token, clock, typer.echo, speech) as wire:
        await speaking(speech, Bed(scenario, seed, clock.now_ms()), wire, clock)
