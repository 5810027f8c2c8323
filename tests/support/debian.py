"""Debian packages that the tests need beside Python's: installed as root, or where sudo asks no password; for anybody else downloaded and
unpacked in a folder of their own, which needs no rights. They come from the machine's own apt sources. Debian and its relatives alone."""

import os
import shutil
import subprocess
import sys
from pathlib import Path


class NotProvided(Exception):
    """The text says what failed."""


def provide(packages: tuple[str, ...], cache: Path) -> None:
    """Installed, or under `cache/root` with what they need beyond the installed packages. Raises NotProvided."""
    if shutil.which("apt-get") is None:
        raise NotProvided("There is no apt-get here.")
    as_root = _root_prefix()
    if as_root is not None:
        _run(*as_root, "apt-get", "-q", "update")
        _run(*as_root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qy", "install", "--no-install-recommends", *packages)
    else:
        _unpack(packages, cache)


def _root_prefix() -> tuple[str, ...] | None:
    """What to put before a command that needs root: nothing for root, sudo where it asks no password, else None."""
    if os.geteuid() == 0:
        return ()
    if shutil.which("sudo") and subprocess.run(("sudo", "-n", "true"), capture_output=True, check=False).returncode == 0:
        return ("sudo", "-n")
    return None


def _unpack(packages: tuple[str, ...], cache: Path) -> None:
    root, lists, archives = cache / "root", cache / "apt" / "lists", cache / "apt" / "archives"
    for folder in (root, lists / "partial", archives / "partial"):
        folder.mkdir(parents=True, exist_ok=True)
    apt = ("apt-get", "-q", "-o", "Debug::NoLocking=1", "-o", f"Dir::State::Lists={lists}", "-o", f"Dir::Cache={cache / 'apt'}")
    _run(*apt, "update")
    _run(*apt, "-y", "--no-install-recommends", "--download-only", "install", *packages)
    for package in sorted(archives.glob("*.deb")):
        _run("dpkg-deb", "--extract", str(package), str(root))
    shutil.rmtree(cache / "apt")


def wrapper(program: Path, root: Path, executable: str, settings: str = "") -> None:
    """Writes `program`: runs the unpacked `executable` with the libraries under `root`. `settings`: lines of shell before it."""
    folders = ":".join(sorted({str(path.parent) for path in root.rglob("*.so*")}))
    program.write_text(f"#!/bin/sh\nexport LD_LIBRARY_PATH='{folders}'\n{settings}exec '{root}{executable}' \"$@\"\n")
    program.chmod(0o755)


def _run(*command: str) -> None:
    """Its output goes to standard error."""
    done = subprocess.run(command, stdout=sys.stderr, stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise NotProvided(f"`{' '.join(command)}` failed with exit status {done.returncode}.")
