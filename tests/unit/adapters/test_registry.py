"""Adapters by name: this project's and others', and that a broken one costs only itself."""

import re
import sys
import tomllib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from monitor.adapters.base import ENTRY_POINTS, AdapterError, CodecSettings, Setup
from monitor.adapters.registry import BUILT_IN, adapter_of, codec_of, names, spec_of
from monitor.clock import ManualClock
from tests.architecture import tree
from tests.contract.adapter_laws import law_of_bounds, law_of_cuts, law_of_recovery, law_of_truncation, measurements, said_to

Install = Callable[..., None]


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


def test_the_how_to_leads_to_an_adapter_that_reads(installed: Install) -> None:
    """The files of the page, as they stand there: installed, found by name, held to the laws, ready to run over TCP."""
    page = tree.read("docs/how-to/add-an-adapter.md")
    project, code = re.findall(r"^```(?:toml|python)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    entries = tomllib.loads(project)["project"]["entry-points"][ENTRY_POINTS]
    installed("pulsebox", code, **entries)
    make = partial(codec_of, "pulsebox", CodecSettings())
    course = (b"SPO2 97 PR 72\n", b"SPO2 -- PR --\n")
    said = said_to(make(), course)
    assert [[value.value_milli for value in item.values] for item in measurements(said)] == [[97_000, 72_000], [None, None]]
    law_of_cuts(make, b"".join(course), [3, 17, 20])
    law_of_truncation(make, course, 20)
    law_of_recovery(make, b"\xff" * 600, course)
    law_of_bounds(make, b"SPO2 9" * 10_000)
    assert "pulsebox" in names()
    adapter_of("pulsebox", Setup("tcp:oximeter.local:4001", ManualClock(), lambda: iter(())))
