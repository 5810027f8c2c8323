"""Where the browser of the e2e tests comes from.

`find` names an executable: $CHROMIUM, else chromium on PATH, else the copy under .cache/browser. `python -m tests.support.browser` prints
that name and first provides a browser where there is none, as tests/support/debian.py does; elsewhere it says what to install.
"""

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.support.debian import NotProvided, provide, wrapper

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
    """Provide a browser. Raises NotProvided where that cannot be done."""
    provide(PACKAGES, CACHE)
    if (CACHE / "root").exists():
        _wrapper(CACHE, CACHE / "root")


def _wrapper(cache: Path, root: Path) -> None:
    """A `chromium` that finds its libraries and fonts under `root`."""
    fonts = cache / "fonts.conf"
    fonts.write_text(
        f"<fontconfig><dir>{root}/usr/share/fonts</dir><dir>/usr/share/fonts</dir><cachedir>{cache}/fonts</cachedir></fontconfig>\n"
    )
    wrapper(cache / "chromium", root, "/usr/lib/chromium/chromium", f"export FONTCONFIG_FILE='{fonts}'\n")


def main() -> int:
    """Print the browser's path on standard output; everything else goes to standard error."""
    try:
        if find() is None:
            print("No Chromium here: providing one.", file=sys.stderr)
            install()
        browser = find()
        if browser is None:
            raise NoBrowser(ADVICE)
    except NotProvided as error:
        print(error, ADVICE, file=sys.stderr)
        return 1
    except NoBrowser as error:
        print(error, file=sys.stderr)
        return 1
    print(browser)
    return 0


if __name__ == "__main__":
    sys.exit(main())
