"""Ids that are the same in every export of the same log, references between them, and the mark of what is not a patient's."""

from collections.abc import Iterable
from hashlib import sha256
from typing import Final

import msgspec

from monitor.export.fhir.terms import ACT_REASON, OURS, Json, coding, ours
from schemas.measurement import Mode

_PROFILE: Final = "http://hl7.org/fhir/StructureDefinition/"
_NOT_A_PATIENTS: Final = coding(ACT_REASON, "HTEST", "test health data")


class Naming(msgspec.Struct, frozen=True):
    """`installation`: the first key's id; it keeps equal session numbers of two clinics apart. `modes`: of the devices that were bound.
    `is_deidentified`: ids of their own, so that a server which was given the whole session keeps it beside the one without names."""

    installation: str
    session: str
    modes: tuple[Mode, ...]
    is_deidentified: bool = False

    def id_of(self, part: str, seq: int | None = None) -> str:
        """At most 64 characters of A-Z, a-z, 0-9, '-': `part` is short and made of them."""
        session = self.session + ("-anon" if self.is_deidentified else "")
        return "-".join([self.installation, session, *([] if seq is None else [str(seq)]), part])

    def id_of_device(self, device: str) -> str:
        """A device keeps its id through all its sessions."""
        return f"{self.installation}-device-{sha256(device.encode()).hexdigest()[:16]}"

    @property
    def base(self) -> str:
        """What `fullUrl` begins with, so that relative references resolve within a bundle."""
        return f"{OURS}/{self.installation}"

    @property
    def subject(self) -> Json:
        return {"reference": f"Patient/{self.id_of('patient')}"}

    @property
    def encounter(self) -> Json:
        return {"reference": f"Encounter/{self.id_of('encounter')}"}

    @property
    def monitor(self) -> Json:
        return {"reference": f"Device/{self.installation}-monitor"}

    def device(self, device: str) -> Json:
        return {"reference": f"Device/{self.id_of_device(device)}"}

    def meta(self, profile: str = "", modes: Iterable[Mode] | None = None) -> Json:
        """The element `meta` where there is something to say. What comes from a device that is not real, and all of a session that has one,
        is marked as test data by the standard's own label, and by which kind it is."""
        marked = [mode for mode in (self.modes if modes is None else modes) if mode is not Mode.REAL]
        labels = {"security": [_NOT_A_PATIENTS], "tag": [coding(ours("mode"), mode.value) for mode in marked]} if marked else {}
        profiles = {"profile": [_PROFILE + profile]} if profile else {}
        return {"meta": profiles | labels} if profiles or labels else {}

    def identifier(self, kind: str, value: str) -> Json:
        return {"system": f"{self.base}/NamingSystem/{kind}", "value": value}
