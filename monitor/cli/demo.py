"""`infusion-monitor demo`: the monitor, four simulated rooms and the dashboard in one process, on embedded defaults."""

import asyncio
import os
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.serve import CANNOT_START, event_loop, tune
from monitor.settings import read_settings

SPEED_HELP = "Simulated seconds in a real one, 1-600. Above 1 the whole installation, its alert times included, runs faster."


def demo(
    port: Annotated[int, typer.Option(help="Port, 0 for any free one.", min=0, max=65535)] = 8050,
    data_dir: Annotated[Path | None, typer.Option(help="Folder to keep; by default a new temporary one.")] = None,
    beds: Annotated[int, typer.Option(help="Simulated rooms.", min=0, max=64)] = 4,
    speed: Annotated[float, typer.Option(help=SPEED_HELP, min=1, max=600)] = 1.0,
    seed: Annotated[int, typer.Option(help="Same seed, same patients.")] = 1,
    replay: Annotated[
        Path | None, typer.Option(help="A recording (WFDB .hea, CSV, exported .jsonl) that plays in a room of its own.")
    ] = None,
    exit_when_done: Annotated[
        bool, typer.Option("--exit-when-done", help="Run all sessions to their end, print their ids, one a line, and exit.")
    ] = False,
) -> None:
    """Show the main job on simulated patients. Everything on screen is marked SIMULATED or REPLAYED.

    At speed 1 the rooms first live through forty minutes, in some seconds, so that there is something to see, and in a new folder a few
    sessions of earlier weeks stand on record, simulated like the rest. Exit code 0 after an
    orderly end, 1 if it cannot run (it says why), 2 for wrong usage.
    """
    if not beds and replay is None:
        raise typer.BadParameter("no bed and no recording: there is nothing to show", param_hint="--beds")
    from monitor.cli.demo_rooms import CANNOT_RUN, Plan, run
    from simulators.recordings.opening import open_recording

    folder = data_dir or Path(tempfile.mkdtemp(prefix="infusion-demo-"))
    try:
        recording = None if replay is None else open_recording(replay)
        settings = read_settings(os.environ, data_dir=folder, port=port)
        plan = Plan(beds=beds, speed=speed, seed=seed, recording=recording, exit_when_done=exit_when_done)
        tune()
        with asyncio.Runner(loop_factory=event_loop) as runner:
            sessions = runner.run(run(settings, plan))
    except (*CANNOT_START, *CANNOT_RUN) as error:
        typer.echo(f"demo: {error}", err=True)
        raise typer.Exit(1) from error
    except KeyboardInterrupt:
        return
    for session in sessions:
        typer.echo(session)
