"""The form of an entry that is hashed, of a log whose names and texts can be withheld: commitments in their places.

A full log holds the salt and the values: the commitments are made again from them. A de-identified one holds the commitments and the
SHA-256 of the salt, and is hashed as it stands. Which values these are: docs/reference/log.md.
"""

import hashlib
import hmac
import json
import re
from typing import Any, Final

from monitor.export.verify import canonical

TOKEN: Final = re.compile(r"withheld:[0-9a-f]{64}")
REVIEWER: Final = re.compile(r'(?<="reviewer":)"(?:[^"\\]|\\.)*"', re.DOTALL)
NOBODY: Final = '"unreviewed"'
# Of each kind of entry the fields that hold the name of a person, and those that hold a text. What has a form of its own is in `_special`.
WITHHELD: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "alert_acknowledged": (("by",), ("comment",)),
    "alert_changed": ((), ()),
    "alert_notified": ((), ("detail",)),
    "alert_shown": (("by",), ()),
    "audio_pause_ended": (("by",), ()),
    "audio_paused": (("by",), ()),
    "audio_resumed": ((), ()),
    "baseline_set": ((), ()),
    "bolus_given": (("by",), ()),
    "device_announced": ((), ("text",)),
    "device_bound": (("by",), ("read_back", "source")),
    "device_joined": ((), ()),
    "device_left": ((), ()),
    "device_unbound": (("by",), ()),
    "drug_drawn": (("by",), ()),
    "drug_wasted": (("by",), ("note",)),
    "entry_voided": (("by",), ("reason",)),
    "gates_judged": ((), ()),
    "limit_awaits_confirmation": ((), ()),
    "limit_changed": (("by", "confirmed_by"), ()),
    "limit_confirmed": (("by",), ()),
    "limit_proposed": (("by",), ("reason",)),
    "measurement": ((), ()),
    "monitor_restarted": ((), ()),
    "note_added": (("by",), ("text",)),
    "observation_charted": (("by",), ("note",)),
    "patient_corrected": (("by",), ("code", "old_code", "reason")),
    "phase_ordered": (("by", "name"), ("override",)),
    "rate_set": (("by",), ()),
    "remeasure_requested": ((), ()),
    "screens_changed": ((), ()),
    "session_created": (("by",), ()),
    "signed_off": (("by", "name"), ("meaning",)),
    "waste_witnessed": (("by",), ()),
}


class Withheld:
    """Told the salt by the first entry."""

    def __init__(self) -> None:
        self.is_deidentified = False
        self._salt = b""

    def hashed(self, entry: dict[str, Any]) -> bytes | None:
        """The canonical bytes that the chain is over; None where they are those of the entry as it stands. Raises ValueError for what
        is not as it must be, of a de-identified record above all for what is not withheld."""
        body = entry["body"]
        if body["kind"] == "session_created":
            self._begin(body["salt"])
        try:
            made = self._form(body, entry["seq"])
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"an entry of kind {body['kind']!r} does not have the fields of one") from error
        if made == body:
            return None
        if self.is_deidentified:
            raise ValueError("it says something that is withheld in a de-identified record")
        return canonical.write({**entry, "body": made})

    def _begin(self, salt: object) -> None:
        said = re.fullmatch(r"(sha256:)?([0-9a-f]{64})", salt) if isinstance(salt, str) else None
        if said is None:
            raise ValueError("the salt is neither 64 hex digits nor sha256: and 64 hex digits")
        self.is_deidentified = said[1] is not None
        self._salt = bytes.fromhex(said[2])

    def _form(self, body: dict[str, Any], seq: int) -> dict[str, Any]:
        if body["kind"] not in WITHHELD:
            raise ValueError(f"this verifier does not know what is withheld in an entry of kind {body['kind']!r}")
        people, texts = WITHHELD[body["kind"]]
        made = dict(body)
        for name in people:
            if made.get(name) is not None:
                made[name] = self._person(made[name])
        for name in texts:
            if made.get(name) is not None:
                made[name] = self._commitment(f"{seq}/{name}", made[name])
        self._special(made)
        return made

    def _special(self, made: dict[str, Any]) -> None:
        if made["kind"] == "alert_changed" and made["alert"]["acknowledged_by"] is not None:
            made["alert"] = {**made["alert"], "acknowledged_by": self._person(made["alert"]["acknowledged_by"])}
        elif made["kind"] == "screens_changed":
            made["people"] = sorted(self._person(name) for name in made["people"])
        elif made["kind"] == "session_created":
            made["patient"] = self._patient(made["patient"])
            made["limits"] = REVIEWER.sub(self._reviewer, made["limits"])
            made["limits_sha256"] = canonical.hexadecimal(made["limits"].encode())
            if not self.is_deidentified:
                made["salt"] = f"sha256:{hashlib.sha256(self._salt).hexdigest()}"

    def _patient(self, patient: dict[str, Any]) -> dict[str, Any]:
        """One commitment for the three that tell who it is."""
        value = {"birth_year": patient["birth_year"], "code": patient.get("code"), "label": patient["label"]}
        stands = self._commitment("", value["label"]) if self.is_deidentified else self._made("1/patient", canonical.write(value))
        return {name: patient[name] for name in patient if name != "code"} | {"birth_year": None, "label": stands}

    def _reviewer(self, found: "re.Match[str]") -> str:
        return found[0] if found[0] == NOBODY else f'"{self._person(json.loads(found[0]))}"'

    def _person(self, name: object) -> str:
        return self._commitment(f"person/{canonical.write(name).decode()}", name)

    def _commitment(self, label: str, value: object) -> str:
        """What stands for a text; in a de-identified record it stands there already."""
        if not isinstance(value, str):
            raise TypeError(f"{label} is not a text")
        if not self.is_deidentified:
            return self._made(label, canonical.write(value))
        if not TOKEN.fullmatch(value):
            raise ValueError(f"a name or a text is not withheld, as it must be in a de-identified record: {value[:40]!r}")
        return value

    def _made(self, label: str, text: bytes) -> str:
        key = hmac.digest(self._salt, label.encode(), "sha256")
        return f"withheld:{hmac.digest(key, text, 'sha256').hex()}"
