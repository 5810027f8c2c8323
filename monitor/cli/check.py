"""`infusion-monitor check`: can this installation be armed, and do logs give back their alerts?"""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from monitor.core.limits import LimitsError, encode_limits, parse_limits
from monitor.core.replay import Difference, Replay
from monitor.settings import SettingsError, read_settings
from schemas.log import Entry, canonical, decode_entry


def check(
    log: Annotated[
        list[Path] | None, typer.Argument(help="Exported logs (.jsonl) to judge again. Without one the installation is checked.")
    ] = None,
    limits: Annotated[Path | None, typer.Option(help="Rule set to check instead of the configured one.")] = None,
) -> None:
    """Check the rule set and the SQLite library; or judge exported logs again and compare with what was raised then.

    Exit code 0: everything holds. 1: something does not, and it is said what. 2: wrong usage.
    """
    if log:
        ends = [_judge_again(path) for path in log]
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


def _judge_again(path: Path) -> bool:
    try:
        judge = Replay()
        differences: list[Difference] = []
        for entry in _entries(path):
            differences.extend(judge.feed(entry))
        differences.extend(judge.finish())
    except (OSError, ValueError, KeyError) as error:
        typer.echo(f"{path}: cannot be judged: {error}")
        return False
    if not differences:
        typer.echo(f"{path}: {judge.last_seq} entries, {judge.outputs} outputs, all the same when judged again")
        return True
    first = differences[0]
    typer.echo(f"{path}: {len(differences)} differences, the first at entry {first.seq}")
    for name, step in (("in the log", first.logged), ("judged again", first.replayed)):
        print(f"  {name:12}", "nothing" if step is None else f"{step[0]} {canonical(step[1]).decode()}", file=sys.stdout)
    return False


def _entries(path: Path) -> Iterator[Entry]:
    with path.open("rb") as lines:
        for line in lines:
            row = json.loads(line)
            if row.get("type") == "entry":
                yield decode_entry(canonical(row["entry"]))
