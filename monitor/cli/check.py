"""`infusion-monitor check`: can this installation be armed, and do logs give back their alerts?"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from monitor.backtest.log_file import LogBroken, entries
from monitor.core.limits import LimitsError, encode_limits, parse_limits
from monitor.core.replay import Difference, Replay
from monitor.settings import SettingsError, read_settings
from schemas.log import canonical


def check(
    log: Annotated[
        list[Path] | None,
        typer.Argument(help="Exported logs (.jsonl, .zip) to judge again. Without one the installation is checked."),
    ] = None,
    limits: Annotated[Path | None, typer.Option(help="Rule set to check instead of the configured one.")] = None,
) -> None:
    """Check the rule set and the SQLite library; or judge exported logs again and compare with what was raised then.

    Exit code 0: everything holds. 1: something does not, and it is said what. 2: wrong usage.
    """
    if log:
        ends = [judge_again(path) for path in log]
        raise typer.Exit(0 if all(ends) else 1)
    try:
        settings = read_settings(os.environ, limits=limits)
        rules = parse_limits(settings.limits.read_text(encoding="utf-8"))
    except (SettingsError, LimitsError) as error:
        typer.echo(f"NOT READY  {error}")
        raise typer.Exit(1) from error
    unreviewed = sum(rule.reviewer == "unreviewed" for rule in rules.rule)
    typer.echo(f"ok  rule set {rules.version}: {len(rules.rule)} rules, sha256 {encode_limits(rules)[1][:16]}")
    if unreviewed:
        typer.echo(f"--  {unreviewed} of them are not reviewed by a physician: not for patient care")
    from monitor.store.sqlite import SqliteTooOld, check_sqlite_version

    try:
        typer.echo(f"ok  SQLite {check_sqlite_version()}")
    except SqliteTooOld as error:
        typer.echo(f"NOT READY  {error}")
        raise typer.Exit(1) from error


def judge_again(path: Path) -> bool:
    """Judge one exported log by the rule set that it carries; say whether what was raised then is raised now. `replay --check` is this."""
    judge = Replay()
    first: Difference | None = None
    number = 0
    try:
        for difference in _differences(judge, path):
            first = first or difference
            number += 1
    except LogBroken as broken:
        typer.echo(f"cannot be judged: {broken}")
        return False
    if first is None and judge.engine is None:
        typer.echo(f"cannot be judged: {path}: no entry of a session is in it, export the session anew")
        return False
    if first is None:
        typer.echo(f"{path}: {judge.last_seq} entries, {judge.outputs} outputs, all the same when judged again")
        return True
    typer.echo(f"{path}: {number} differences, the first at entry {first.seq}")
    for name, step in (("in the log", first.logged), ("judged again", first.replayed)):
        print(f"  {name:12}", "nothing" if step is None else f"{step[0]} {canonical(step[1]).decode()}", file=sys.stdout)
    return False


def _differences(judge: Replay, path: Path) -> Iterator[Difference]:
    for entry in entries(path):
        yield from judge.feed(entry)
    yield from judge.finish()
