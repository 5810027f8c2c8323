"""`python -m monitor.export.verify FILE [--key KEY]`, where there is no `infusion-monitor` command."""

import argparse
import sys
from pathlib import Path

from monitor.export.verify import Unusable, read_public_key, verify_file


def main(arguments: list[str]) -> int:
    """0 verified, 1 refused, 2 the question cannot be answered."""
    parser = argparse.ArgumentParser(prog="verify", description="Check an exported session.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--key", help="the installation's public key in base64, or a file that holds it")
    parser.add_argument(
        "--processes", type=int, default=0, help="that walk a long record; 0, which is the default: one for each core, four at most"
    )
    given = parser.parse_args(arguments)
    try:
        verdict = verify_file(given.file, pinned=read_public_key(given.key) if given.key else None, processes=given.processes)
    except Unusable as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write("\n".join(verdict.lines) + "\n")
    return verdict.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
