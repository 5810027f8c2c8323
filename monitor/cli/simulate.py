"""`infusion-monitor simulate`: simulated patients against a monitor that runs somewhere."""

import asyncio
import secrets
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

import httpx2
import typer

from monitor.cli.serve import event_loop
from monitor.cli.simulate_offline import list_scenarios
from monitor.cli.simulate_offline import record as write_record
from monitor.cli.simulate_shown import load as run_the_load
from monitor.cli.simulate_shown import shown
from monitor.cli.speak import speak
from simulators.devices.speeches import VIRTUAL
from simulators.load import MAX_EVERY_S, MAX_LOAD
from simulators.outbox import Counts
from simulators.rest import HttpFactory, MonitorRefused, origin_of, signed_in
from simulators.run import DEMO_SCENARIOS, MAX_BEDS, MAX_SPEED, BedResult, BedStarted, SimulationFailed, run_beds, run_device
from simulators.scenario import Scenario, ScenarioError, load_scenario
from simulators.seeds import seeded
from simulators.view import Seat
from simulators.watcher import Watcher

DEFAULT_URL: Final = "http://127.0.0.1:8050"
UrlOption = Annotated[str | None, typer.Option(help=f"Address of the monitor. Default: that of the login link, else {DEFAULT_URL}.")]
LoginOption = Annotated[
    str | None,
    typer.Option(help="One-time login link as the monitor printed it: devices are registered and sessions are run with it."),
]
DeviceOption = Annotated[str | None, typer.Option(help="A device that is registered and bound already, in place of a login link.")]
BedDeviceOption = Annotated[
    str | None,
    typer.Option(help="A registered and bound device, in place of a login link; without a token, a name of speak --list."),
]
WireOption = Annotated[str, typer.Option("--on", help="With a name of speak --list: the wire it speaks on.")]
TokenOption = Annotated[str | None, typer.Option(envvar="INFUSION_DEVICE_TOKEN", show_envvar=True, help="The device's token.")]
TokenFileOption = Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="File with the device's token.")]
ListOption = Annotated[bool, typer.Option("--list", help="Say which scenarios there are, and stop.")]
SpeedOption = Annotated[float, typer.Option(min=0.01, max=MAX_SPEED, help="Minutes of the patient in one minute of the monitor's clock.")]


def simulate(
    url: UrlOption = None,
    login_url: LoginOption = None,
    device: BedDeviceOption = None,
    on: WireOption = "",
    token: TokenOption = None,
    token_file: TokenFileOption = None,
    beds: Annotated[int, typer.Option(min=1, max=MAX_BEDS, help="Simulated beds; with --device always one.")] = 1,
    scenario: Annotated[
        list[str] | None, typer.Option(help="Scenario by name; several are dealt out to the beds in turn. Default: a mix of four.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the first bed; the others count on. The same seed gives the same patient.")] = 1,
    speed: SpeedOption = 1.0,
    stagger_min: Annotated[float, typer.Option(min=0, max=600, help="Minutes by which each bed begins later than the one before.")] = 0.0,
    acknowledge: Annotated[bool, typer.Option("--acknowledge", help="Answer raised alerts after 45 s, for an unattended run.")] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Be a clinician's screen too: seen and heard, every alert gets its receipt.")
    ] = False,
    forever: Annotated[bool, typer.Option("--forever", help="When a session has ended, the room takes its next patient.")] = False,
    view: Annotated[bool, typer.Option("--view", help="Show on the terminal what every bed sends.")] = False,
    load: Annotated[
        int | None, typer.Option(min=1, max=MAX_LOAD, help="Load: so many beds from this process, without clinicians; one line a second.")
    ] = None,
    load_min: Annotated[float, typer.Option(min=0.05, max=600, help="Minutes for which the beds of a load send.")] = 5.0,
    load_every: Annotated[float, typer.Option(min=0.05, max=MAX_EVERY_S, help="Seconds between two frames of a bed of a load.")] = 1.0,
    record: Annotated[
        Path | None, typer.Option(help="Write the scenario's whole course to a file, without a monitor: .jsonl frames, .csv for replay.")
    ] = None,
    list_: ListOption = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --list: all that a scenario says of itself, as JSON.")] = False,
) -> None:
    """Run simulated beds: patient, bedside monitor and clinician. Everything they send is marked as simulated.

    With a speed other than 1 the stamps stay the monitor's time: onset times and the dose on record no longer fit the patient.
    Ends with 0 when all sessions have ended, 1 when the monitor refused something, 2 for wrong usage.
    """
    if list_:
        list_scenarios(as_json=as_json)
        return
    try:
        plays = [load_scenario(name) for name in scenario or DEMO_SCENARIOS]
    except ScenarioError as error:
        raise typer.BadParameter(str(error), param_hint="--scenario") from error
    if record is not None:
        write_record(record, plays[0], seed)
        return
    if device is not None and token is None and token_file is None:
        _speak_as(device, on, plays[0].name if scenario else "uneventful", seed)
        return
    token = read_token(login_url, device, token, token_file)
    if load is not None:
        _finish(run_the_load(url, login_url or "", load, load_min, load_every, plays[0], seed, complain))
    elif device is not None and token is not None:
        _finish(_one_device(url or DEFAULT_URL, device, token, plays[0], seed, speed))
    else:
        screens = Screens(is_watching=watch, is_shown=view)
        _finish(
            _ward(url, login_url or "", beds, plays, seed, speed, stagger_min, screens, is_acknowledging=acknowledge, is_endless=forever)
        )


