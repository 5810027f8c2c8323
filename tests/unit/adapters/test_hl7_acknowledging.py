"""Acknowledgements: which, when, and with whose identity."""

import asyncio
from collections.abc import Sequence

import pytest

from monitor.adapters.base import NotKept
from monitor.adapters.converse import deliver
from monitor.adapters.said import Reply, Told
from tests.unit.adapters.hl7_said import Bedside, header, replies

OBX = "OBX|1|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|1|97|262688^MDC_DIM_PERCENT^MDC"


def _verdict(data: bytes) -> str:
    return data.split(b"\rMSA|")[1][:2].decode() if data else ""


def _verdicts(found: Sequence[Reply]) -> list[tuple[str, str]]:
    assert all(reply.when_kept for reply in found), "no answer before it is on disk"
    return [(_verdict(reply.data), _verdict(reply.otherwise)) for reply in found]


@pytest.mark.parametrize(
    ("asked", "kept_and_not"),
    [
        ("", [("AA", "AE")]),  # original mode
        ("|||AL|NE", [("CA", "CE")]),  # Mindray, B. Braun
        ("|||NE|AL", [("AA", "AE")]),  # GE
        ("|||AL|AL", [("CA", "CE"), ("AA", "AE")]),
        ("|||SU|ER", [("CA", ""), ("", "AE")]),
        ("|||NE|NE", []),
        ("|||al|ne", [("CA", "CE")]),
    ],
)
def test_the_message_says_what_it_wants(asked: str, kept_and_not: list[tuple[str, str]]) -> None:
    assert _verdicts(replies(Bedside().hears(header(rest=f"P|2.6{asked}"), OBX))) == kept_and_not


@pytest.mark.parametrize(
    ("kind", "asked", "kept_and_not"),
    [
        ("ADT^A01", "", [("AR", "AE")]),
        ("ADT^A01", "|||AL|NE", [("CR", "CE")]),
        ("ADT^A01", "|||SU|NE", []),
        ("ORU^W01", "", [("AA", "AE")]),  # a monitor that sends waves must not stop at a refusal
        ("ACK^R01", "", []),  # two ends that acknowledge acknowledgements never stop
    ],
)
def test_what_nobody_reads_is_refused_and_an_acknowledgement_is_not_answered(
    kind: str, asked: str, kept_and_not: list[tuple[str, str]]
) -> None:
    assert _verdicts(replies(Bedside().hears(header(kind=kind, rest=f"P|2.6{asked}"), "MSA|AA|17"))) == kept_and_not


def test_an_answer_goes_back_to_who_asked_under_his_number() -> None:
    said = Bedside().hears(
        r"MSH|^~\&|SENDER^0012^EUI-64|WARD|US|HERE|20260701120000||ORU^R01^ORU_R01|a\T\b/7|P|2.4|||AL|NE||8859/1",
        OBX,
        at_ms=1_782_907_200_000,
    )
    assert replies(said)[0].data == (
        b"\x0bMSH|^~\\&|US|HERE|SENDER^0012^EUI-64|WARD|20260701120000+0000||ACK^R01^ACK|1782907200000-1|P|2.4||||||8859/1\r"
        b"MSA|CA|a\\T\\b/7\r\x1c\r"
    )


def test_the_number_comes_back_byte_for_byte_whatever_the_character_set() -> None:
    """Named as UTF-8 and sent as latin-1."""
    codec_said = Bedside()._codec.feed(
        "\x0bMSH|^~\\&|||||||ORU^R01|Nº7|P|2.4||||||UNICODE UTF-8\r\x1c\r".encode("latin-1"), 1_782_907_200_000
    )
    assert "MSA|AA|Nº7\r".encode("latin-1") in replies(codec_said)[0].data


def test_several_messages_have_several_answers_in_their_order() -> None:
    bedside = Bedside()
    message = [f"{header(number=str(n))}\r{OBX}\r\x1c\r\x0b" for n in (1, 2, 3)]
    said = bedside.hears("".join(message)[:-4].rstrip("\r"))
    assert [reply.data.split(b"MSA|AA|")[1][:1] for reply in replies(said)] == [b"1", b"2", b"3"]
    assert len({reply.data.split(b"|")[9] for reply in replies(said)}) == 3


@pytest.mark.parametrize(("is_kept", "verdict"), [(True, "AA"), (False, "AE")])
def test_taken_means_on_disk(is_kept: bool, verdict: str) -> None:
    order: list[str] = []

    async def keep(told: Sequence[Told]) -> None:
        order.append("kept" if is_kept else "not kept")
        if not is_kept:
            raise NotKept("the disk is full")

    async def write(data: bytes) -> None:
        order.append(_verdict(data))

    asyncio.run(deliver(Bedside().hears(header(), OBX), keep, write))
    assert order == ["kept" if is_kept else "not kept", verdict]
