"""The tree as git sees it: tracked files and new ones that are not ignored."""

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("schemas", "monitor", "dashboard", "simulators")


@cache
def files() -> tuple[Path, ...]:
    """Every file of the project, relative to its root, sorted."""
    # The owner of the folder may be another user than the one who tests; reading a list of names is harmless.
    command = ("git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    return tuple(sorted(Path(name) for name in listed.split("\0") if name and (ROOT / name).is_file()))


def texts() -> tuple[Path, ...]:
    """Files a person reads: neither pictures nor fonts."""
    return tuple(path for path in files() if b"\0" not in (ROOT / path).read_bytes()[:4096])


def python(*folders: str) -> tuple[Path, ...]:
    """Python files, of these top-level folders or of all."""
    return tuple(path for path in files() if path.suffix == ".py" and (not folders or path.parts[0] in folders))


@cache
def syntax(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text(), filename=str(path))


def read(path: Path | str) -> str:
    return (ROOT / path).read_text()


def module(path: Path) -> str:
    """monitor/core/engine.py -> monitor.core.engine"""
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def imported(path: Path) -> set[str]:
    """Full names of the modules that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(syntax(path)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
    return found
