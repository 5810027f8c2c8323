"""The sentence of the bedside names room, patient and device, all three."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.sessions.read_back import is_about
from schemas.session import Patient

JS = Patient(birth_year=1984, label="J.S.", weight_g=70_000)
PLAIN = st.text("abcdefghij0123456789", min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("sentence", "room", "patient", "device", "is_it"),
    [
        ("Room 3 = J.S. 1984 = monitor-b7", "Room 3", JS, "monitor-b7", True),
        ("room 3=js 1984=Monitor B7", "Room 3", JS, "monitor-b7", True),
        ("Room 3 = J.S. 1984 = monitor-b7", "3", JS, "monitor-b7", True),  # the page says "Room 3" for room 3
        ("Raum 3 = J.S. 1984 = monitor-b7", "3", JS, "monitor-b7", True),
        ("Room 13 = J.S. 1984 = monitor-b7", "3", JS, "monitor-b7", False),
        ("Room 2 = J.S. 1984 = monitor-b7", "Room 3", JS, "monitor-b7", False),
        ("Room 3 = J.T. 1984 = monitor-b7", "Room 3", JS, "monitor-b7", False),
        ("Room 3 = J.S. 1985 = monitor-b7", "Room 3", JS, "monitor-b7", False),
        ("Room 3 = J.S. = monitor-b7", "Room 3", JS, "monitor-b7", False),
        ("Room 3 = J.S. 1984 = monitor-b8", "Room 3", JS, "monitor-b7", False),
        ("Room 3 = J.S. 1984", "Room 3", JS, "monitor-b7", False),
        ("", "Room 3", JS, "monitor-b7", False),
        ("Saal Ä = Ö.Ü. = Gerät 7", "saal ä", Patient(birth_year=None, label="Ö.Ü.", weight_g=70_000), "gerät-7", True),
    ],
)
def test_all_three_are_named(sentence: str, room: str, patient: Patient, device: str, is_it: bool) -> None:
    assert is_about(sentence, room, patient, device) is is_it


@given(room=PLAIN, device=PLAIN, other=PLAIN)
def test_the_sentence_of_one_binding_is_none_of_another(room: str, device: str, other: str) -> None:
    sentence = f"{room} = J.S. 1984 = {device}"
    assert is_about(sentence, room, JS, device)
    assert is_about(sentence, room, JS, other) is (other == device)
