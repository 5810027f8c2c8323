"""The commands `gateway` and `devices`: what they list, decode and refuse."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from monitor.adapters.registry import BUILT_IN
from monitor.cli import app
from monitor.gateway.run import Gateway
from monitor.store.ports import StoreFailed

LINE = b"11/22/26 10:41:07 SN=0000145838 SPO2=097% BPM=072 PI=04.96% SPCO=--.-% SPMET=--.-% DESAT=-- PIDELTA=+-- ALARM=0000 EXC=000800\r\n"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(word) for word in arguments])


def test_every_adapter_is_listed_with_its_tier() -> None:
    done = run("devices")
    assert done.exit_code == 0
    assert [name for name in BUILT_IN if f"{name} " not in done.output] == []
    assert "masimo           proven" in done.output


def test_what_an_adapter_decodes_of_a_file_is_printed(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    path.write_bytes(LINE + b"noise\r\n" + LINE[:40])
    done = run("devices", "test", "masimo", "--from", path)
    assert done.exit_code == 0
    assert "spo2 97, pulse_rate 72" in done.output
    assert "fault=malformed" in done.output
    assert "fault=truncated" in done.output


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["masimo", "--from", "{noise}"], 1, "0 of them measurements"),
        (["nobody", "--from", "{noise}"], 1, "there is no adapter"),
        (["masimo", "--from", "{noise}", "--option", "colour=red"], 1, "no option colour"),
        (["masimo", "--from", "{noise}", "--zone", "Berlin"], 1, "Berlin"),
        (["masimo", "--at", "nowhere"], 1, "no address"),
        (["masimo"], 2, "--from"),
        (["masimo", "--from", "{noise}", "--option", "colour"], 2, "NAME=VALUE"),
    ],
)
def test_what_cannot_be_decoded_is_named(tmp_path: Path, arguments: list[str], code: int, said: str) -> None:
    noise = tmp_path / "noise"
    noise.write_bytes(b"nothing of the kind\r\n")
    done = run("devices", "test", *(word.format(noise=noise) for word in arguments))
    assert (done.exit_code, said in done.output) == (code, True), done.output


def test_a_token_is_never_written_over_another(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("precious")
    done = run("devices", "enrol", "oxi-1", "--login-url", "http://127.0.0.1:9/auth/ticket?ticket=t", "--token-file", token)
    assert (done.exit_code, token.read_text()) == (2, "precious")


def test_nothing_is_enrolled_where_its_token_could_not_be_kept(tmp_path: Path) -> None:
    """The name would be used up, and its only token lost."""
    token = tmp_path / "no such folder" / "token"
    done = run("devices", "enrol", "oxi-1", "--login-url", "http://127.0.0.1:9/auth/ticket?ticket=t", "--token-file", token)
    assert (done.exit_code, "nothing was enrolled" in done.output, str(token) in done.output) == (1, True, True), done.output


def test_an_enrolment_that_failed_leaves_no_file(tmp_path: Path) -> None:
    token = tmp_path / "token"
    done = run("devices", "enrol", "oxi-1", "--login-url", "http://127.0.0.1:9/auth/ticket", "--token-file", token)
    assert (done.exit_code, "no ticket" in done.output, token.exists()) == (1, True, False), done.output


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("monitor = 7", "monitor"),
        ('monitor = "http://m"\n[[adapter]]\nadapter = "masimo"\naddress = "x"\ndevice = [{name = "o", token_file = "none"}]', "none"),
        (
            'monitor = "http://m"\n[[adapter]]\nadapter = "masimo"\naddress = "x"\ndevice = [{name = "o", token_file = "token"}]',
            "no address",
        ),
        ('monitor = "http://m"\n[[adapter]]\nadapter = "nix"\naddress = "x"\ndevice = [{name = "o", token_file = "token"}]', "no adapter"),
    ],
)
def test_a_gateway_that_cannot_start_says_why(tmp_path: Path, config: str, said: str) -> None:
    (tmp_path / "token").write_text("inf_1")
    path = tmp_path / "g.toml"
    path.write_text(config)
    done = run("gateway", "--config", path)
    assert (done.exit_code, said in done.output) == (1, True), done.output


def test_a_spool_that_breaks_ends_it_with_1_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def run_into_it(_: Gateway) -> None:
        raise ExceptionGroup("tasks", [StoreFailed("io", "the disk failed")])

    monkeypatch.setattr(Gateway, "run", run_into_it)
    (tmp_path / "token").write_text("inf_1")
    path = tmp_path / "g.toml"
    path.write_text(
        'monitor = "http://m"\n[[adapter]]\nadapter = "masimo"\naddress = "tcp:h:1"\ndevice = [{name = "o", token_file = "token"}]'
    )
    done = run("gateway", "--config", path)
    assert (done.exit_code, "the disk failed" in done.output) == (1, True), done.output
