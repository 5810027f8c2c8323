"""Where the browser of the e2e tests comes from.

`find` names an executable: $CHROMIUM, else chromium on PATH, else the copy under .cache/browser. `python -m tests.support.browser` prints
that name and first provides a browser where there is none: as root, or where sudo asks no password, by installing Debian's package;
for anybody else by downloading Debian's packages and unpacking them under .cache/browser, which needs no rights. The packages come from the
machine's own apt sources. Only Debian and its relatives are served; elsewhere it says what to install.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

PACKAGES = ("chromium", "fonts-dejavu-core")
NAMES = ("chromium", "chromium-browser", "google-chrome")
CACHE = Path(__file__).parents[2] / ".cache" / "browser"
ADVICE = (
    "No browser for the e2e tests. Install Chromium (Debian, Ubuntu: apt-get install chromium fonts-dejavu-core), "
    "or say where one is: CHROMIUM=/path/to/chromium make test"
)


class NoBrowser(Exception):
    """There is none and none could be provided."""


def find(environment: Mapping[str, str] = os.environ, cache: Path = CACHE) -> Path | None:
    """The browser to use, None where there is none. Raises NoBrowser where $CHROMIUM names something that cannot be run."""
    if chosen := environment.get("CHROMIUM"):
        found = shutil.which(chosen, path=environment.get("PATH"))
        if found is None:
            raise NoBrowser(f"CHROMIUM={chosen} cannot be run.")
        return Path(found)
    for name in (*NAMES, str(cache / "chromium")):
        found = shutil.which(name, path=environment.get("PATH"))
        if found is not None:
            return Path(found)
    return None


def install() -> None:
    """Provide a browser. Raises NoBrowser with advice where that cannot be done."""
    if shutil.which("apt-get") is None:
        raise NoBrowser(ADVICE)
    as_root = _root_prefix()
    if as_root is not None:
        _run(*as_root, "apt-get", "-q", "update")
        _run(*as_root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qy", "install", "--no-install-recommends", *PACKAGES)
    else:
        _unpack(CACHE)


def _root_prefix() -> tuple[str, ...] | None:
    """What to put before a command that needs root: nothing for root, sudo where it asks no password, else None."""
    if os.geteuid() == 0:
        return ()
    if shutil.which("sudo") and subprocess.run(("sudo", "-n", "true"), capture_output=True, check=False).returncode == 0:
        return ("sudo", "-n")
    return None


def _unpack(cache: Path) -> None:
    """Download Chromium and what it needs beyond the installed packages, and unpack all under `cache`. Installs nothing."""
    root, lists, archives = cache / "root", cache / "apt" / "lists", cache / "apt" / "archives"
    for folder in (root, lists / "partial", archives / "partial"):
        folder.mkdir(parents=True, exist_ok=True)
    apt = ("apt-get", "-q", "-o", "Debug::NoLocking=1", "-o", f"Dir::State::Lists={lists}", "-o", f"Dir::Cache={cache / 'apt'}")
    _run(*apt, "update")
    _run(*apt, "-y", "--no-install-recommends", "--download-only", "install", *PACKAGES)
    for package in sorted(archives.glob("*.deb")):
        _run("dpkg-deb", "--extract", str(package), str(root))
    _wrapper(cache, root)
    shutil.rmtree(cache / "apt")


def _wrapper(cache: Path, root: Path) -> None:
    """A `chromium` that finds its libraries and fonts under `root`."""
    library_folders = sorted({str(path.parent) for path in root.rglob("*.so*")})
    fonts = cache / "fonts.conf"
    fonts.write_text(
        f"<fontconfig><dir>{root}/usr/share/fonts</dir><dir>/usr/share/fonts</dir><cachedir>{cache}/fonts</cachedir></fontconfig>\n"
    )
    chromium = cache / "chromium"
    chromium.write_text(
        "#!/bin/sh\n"
        f"export LD_LIBRARY_PATH='{':'.join(library_folders)}'\n"
        f"export FONTCONFIG_FILE='{fonts}'\n"
        f"exec '{root}/usr/lib/chromium/chromium' \"$@\"\n"
    )
    chromium.chmod(0o755)


def _run(*command: str) -> None:
    """Run a step of the installation; its output goes to standard error. Raises NoBrowser."""
    done = subprocess.run(command, stdout=sys.stderr, stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise NoBrowser(f"`{' '.join(command)}` failed with exit status {done.returncode}. {ADVICE}")


def main() -> int:
    """Print the browser's path on standard output; everything else goes to standard error."""
    try:
        if find() is None:
            print("No Chromium here: providing one.", file=sys.stderr)
            install()
        browser = find()
        if browser is None:
            raise NoBrowser(ADVICE)
    except NoBrowser as error:
        print(error, file=sys.stderr)
        return 1
    print(browser)
    return 0


if __name__ == "__main__":
    sys.exit(main())
