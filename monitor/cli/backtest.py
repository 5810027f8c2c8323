"""`infusion-monitor backtest`: what another rule set would have done with the same inputs."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final

import typer

from monitor.backtest.figures import Backtest, summarise
from monitor.backtest.log_file import LogBroken, log_files
from monitor.backtest.progress import Progress
from monitor.backtest.report_html import report_html
from monitor.backtest.report_json import report_json
from monitor.backtest.report_text import report_text
from monitor.backtest.rule_set import THEIR_OWN, RuleSet, read_rule_set
from monitor.backtest.run import run, usable_cpus
from monitor.backtest.session import SessionResult
from monitor.clock import SystemClock
from monitor.core.limits import LimitsError

MAX_JOBS: Final = 64
_ON_SCREEN_MS: Final = 500  # one line that is written over
_IN_A_FILE_MS: Final = 10_000  # a line each time


def backtest(
    log: Annotated[list[Path], typer.Argument(help="Exported logs (.jsonl), or folders of them.")],
    against: Annotated[Path, typer.Option(help="Rule set B (TOML): what it would have done.")],
    rules: Annotated[Path | None, typer.Option(help="Rule set A (TOML), beside which B is read. Default: the one in each log.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write the report as one HTML page with plots. It fetches nothing.")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write every figure and every alert as JSON.")] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, max=MAX_JOBS, help="Logs judged at a time, a process each. Default: as many as there are cores.")
    ] = None,
) -> None:
    """Judge recorded sessions again under two rule sets, and say what differs: alerts raised, missed, earlier, later.

    The sessions' inputs stay what they were: nobody acts on alerts that were not raised then. Exit code 0: done. 1: a log or a rule set
    cannot be judged, or a report not written (it says which; all other logs are done). 2: wrong usage.
    """
    try:
        a = THEIR_OWN if rules is None else read_rule_set(rules)
        b = read_rule_set(against)
    except LimitsError as error:
        _complain(f"the rule set cannot be used: {error}")
        raise typer.Exit(1) from error
    for path in (html, json_file):
        if path is not None and not path.absolute().parent.is_dir():
            _complain(f"{path} cannot be written: there is no folder {path.parent}")
            raise typer.Exit(1)
    found = _judge(log, a, b, jobs or usable_cpus())
    are_written = [_write(html, lambda: report_html(found).encode()), _write(json_file, lambda: report_json(found))]
    typer.echo(report_text(found), nl=False)
    for broken in found.broken:
        _complain(f"not judged: {broken}")
    if found.broken or not all(are_written):
        raise typer.Exit(1)


def _judge(given: list[Path], a: RuleSet, b: RuleSet, jobs: int) -> Backtest:
    logs, broken = log_files(given)
    is_screen = sys.stderr.isatty()
    progress = Progress(
        _on_screen if is_screen else _complain, SystemClock().now_ms, every_ms=_ON_SCREEN_MS if is_screen else _IN_A_FILE_MS
    )
    outcomes = run(logs, a, b, jobs, progress)
    if is_screen:
        typer.echo(err=True)
    broken += [outcome for outcome in outcomes if isinstance(outcome, LogBroken)]
    return summarise(a, b, [outcome for outcome in outcomes if isinstance(outcome, SessionResult)], broken)


def _on_screen(line: str) -> None:
    typer.echo(f"\r\x1b[K{line}", nl=False, err=True)


def _complain(line: str) -> None:
    typer.echo(f"backtest: {line}", err=True)


def _write(path: Path | None, report: Callable[[], bytes]) -> bool:
    """To a draft that takes the name when it is whole. False where it could not be written; why is said."""
    if path is None:
        return True
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        draft.write_bytes(report())
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        _complain(f"{path} cannot be written: {error.strerror or error}")
        return False
    typer.echo(f"wrote {path}", err=True)
    return True