def _speak_as(device: str, on: str, scenario: str, seed: int) -> None:
    if device not in VIRTUAL:
        enrolled = "one that is enrolled needs --token, --token-file or INFUSION_DEVICE_TOKEN"
        raise typer.BadParameter(f"{device!r} is no virtual device ({', '.join(VIRTUAL)}), and {enrolled}", param_hint="--device")
    speak(device, on, scenario=scenario, seed=seed)


def _finish(running: Coroutine[Any, Any, object]) -> None:
    """Exit code 1 where the monitor refused something or cannot be reached, 2 for what cannot be asked for."""
    try:
        with asyncio.Runner(loop_factory=event_loop) as runner:
            runner.run(running)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    except (SimulationFailed, MonitorRefused, httpx2.TransportError) as error:
        typer.echo(f"simulate: {error}", err=True)
        raise typer.Exit(1) from error


class Screens(NamedTuple):
    """Who looks on: a clinician's screen, and whoever sits at the terminal."""

    is_watching: bool
    is_shown: bool


async def _one_device(url: str, device: str, token: str, scenario: Scenario, seed: int, speed: float) -> None:
    boot = f"b{secrets.token_hex(6)}"
    counts = await run_device(url=url, device=device, token=token, boot=boot, scenario=scenario, seed=seed, speed=speed, say=complain)
    typer.echo(f"{device}: {describe(counts)}")


async def _ward(
    url: str | None,
    login_url: str,
    beds: int,
    plays: list[Scenario],
    seed: int,
    speed: float,
    stagger_min: float,
    screens: Screens,
    *,
    is_acknowledging: bool,
    is_endless: bool,
) -> None:
    url = url or origin_of(login_url)
    http = await signed_in(url, login_url)
    seats: dict[str, Seat] = {}

    def seat_of(seat: Seat) -> None:
        seats[seat.room] = seat

    running = run_beds(
        url=url,
        http=http,
        beds=beds,
        scenarios=plays,
        seed=seed,
        speed=speed,
        stagger_min=stagger_min,
        acknowledge=is_acknowledging,
        exit_when_done=not is_endless,
        on_session=_announce,
        on_seat=seat_of,
        say=complain,
    )
    if screens.is_shown:
        running = shown(running, seats)
    results = await (_watched(url, http, seed, running) if screens.is_watching else running)
    for result in results:
        typer.echo(f"{result.session} ({result.scenario}, seed {result.seed}) {result.phase}: {describe(result.counts)}")


async def _watched(url: str, http: HttpFactory, seed: int, running: Coroutine[Any, Any, list[BedResult]]) -> list[BedResult]:
    """With a screen beside the beds. A screen that is not let in ends them."""
    async with http() as signed:
        watcher = Watcher(url, signed.cookies, rng=seeded(seed, "screen"), say=complain)
    beds = asyncio.ensure_future(running)
    screen = asyncio.ensure_future(watcher.run())
    try:
        await asyncio.wait({beds, screen}, return_when=asyncio.FIRST_COMPLETED)
        if screen.done():
            screen.result()
        return beds.result()
    finally:
        beds.cancel()
        screen.cancel()
        await asyncio.gather(beds, screen, return_exceptions=True)


def _announce(bed: BedStarted) -> None:
    typer.echo(f"{bed.room}: session {bed.session}, device {bed.device}, {bed.scenario}, seed {bed.seed}")


def read_token(login_url: str | None, device: str | None, token: str | None, token_file: Path | None) -> str | None:
    """The device's token, or None with a login link. Anything but exactly one way in is wrong usage."""
    if (login_url is None) == (device is None):
        raise typer.BadParameter("give either --login-url, or --device with its token", param_hint="--login-url / --device")
    if device is None:
        return None
    if token_file is not None:
        token = token_file.read_text(encoding="utf-8").strip()
    if not token:
        raise typer.BadParameter("--device needs --token, --token-file or INFUSION_DEVICE_TOKEN", param_hint="--token")
    return token


def describe(counts: Counts) -> str:
    """What became of a device's frames, in one line."""
    refused = "".join(f", {number} refused ({reason})" for reason, number in sorted(counts.refused.items()))
    dropped = f", {counts.dropped} DROPPED because the outbox was full" if counts.dropped else ""
    return f"{counts.acked} of {counts.put} frames on record{refused}{dropped}"


def complain(line: str) -> None:
    typer.echo(line, err=True)
