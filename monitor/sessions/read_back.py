"""Right patient, right device: what a person confirmed at the bedside must name the room, the patient and the device it is bound for. Pure.

A real device is bound by read-back alone (hazard: a monitor that is rolled to another bed). Letters and digits count, in any writing; case,
spaces and punctuation do not, so that "Room 3 = J.S. 1984 = monitor-b7" may be spoken and typed as people do.
"""

from schemas.session import Patient


def is_about(sentence: str, room: str, patient: Patient, device: str) -> bool:
    """Whether "room = patient = device" names these three. The room may be called so ("Room 3" for room 3)."""
    parts = [_plain(part) for part in sentence.split("=")]
    if len(parts) != 3:
        return False
    year = "" if patient.birth_year is None else str(patient.birth_year)
    said_room, said_patient, said_device = parts
    wanted_room = _plain(room)
    is_room = said_room == wanted_room or (wanted_room[:1].isdigit() and said_room.removesuffix(wanted_room).isalpha())
    return is_room and said_patient == _plain(patient.label) + year and said_device == _plain(device)


def _plain(text: str) -> str:
    return "".join(sign for sign in text.casefold() if sign.isalnum())
