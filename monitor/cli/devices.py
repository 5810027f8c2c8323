"""`infusion-monitor devices`: the adapters there are, what one of them decodes, and how a device becomes known to the monitor."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import httpx2
import msgspec
import typer

from monitor.adapters.base import AdapterError, CodecSettings, Setup, StreamCodec
from monitor.adapters.registry import adapter_of, codec_of, names, spec_of
from monitor.adapters.said import DeviceMeasurement, Said, Told
from monitor.cli.simulate import LoginOption, UrlOption
from monitor.clock import SystemClock
from schemas.measurement import Mode
from schemas.vitals import format_milli
from simulators.backoff import backoff_s
from simulators.clinician import Registered
from simulators.rest import MonitorRefused, Rest, origin_of, signed_in
from simulators.seeds import seeded

READ_BYTES: Final = 4_096

devices = typer.Typer(help="The adapters there are, what one of them decodes, and how a device becomes known to the monitor.")
NameArgument = Annotated[str, typer.Argument(help="Name of the adapter.")]


@devices.callback(invoke_without_command=True)
def list_(context: typer.Context) -> None:
    """List the adapters: name, tier, devices, addresses; then the sub-commands `test`, `enrol`, `enrolled` and `bind` go on."""
    if context.invoked_subcommand is not None:
        return
    for name in names():
        try:
            spec = spec_of(name)
        except AdapterError as error:
            typer.echo(f"{name:16} CANNOT BE LOADED: {error}")
            continue
        typer.echo(f"{name:16} {spec.tier:10} {spec.title}; {spec.protocol}")
        typer.echo(f"{'':16} {'':10} address: {spec.addresses}" + (f"; options: {', '.join(spec.options)}" if spec.options else ""))


@devices.command("test")
def decode(
    name: NameArgument,
    from_: Annotated[Path | None, typer.Option("--from", exists=True, dir_okay=False, help="File with the bytes of a device.")] = None,
    at: Annotated[str | None, typer.Option(help="Address of a device to listen to, until it is stopped.")] = None,
    zone: Annotated[str | None, typer.Option(help="IANA time zone of the device's clock.")] = None,
    option: Annotated[list[str] | None, typer.Option(help="NAME=VALUE, an option of the adapter.")] = None,
) -> None:
    """Print what one adapter decodes, of a file or live. Nothing is sent to a monitor.

    Exit code 0, 1 where the adapter cannot be used or the file holds nothing that it understands, 2 for wrong usage.
    """
    if (from_ is None) == (at is None):
        raise typer.BadParameter("give either --from or --at", param_hint="--from / --at")
    try:
        settings = CodecSettings(None if zone is None else ZoneInfo(zone), dict(_pair(text) for text in option or ()))
        if from_ is not None:
            understood = _decode_file(name, settings, from_)
            raise typer.Exit(0 if understood else 1)
        rng = seeded(os.getpid(), "devices")
        setup = Setup(at or "", SystemClock(), lambda: backoff_s(rng), settings)
        adapter = adapter_of(name, setup)
        typer.echo(f"{name} at {at}: what it says follows; stop with Ctrl-C", err=True)
        with suppress(KeyboardInterrupt):
            asyncio.run(adapter.run(_print_all))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # AdapterError is a ValueError
        typer.echo(f"devices: {error}", err=True)
        raise typer.Exit(1) from error


@devices.command()
def enrol(
    device: Annotated[str, typer.Argument(help="Name the device will have at the monitor.")],
    login_url: LoginOption,
    token_file: Annotated[Path, typer.Option(help="New file for the device's token, readable by you alone.")],
    mode: Annotated[Mode, typer.Option(help="real, or simulated for a virtual device.")] = Mode.REAL,
    source: Annotated[str, typer.Option(help="What screens say of it, e.g. 'Masimo Rad-8, room 1'.")] = "",
    url: UrlOption = None,
) -> None:
    """Register a device at the monitor and write its token into a file.

    Exit code 0, 1 where the monitor refused or the file cannot be written, 2 for wrong usage.
    """
    if token_file.exists():
        raise typer.BadParameter(
            f"{token_file} is there already: a token is shown once, and not written over another", param_hint="--token-file"
        )

    async def work(rest: Rest) -> None:
        body = {"device": device, "mode": mode, "source": source or device}
        made = await rest.post("/devices", body, Registered, is_creation=True)
        with os.fdopen(os.dup(handle), "w", encoding="utf-8") as file:
            file.write(f"{made.token}\n")
        typer.echo(f"{device} is enrolled as {mode}; its token is in {token_file}")

    try:  # the place for the token first: a name is given once, and a token that cannot be written would be lost with it
        handle = os.open(token_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        typer.echo(f"devices: the token's file cannot be written, so nothing was enrolled: {error}", err=True)
        raise typer.Exit(1) from error
    try:
        _at_monitor(url, login_url, work)
    finally:
        os.close(handle)
        if not token_file.stat().st_size:
            token_file.unlink()


class _Enrolled(msgspec.Struct):
    """What is used here of a device as the monitor tells it."""

    device: str
    mode: str
    source: str
    revoked_at_ms: int | None
    session: str | None
    is_connected: bool


@devices.command()
def enrolled(login_url: LoginOption, url: UrlOption = None) -> None:
    """List the devices that the monitor knows: mode, whether its line is open, whose session it is on, where it stands.

    Exit code 0, 1 where the monitor refused, 2 for wrong usage.
    """

    async def work(rest: Rest) -> None:
        for one in await rest.get("/devices", list[_Enrolled]):
            line = "revoked" if one.revoked_at_ms is not None else "connected" if one.is_connected else "NOT connected"
            typer.echo(f"{one.device:20} {one.mode:10} {line:14} {one.session or 'in no session':14} {one.source}")

    _at_monitor(url, login_url, work)


@devices.command()
def bind(
    device: Annotated[str, typer.Argument(help="An enrolled device.")],
    session: Annotated[str, typer.Argument(help="The open session whose patient it is on, e.g. S-000001.")],
    login_url: LoginOption,
    read_back: Annotated[str | None, typer.Option(help="For a real device, confirmed at the bedside: 'ROOM = PATIENT = DEVICE'.")] = None,
    url: UrlOption = None,
) -> None:
    """Bind an enrolled device to an open session: from then on what it measures is that patient's.

    Exit code 0, 1 where the monitor refused, 2 for wrong usage.
    """

    async def work(rest: Rest) -> None:
        await rest.order(f"/sessions/{session}/bindings", {"device": device, "read_back": read_back})
        typer.echo(f"{device} is bound to {session}")

    _at_monitor(url, login_url, work)


def _at_monitor(url: str | None, login_url: str | None, work: Callable[[Rest], Awaitable[None]]) -> None:
    if login_url is None:
        raise typer.BadParameter("a person's login link is needed", param_hint="--login-url")

    async def signed() -> None:
        factory = await signed_in(url or origin_of(login_url), login_url)
        async with factory() as http:
            await work(Rest(http, rng=seeded(os.getpid(), "rest"), say=lambda line: typer.echo(line, err=True)))

    try:
        asyncio.run(signed())
    except (MonitorRefused, httpx2.TransportError, OSError) as error:
        typer.echo(f"devices: {error}", err=True)
        raise typer.Exit(1) from error


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise typer.BadParameter(f"{text!r} is not NAME=VALUE", param_hint="--option")
    return name, value


def _decode_file(name: str, settings: CodecSettings, path: Path) -> bool:
    """Whether anything in it was understood."""
    codec = codec_of(name, settings)
    if not isinstance(codec, StreamCodec):
        raise AdapterError(f"{name} reads whole messages, not a stream of bytes: listen to the device with --at")
    now_ms = SystemClock().now_ms()
    said = codec.opened(now_ms)
    with path.open("rb") as file:
        while data := file.read(READ_BYTES):
            said += codec.feed(data, now_ms)
    said += codec.closed(now_ms)
    for item in said:
        typer.echo(line_of(item))
    measurements = sum(isinstance(item, DeviceMeasurement) for item in said)
    typer.echo(f"{len(said)} items, {measurements} of them measurements")
    return measurements > 0


async def _print_all(told: Sequence[Told]) -> None:
    for item in told:
        typer.echo(line_of(item))


def line_of(item: Said) -> str:
    """One item, as a person reads it."""
    if not isinstance(item, DeviceMeasurement):
        return f"{type(item).__name__:18} {_plain(item)}"
    values = ", ".join(
        f"{value.quantity} {'--' if value.value_milli is None else format_milli(value.value_milli)}"
        + (f" ({' '.join(value.doubts)})" if value.doubts else "")
        for value in item.values
    )
    who = " ".join(filter(None, (item.sender.model, item.sender.device, item.sender.place)))
    return f"{type(item).__name__:18} {item.mode} {item.kind} {who or '-'} {item.time.text or '-'} | {values}"


def _plain(item: Said) -> str:
    fields = msgspec.to_builtins(item)
    fields |= {name: " ".join(filter(None, value.values())) for name, value in fields.items() if name == "sender"}
    return " ".join(
        f"{name}={value}" for name, value in fields.items() if name not in {"type", "received_at_ms"} and value not in ("", None, {})
    )
