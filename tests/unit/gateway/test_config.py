"""The gateway's configuration: what it takes, and that nothing wrong is passed over."""

import re
import textwrap
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from monitor.adapters.registry import BUILT_IN, spec_of
from monitor.gateway.config import ConfigError, DeviceConfig, read_config
from schemas.device_wire import WireInterval
from schemas.measurement import Mode
from schemas.vitals import Vital

GOOD = """
monitor = "https://monitor.example"
spool_folder = "spool"

[[adapter]]
adapter = "masimo"
address = "serial:/dev/ttyUSB0"
zone = "Europe/Berlin"

[[adapter.device]]
name = "oxi-1"
token_file = "oxi-1.token"
mode = "simulated"
source = "Masimo Rad-8, room 1"
interval_s = { spo2 = 1, pulse_rate = 1.5 }
"""


def test_a_good_one_is_read_with_paths_beside_the_file(tmp_path: Path) -> None:
    path = tmp_path / "gateway.toml"
    path.write_text(GOOD)
    config = read_config(path)
    [device] = config.devices
    assert (device.name, device.mode, device.token_file) == ("oxi-1", Mode.SIMULATED, tmp_path / "oxi-1.token")
    assert device.intervals == (WireInterval(Vital.SPO2, 1.0), WireInterval(Vital.PULSE_RATE, 1.5))
    assert config.adapter[0].codec.zone == ZoneInfo("Europe/Berlin")
    assert config.spool_folder == tmp_path / "spool"


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        ("monitor =", "montior =", "montior"),
        ("https://", "monitor at ", "must begin with http"),
        ('zone = "Europe/Berlin"', 'zone = "Berlin"', "not an IANA time zone"),
        ('mode = "simulated"', 'mode = "demo"', "demo"),
        ("[[adapter.device]]", "[[adapter.devcie]]", "devcie"),
        ('name = "oxi-1"', 'name = "oxi 1"', "regex"),
        ("spo2 = 1,", "spo2 = 0,", "> 0"),
        ("spo2 = 1,", "sp02 = 1,", "sp02"),
        ('token_file = "oxi-1.token"', "", "token_file"),
        ("[[adapter]]", "[[adapter", "line"),
        (
            "source =",
            'sender = "SN1"\n[[adapter.device]]\nname = "oxi-1"\ntoken_file = "t"\nsender = "SN2"\nsource =',
            "stands there twice",
        ),
        ("source =", '[[adapter.device]]\nname = "oxi-2"\ntoken_file = "t"\nsender = "SN2"\nsource =', "each need a sender"),
    ],
)
def test_what_is_wrong_stops_the_start_and_is_named(tmp_path: Path, was: str, now: str, said: str) -> None:
    path = tmp_path / "gateway.toml"
    assert was in GOOD
    path.write_text(GOOD.replace(was, now))
    with pytest.raises(ConfigError, match=said):
        read_config(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml"):
        read_config(tmp_path / "none.toml")


@pytest.mark.parametrize("text", [b"", b"\n", b"two words", b"inf_1\ninf_2\n", b"\xff\xfe", "inf_\u00fc".encode()])
def test_a_file_without_one_token_is_named_and_not_shown(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "oxi-1.token"
    path.write_bytes(text)
    with pytest.raises(OSError, match=r"oxi-1\.token must hold the token of oxi-1") as refused:
        DeviceConfig("oxi-1", path).token()
    assert "inf_" not in str(refused.value)
    path.write_text(" inf_1\n")
    assert DeviceConfig("oxi-1", path).token() == "inf_1"


PAGE = (Path(__file__).parents[3] / "docs/how-to/connect-a-monitor.md").read_text()
EXAMPLES = re.findall(r"^    (\[\[adapter\]\].*?)\n\n", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
def test_what_the_page_shows_of_other_adapters_can_be_configured_so(tmp_path: Path, example: str) -> None:
    path = tmp_path / "gateway.toml"
    path.write_text(f'monitor = "http://m"\n{textwrap.dedent("    " + example)}\ndevice = [{{ name = "d", token_file = "t" }}]\n')
    [adapter] = read_config(path).adapter
    assert set(adapter.options) <= set(spec_of(adapter.adapter).options)


def test_the_page_shows_every_adapter() -> None:
    assert {re.search(r'adapter = "(.*?)"', example)[1] for example in EXAMPLES} >= set(BUILT_IN) - {"masimo", "cms50", "nellcor"}  # type: ignore[index]
