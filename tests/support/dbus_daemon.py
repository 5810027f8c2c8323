"""Where the message bus of the Bluetooth tests comes from: `find` names dbus-daemon on PATH, else the copy under .cache/dbus.
`python -m tests.support.dbus_daemon` first provides one where there is none."""

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.support.debian import NotProvided, provide, wrapper

NAME = "dbus-daemon"
CACHE = Path(__file__).parents[2] / ".cache" / "dbus"
ADVICE = "No dbus-daemon for the Bluetooth tests. `make test` provides it on Debian and its relatives; elsewhere install the package dbus."


def find(environment: Mapping[str, str] = os.environ, cache: Path = CACHE) -> Path:
    """Raises NotProvided with advice where there is none."""
    for name in (NAME, str(cache / NAME)):
        if found := shutil.which(name, path=environment.get("PATH")):
            return Path(found)
    raise NotProvided(ADVICE)


def main() -> int:
    """Everything it says goes to standard error."""
    try:
        try:
            find()
        except NotProvided:
            print("No dbus-daemon here: providing one.", file=sys.stderr)
            provide((NAME,), CACHE)
            if (CACHE / "root").exists():
                wrapper(CACHE / NAME, CACHE / "root", "/usr/bin/dbus-daemon")
            find()
    except NotProvided as error:
        print(error, ADVICE, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
