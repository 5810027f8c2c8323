"""Where the message bus of the Bluetooth tests is looked for, and that a missing one is no silent skip."""

from pathlib import Path

import pytest

from tests.support import dbus_daemon
from tests.support.debian import NotProvided, wrapper


def _program(folder: Path) -> Path:
    folder.mkdir()
    program = folder / dbus_daemon.NAME
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return program


def test_one_on_path_goes_before_the_unpacked_copy(tmp_path: Path) -> None:
    on_path, copy = _program(tmp_path / "bin"), _program(tmp_path / "cache")
    assert dbus_daemon.find({"PATH": str(on_path.parent)}, copy.parent) == on_path
    assert dbus_daemon.find({"PATH": str(tmp_path / "empty")}, copy.parent) == copy


def test_that_there_is_none_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(NotProvided, match="`make test` provides it"):
        dbus_daemon.find({"PATH": str(tmp_path)}, tmp_path / "cache")


def test_the_unpacked_copy_finds_its_own_libraries(tmp_path: Path) -> None:
    library = tmp_path / "unpacked/lib/x86_64-linux-gnu/libdbus-1.so.3"
    library.parent.mkdir(parents=True)
    library.touch()
    wrapper(tmp_path / "dbus-daemon", tmp_path / "unpacked", "/usr/bin/dbus-daemon")
    assert (tmp_path / "dbus-daemon").read_text() == (
        f"#!/bin/sh\nexport LD_LIBRARY_PATH='{library.parent}'\nexec '{tmp_path}/unpacked/usr/bin/dbus-daemon' \"$@\"\n"
    )
