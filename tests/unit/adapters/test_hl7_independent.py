"""Messages that another library builds, and our answers as it reads them."""

from random import Random
from typing import Final

from hl7apy.core import Message
from hl7apy.parser import parse_message

from monitor.adapters.base import CodecSettings
from monitor.adapters.hl7.codec import Hl7Codec
from monitor.adapters.nomenclature import MDC, UNIT_NUMBERS
from monitor.adapters.quantities import UNIT_OF
from schemas.instant import parse_ms
from tests.unit.adapters.hl7_said import NOW_MS, measurements, numbers, replies

STAMP: Final = "20260701120000+0200"
UNITS: Final = {ucum: f"{number}^{name}^MDC" for number, (ucum, name) in UNIT_NUMBERS.items()}


def _message(rows: list[tuple[str, str, str]], number: int) -> str:
    """`rows`: code, value and unit. In its frame."""
    message = Message("ORU_R01", version="2.6")
    fields = {3: "VSP^080019FFFE1443EC^EUI-64", 4: "WARD", 7: STAMP, 9: "ORU^R01^ORU_R01", 10: str(number), 11: "P", 12: "2.6"}
    for place, text in fields.items():
        setattr(message.msh, f"msh_{place}", text)
    order = message.add_group("ORU_R01_PATIENT_RESULT").add_group("ORU_R01_ORDER_OBSERVATION")
    order.add_segment("OBR").obr_7 = STAMP
    for place, (code, value, unit) in enumerate(rows, 1):
        row = order.add_group("ORU_R01_OBSERVATION").add_segment("OBX")
        row.obx_1, row.obx_2, row.obx_3, row.obx_5, row.obx_6, row.obx_11 = str(place), "NM", code, value, unit, "R"
    return str(message.to_mllp())


def test_what_another_library_writes_is_read_and_our_answer_is_read_by_it() -> None:
    rng, codec = Random(20261123), Hl7Codec(CodecSettings())
    known = [
        (f"{number}^{min(meaning.names)}^MDC", meaning.quantity) for number, meaning in MDC.items() if UNIT_OF[meaning.quantity] in UNITS
    ]
    for number in range(20):
        said = {quantity: (code, rng.randrange(1, 59_000)) for code, quantity in rng.sample(known, 6)}
        rows = [(code, f"{milli / 1000:.3f}", UNITS[UNIT_OF[quantity]]) for quantity, (code, milli) in said.items()]
        heard = codec.feed(_message(rows, number).encode(), NOW_MS)
        assert numbers(heard) == {quantity: milli for quantity, (_, milli) in said.items()}
        assert {item.time.at_ms for item in measurements(heard)} == {parse_ms("2026-07-01T10:00:00Z")}
        (reply,) = replies(heard)
        answer = parse_message(reply.data.decode().strip("\x0b\x1c\r"))
        assert (answer.msh.msh_5.msh_5_1.value, answer.msa.msa_1.value, answer.msa.msa_2.value) == ("VSP", "AA", str(number))
