"""Where the browser of the e2e tests is looked for, and what a copy without rights is started with."""

from pathlib import Path

import pytest

from tests.support import browser


def _program(folder: Path, name: str) -> Path:
    folder.mkdir(exist_ok=True)
    program = folder / name
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return program


def test_the_named_browser_goes_first(tmp_path: Path) -> None:
    on_path, named = _program(tmp_path / "bin", "chromium"), _program(tmp_path, "my-browser")
    assert browser.find({"PATH": str(on_path.parent), "CHROMIUM": str(named)}, tmp_path / "cache") == named


def test_a_named_browser_that_cannot_be_run_is_not_silently_replaced(tmp_path: Path) -> None:
    on_path = _program(tmp_path / "bin", "chromium")
    with pytest.raises(browser.NoBrowser, match="cannot be run"):
        browser.find({"PATH": str(on_path.parent), "CHROMIUM": str(tmp_path / "missing")}, tmp_path / "cache")


def test_one_on_path_goes_before_the_unpacked_copy(tmp_path: Path) -> None:
    on_path, copy = _program(tmp_path / "bin", "chromium"), _program(tmp_path / "cache", "chromium")
    assert browser.find({"PATH": str(on_path.parent)}, copy.parent) == on_path
    assert browser.find({"PATH": str(tmp_path / "empty")}, copy.parent) == copy


def test_there_may_be_none(tmp_path: Path) -> None:
    assert browser.find({"PATH": str(tmp_path)}, tmp_path / "cache") is None


def test_the_unpacked_copy_finds_its_own_libraries_and_fonts(tmp_path: Path) -> None:
    root = tmp_path / "root"
    for library in ("usr/lib/x86_64-linux-gnu/libnss3.so", "lib/x86_64-linux-gnu/libdbus-1.so.3"):
        (root / library).parent.mkdir(parents=True)
        (root / library).touch()
    browser._wrapper(tmp_path, root)
    script = (tmp_path / "chromium").read_text()
    assert f"LD_LIBRARY_PATH='{root}/lib/x86_64-linux-gnu:{root}/usr/lib/x86_64-linux-gnu'" in script
    assert f"exec '{root}/usr/lib/chromium/chromium' \"$@\"" in script
    assert f"<dir>{root}/usr/share/fonts</dir>" in (tmp_path / "fonts.conf").read_text()
    assert (tmp_path / "chromium").stat().st_mode & 0o111
