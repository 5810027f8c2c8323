"""`infusion-monitor replay`: a recorded patient against a monitor that runs somewhere."""

import asyncio
import secrets
from pathlib import Path
from typing import Annotated

import httpx2
import typer

from monitor.cli.check import judge_again
from monitor.cli.simulate import (
    DEFAULT_URL,
    DeviceOption,
    LoginOption,
    SpeedOption,
    TokenFileOption,
    TokenOption,
    UrlOption,
    complain,
    describe,
    read_token,
)
from schemas.vitals import VITAL_SIGNS
from simulators.recordings.opening import open_recording
from simulators.recordings.recording import Description, Recording, RecordingError
from simulators.rest import MonitorRefused, origin_of, signed_in
from simulators.run import SimulationFailed
from simulators.run_replay import ReplayStarted, run_replay, run_replay_device

_MINUTE_MS = 60_000


def replay(
    file: Annotated[Path, typer.Argument(help="A WFDB record (.hea, or its folder), .vital, EDF, a session export (.jsonl) or CSV.")],
    url: UrlOption = None,
    login_url: LoginOption = None,
    device: DeviceOption = None,
    token: TokenOption = None,
    token_file: TokenFileOption = None,
    room: Annotated[str, typer.Option(help="Room of the session that is created with a login link.")] = "Replay",
    speed: SpeedOption = 1.0,
    from_min: Annotated[
        float | None, typer.Option("--from", min=0, help="Minute of the recording to begin at. Default: where HR and SpO2 settle.")
    ] = None,
    describe_only: Annotated[bool, typer.Option("--describe", help="Say what is in the file, and stop.")] = False,
    check_only: Annotated[
        bool, typer.Option("--check", help="Judge an exported log again and compare with what was raised then, as `check FILE` does.")
    ] = False,
) -> None:
    """Play a recording as a device. Everything it sends is marked as replayed, and a value that was not measured stays without one.

    Ends with 0 at the end of the recording, 1 when the file cannot be replayed or the monitor refused something, 2 for wrong usage.
    With --check nothing is played, and a bundle is taken too: 0 where the log gives back its alerts, 1 where it does not.
    """
    if check_only:
        if any(given is not None for given in (url, login_url, device, token, token_file, from_min)) or describe_only:
            raise typer.BadParameter("it plays nothing: leave the other options out", param_hint="--check")
        raise typer.Exit(0 if judge_again(file) else 1)
    try:
        recording = open_recording(file)
    except RecordingError as error:
        typer.echo(f"replay: {error}", err=True)
        raise typer.Exit(1) from error
    _say_what_it_is(recording.description)
    if describe_only:
        return
    if from_min is not None and from_min * _MINUTE_MS > recording.description.length_ms:
        raise typer.BadParameter(f"the recording is {recording.description.length_ms / _MINUTE_MS:g} min long", param_hint="--from")
    start_ms = None if from_min is None else round(from_min * _MINUTE_MS)
    token = read_token(login_url, device, token, token_file)
    try:
        if device is not None and token is not None:
            asyncio.run(_through_device(url or DEFAULT_URL, device, token, recording, start_ms, speed))
        else:
            asyncio.run(_in_own_session(url, login_url or "", recording, room, start_ms, speed))
    except (SimulationFailed, MonitorRefused, httpx2.TransportError) as error:
        typer.echo(f"replay: {error}", err=True)
        raise typer.Exit(1) from error


async def _through_device(url: str, device: str, token: str, recording: Recording, start_ms: int | None, speed: float) -> None:
    counts = await run_replay_device(
        url=url,
        device=device,
        token=token,
        boot=f"b{secrets.token_hex(6)}",
        recording=recording,
        start_ms=start_ms,
        speed=speed,
        on_start=_announce,
        say=complain,
    )
    typer.echo(f"{device}: {describe(counts)}")


async def _in_own_session(url: str | None, login_url: str, recording: Recording, room: str, start_ms: int | None, speed: float) -> None:
    url = url or origin_of(login_url)
    counts = await run_replay(
        url=url,
        http=await signed_in(url, login_url),
        recording=recording,
        room=room,
        start_ms=start_ms,
        speed=speed,
        on_start=_announce,
        say=complain,
    )
    typer.echo(describe(counts))


def _announce(started: ReplayStarted) -> None:
    typer.echo(f"session {started.session or '(none: the device is bound to none)'}, device {started.device}")


def _say_what_it_is(description: Description) -> None:
    typer.echo(description.source)
    renewed = ", ".join(f"{VITAL_SIGNS[vital].label} every {seconds:g} s" for vital, seconds in description.intervals_s.items())
    length, complete = description.length_ms / _MINUTE_MS, description.default_start_ms / _MINUTE_MS
    typer.echo(f"{length:g} min, complete from minute {complete:g}; {renewed}")
    for line in description.unmapped:
        typer.echo(f"not replayed: {line}")
