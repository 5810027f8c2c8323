"""The one program, `infusion-monitor`: a sub-command a file. Exit codes: 0 done, 1 what was checked or asked for failed, 2 wrong usage."""

import typer

from monitor.cli.backtest import backtest
from monitor.cli.check import check
from monitor.cli.demo import demo
from monitor.cli.devices import devices
from monitor.cli.export import export
from monitor.cli.gateway import gateway
from monitor.cli.replay import replay
from monitor.cli.serve import serve
from monitor.cli.simulate import simulate
from monitor.cli.speak import speak
from monitor.cli.verify import verify

app = typer.Typer(
    name="infusion-monitor",
    help="Vital signs, alerts and the record of a ketamine infusion. A secondary display: the bedside monitor stays the primary alarm.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (demo, serve, simulate, replay, speak, gateway, export, verify, check, backtest):
    app.command()(command)
app.add_typer(devices, name="devices")


def main() -> None:
    """Entry point."""
    app()
