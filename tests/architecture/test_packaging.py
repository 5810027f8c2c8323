"""Locks, targets and CI: what is installed is locked with its hash and comes from where the user's pip looks; CI hides nothing."""

import re
import subprocess
import tomllib

import pytest
from packaging.requirements import Requirement

from tests.architecture import tree

LOCKS = ("requirements.lock", "requirements-dev.lock")
PROJECT = tomllib.loads(tree.read("pyproject.toml"))


def _pins(lock: str) -> dict[str, set[str]]:
    """Normalised name -> its versions (more than one where they differ by marker)."""
    pins: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([a-z0-9][a-z0-9.-]*)==([^ ;\\]+)", tree.read(lock), re.MULTILINE):
        pins.setdefault(name, set()).add(version)
    return pins


def _wanted(*groups: str) -> list[Requirement]:
    lines = [*PROJECT["project"]["dependencies"]]
    for extra in PROJECT["project"].get("optional-dependencies", {}).values():
        lines += extra
    for group in groups:
        lines += [line for line in PROJECT["dependency-groups"][group] if isinstance(line, str)]
    return [Requirement(line) for line in lines]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_host(lock: str) -> None:
    assert not re.search(r"://|index-url|find-links|@ ", tree.read(lock))


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_of_a_lock_has_a_hash(lock: str) -> None:
    requirements = re.split(r"\n(?=\S)", tree.read(lock).strip())
    assert len(requirements) > 50
    assert all(re.search(r"--hash=sha256:[0-9a-f]{64}", requirement) for requirement in requirements)


@pytest.mark.parametrize(("lock", "groups"), [("requirements.lock", ("build",)), ("requirements-dev.lock", ("build", "dev"))])
def test_a_lock_holds_what_the_project_asks_for(lock: str, groups: tuple[str, ...]) -> None:
    pins = _pins(lock)
    for wanted in _wanted(*groups):
        name = re.sub(r"[-_.]+", "-", wanted.name).lower()
        assert name in pins, f"{name} is not locked: make lock"
        assert any(version in wanted.specifier for version in pins[name]), f"{wanted} but {pins[name]} is locked: make lock"


def test_the_development_lock_is_a_superset() -> None:
    """`make test` tests the versions that `make demo` runs."""
    runtime, development = _pins("requirements.lock"), _pins("requirements-dev.lock")
    assert runtime == {name: development.get(name) for name in runtime}


def test_the_npm_lock_names_no_host() -> None:
    lock = tree.read("tests/support/compose/package-lock.json")
    assert '"resolved"' not in lock
    assert '"integrity"' in lock


def test_the_lock_supports_every_python_that_the_project_does() -> None:
    assert PROJECT["project"]["requires-python"] == ">=3.11"
    assert "--python-version 3.11" in tree.read("Makefile")
    assert PROJECT["tool"]["ruff"]["target-version"] == "py311"


def test_ci_runs_what_the_readme_names_and_nothing_else() -> None:
    commands = [line for line in tree.read(".ci/run").splitlines() if line and not line.startswith("#")]
    assert commands == ["set -eu", 'cd "$(dirname "$0")/.."', "exec make test"]
    assert (tree.ROOT / ".ci" / "run").stat().st_mode & 0o111


@pytest.mark.parametrize("target", ["setup", "demo", "test", "check", "bench", "cover", "schemas", "docs", "lock", "clean"])
def test_every_target_can_be_made(target: str) -> None:
    """A dry run: the names of files and targets are right. Which Python is there is not looked for again and again."""
    done = subprocess.run(("make", "--dry-run", target, "PYTHON=python3"), cwd=tree.ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_machine_without_a_fitting_python_is_told_so() -> None:
    done = subprocess.run(
        ("make", "--always-make", "--no-print-directory", "setup", "PYTHON="), cwd=tree.ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "No Python >= 3.11" in done.stderr
