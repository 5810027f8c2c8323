"""The rule sets that are compared, as a session's log carries them."""

from pathlib import Path
from typing import Final

import msgspec

from monitor.core.limits import LimitsError, decode_limits, encode_limits, parse_limits
from schemas.log import SessionCreated

UNREVIEWED: Final = "unreviewed"


class RuleSet(msgspec.Struct, frozen=True):
    """`text` None: each log is judged by the rule set that it carries."""

    source: str
    version: str
    sha256: str
    rules: int
    unreviewed: int
    text: str | None

    def into(self, created: SessionCreated) -> SessionCreated:
        """The session as if it had been created under this rule set."""
        if self.text is None:
            return created
        return msgspec.structs.replace(created, limits=self.text, limits_sha256=self.sha256)


THEIR_OWN: Final = RuleSet("the rule set in each log", "as recorded", "", 0, 0, None)


def read_rule_set(path: Path) -> RuleSet:
    """Raises LimitsError naming the file, and the row where one is to blame."""
    try:
        limits = parse_limits(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise LimitsError(f"{path}: it cannot be read: {error.strerror or error}") from error
    except (LimitsError, UnicodeDecodeError) as error:
        raise LimitsError(f"{path}: {error}") from error
    text, digest = encode_limits(limits)
    unreviewed = sum(rule.reviewer == UNREVIEWED for rule in limits.rule)
    return RuleSet(str(path), limits.version, digest, len(limits.rule), unreviewed, text)


def phases_of(created: SessionCreated) -> frozenset[str]:
    """The phases in which any rule of the session's rule set applies. Raises LimitsError."""
    return frozenset(phase for rule in decode_limits(created.limits).rule for phase in rule.phases)
