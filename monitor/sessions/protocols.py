"""The presets and the schedule of protocols.toml, checked once at the start."""

from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from schemas.protocols import Protocols
from schemas.session import INFUSED
from schemas.signs import Charted
from schemas.vitals import Vital

FILE: Final = Path(__file__).parents[1] / "protocols.toml"
_OBSERVED: Final = {str(sign) for sign in (*Charted, *Vital)}


class ProtocolsError(ValueError):
    """The file cannot be used; the text says which row and why."""


@cache
def protocols() -> Protocols:
    return parse_protocols(FILE.read_text(encoding="utf-8"))


def parse_protocols(text: str) -> Protocols:
    """Raises ProtocolsError."""
    try:
        found = msgspec.toml.decode(text, type=Protocols)
    except msgspec.MsgspecError as error:
        raise ProtocolsError(f"protocols: {error}") from error
    for preset in found.preset:
        if (preset.dose_mg is None) == (preset.dose_mg_per_kg is None):
            raise ProtocolsError(f"protocols: preset {preset.id}: exactly one of dose_mg and dose_mg_per_kg")
        if (preset.duration_min is not None) is not (preset.treatment in INFUSED):
            raise ProtocolsError(f"protocols: preset {preset.id}: an infusion has a duration, nothing else has")
        if (preset.part_mg is None) is not (preset.parts_every_min is None):
            raise ProtocolsError(f"protocols: preset {preset.id}: part_mg and parts_every_min go together")
    if len({preset.id for preset in found.preset}) < len(found.preset):
        raise ProtocolsError("protocols: a preset stands twice")
    known = {preset.id for preset in found.preset}
    for number, due in enumerate(found.due, 1):
        if due.what not in _OBSERVED:
            raise ProtocolsError(f"protocols: due {number}: {due.what} is neither charted nor measured")
        if (due.every_min is None) == (due.at_min is None):
            raise ProtocolsError(f"protocols: due {number} ({due.what}): exactly one of every_min and at_min")
        if not known.issuperset(due.indications):
            raise ProtocolsError(f"protocols: due {number} ({due.what}): no such preset")
    return found
