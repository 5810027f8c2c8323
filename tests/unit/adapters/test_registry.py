"""Adapters by name: this project's and others', and that a broken one costs only itself."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from monitor.adapters.base import ENTRY_POINTS, AdapterError, CodecSettings, Setup
from monitor.adapters.registry import BUILT_IN, adapter_of, codec_of, names, spec_of
from monitor.cli import app
from monitor.clock import ManualClock
from tests.architecture import tree

Install = Callable[..., None]
FENCED = re.MULTILINE | re.DOTALL


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Installs a package of one module and its entry points, as pip leaves them, for one test."""

    def install(module: str, code: str, **entries: str) -> None:
        (tmp_path / f"{module}.py").write_text(code)
        info = tmp_path / f"{module}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
        lines = "\n".join(f"{name} = {value}" for name, value in entries.items())
        (info / "entry_points.txt").write_text(f"[{ENTRY_POINTS}]\n{lines}\n")
        monkeypatch.delitem(sys.modules, module, raising=False)

    monkeypatch.syspath_prepend(str(tmp_path))
    return install


def test_every_adapter_of_the_project_loads_under_its_name() -> None:
    assert list(BUILT_IN) == sorted(BUILT_IN)
    assert {spec_of(name).name for name in BUILT_IN} == set(BUILT_IN) <= set(names())


def test_an_unknown_name_says_which_there_are() -> None:
    with pytest.raises(AdapterError, match=r"no adapter 'massimo'; there are: .*masimo"):
        spec_of("massimo")


@pytest.mark.parametrize(
    ("code", "value", "says"),
    [
        ("ADAPTER = 'none'", "strange:ADAPTER", "must name an AdapterSpec"),
        ("", "strange:ADAPTER", "cannot be loaded: AttributeError"),
        ("import nothing_of_this_name", "strange:ADAPTER", "cannot be loaded: ModuleNotFoundError"),
        ("from monitor.adapters.masimo.adapter import ADAPTER", "strange:ADAPTER", "of that name"),
    ],
)
def test_a_broken_adapter_costs_only_itself(installed: Install, code: str, value: str, says: str) -> None:
    installed("strange", code, strange=value)
    assert "strange" in names()
    with pytest.raises(AdapterError, match=says):
        spec_of("strange")
    assert spec_of("masimo").name == "masimo"


def test_an_adapter_of_the_project_cannot_be_taken_over(installed: Install) -> None:
    installed("strange", "ADAPTER = 'taken over'", masimo="strange:ADAPTER")
    assert spec_of("masimo").title.startswith("Masimo")


def test_a_misspelt_option_is_refused() -> None:
    settings = CodecSettings(options={"zome": "UTC"})
    with pytest.raises(AdapterError, match="no option zome; it knows: none"):
        codec_of("masimo", settings)
    with pytest.raises(AdapterError, match="no option zome; it knows: none"):
        adapter_of("masimo", Setup("serial:x", ManualClock(), lambda: iter(()), settings))


def test_the_how_to_leads_to_an_adapter_that_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page, followed: its package built and installed by pip, listed, its sample decoded as printed there, its own test green."""
    page = tree.read("docs/how-to/add-an-adapter.md")
    blocks = dict(
        zip(("pyproject.toml", "pulsebox.py", "said", "test_pulsebox.py"), re.findall(r"^```\w+\n(.*?)^```$", page, FENCED), strict=True)
    )
    (tmp_path / "pulsebox").mkdir()
    for name in ("pyproject.toml", "pulsebox.py"):
        (tmp_path / "pulsebox" / name).write_text(blocks[name])
    site = tmp_path / "site"
    offline = ("--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--target", str(site))
    subprocess.run((sys.executable, "-m", "pip", "install", *offline, "./pulsebox"), cwd=tmp_path, check=True)
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.delitem(sys.modules, "pulsebox", raising=False)
    assert "pulsebox         decodes    Pulsebox oximeter" in CliRunner().invoke(app, ["devices"]).output

    [sample] = re.findall(r"^    (printf .*)$", page, re.MULTILINE)
    subprocess.run(("sh", "-c", sample), cwd=tmp_path, check=True)
    done = CliRunner().invoke(app, ["devices", "test", "pulsebox", "--from", str(tmp_path / "said.txt")])
    assert (done.exit_code, done.output) == (0, blocks["said"])

    own: dict[str, Callable[[], None]] = {}
    exec(blocks["test_pulsebox.py"], own)
    tests = [name for name in own if name.startswith("test_")]
    assert tests == ["test_what_it_reads", "test_the_laws"]
    for name in tests:
        own[name]()
    adapter_of("pulsebox", Setup("tcp:oximeter.local:4001", ManualClock(), lambda: iter(())))
