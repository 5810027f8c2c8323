"""The second judge is worth something only while it shares no code with the first."""

from tests.architecture import tree

SEES_THE_CORE = {"against_core.py", "__main__.py"}  # they hold the two against each other


def test_the_oracle_shares_no_code_with_the_monitor() -> None:
    judges = [path for path in tree.python("tests") if path.parts[1] == "oracle" and path.name not in SEES_THE_CORE]
    assert len(judges) > 5
    seen = {f"{path}: {name}" for path in judges for name in tree.imported(path) if not _is_its_own(name)}
    assert not seen


def _is_its_own(name: str) -> bool:
    if name.startswith("tests."):
        return name.startswith("tests.oracle") and "against_core" not in name
    return not name.startswith(("monitor", "simulators", "dashboard"))
