"""The one program, `infusion-monitor`: a sub-command a file. Exit codes: 0 done, 1 what was checked or asked for failed, 2 wrong usage."""

import typer

from monitor.cli.audit import audit
from monitor.cli.backtest import backtest
from monitor.cli.bring_in import bring_in
from monitor.cli.check import check
from monitor.cli.demo import demo
from monitor.cli.devices import devices
from monitor.cli.export import export
from monitor.cli.gateway import gateway
from monitor.cli.keys import keys
from monitor.cli.replay import replay
from monitor.cli.serve import serve
from monitor.cli.simulate import simulate
from monitor.cli.speak import speak
from monitor.cli.timestamp import timestamp
from monitor.cli.verify import verify
from monitor.cli.witness import witness

app = typer.Typer(
    name="infusion-monitor",
    help="Vital signs, alerts and the record of a ketamine infusion. A secondary display: the bedside monitor stays the primary alarm.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (demo, serve, simulate, replay, speak, gateway, export, verify, witness, audit, check, backtest):
    app.command()(command)
app.command("import")(bring_in)
app.add_typer(devices, name="devices")
app.add_typer(keys, name="keys")
app.add_typer(timestamp, name="timestamp")


def main() -> None:
    """Entry point."""
    app()
