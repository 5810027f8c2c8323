"""What `infusion-monitor simulate` does without a monitor: says which scenarios there are, and writes one to a file."""

import json
from pathlib import Path

import typer

from simulators.record import write_course
from simulators.scenario import Scenario, load_scenario, scenario_names


def list_scenarios(*, as_json: bool) -> None:
    """A line for each, or all as JSON: name, title, description, treatment, length, what is expected and by when."""
    plays = [load_scenario(name) for name in scenario_names()]
    if as_json:
        typer.echo(json.dumps([described(play) for play in plays], indent=2))
        return
    width = max(len(play.name) for play in plays)
    for play in plays:
        typer.echo(f"{play.name:{width}}  {play.title}")


def described(play: Scenario) -> dict[str, object]:
    return {
        "name": play.name,
        "title": play.title,
        "description": play.description,
        "treatment": play.order.treatment,
        "minutes": play.timeline.length_min,
        "kinds": sorted({str(thing.__struct_config__.tag) for thing in (*play.event, *play.act)}),
        "expects": [{"rule": expected.rule, "by_min": expected.by_min} for expected in play.expects],
        "never": list(play.never),
        "nothing_else": play.nothing_else,
    }


def record(path: Path, play: Scenario, seed: int) -> None:
    """Exit code 1 where the file cannot be written, 2 for an ending that is not known."""
    try:
        number = write_course(path, play, seed)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--record") from error
    except OSError as error:
        typer.echo(f"simulate: {path} cannot be written: {error}", err=True)
        raise typer.Exit(1) from error
    typer.echo(f"{path}: {number} frames of {play.name}, seed {seed}")
