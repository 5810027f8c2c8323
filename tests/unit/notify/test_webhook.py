"""The signed webhook against a real receiver on loopback."""

import hashlib
import hmac
import json

import pytest

from monitor.notify.ports import Delivery
from monitor.notify.webhook import SIGNATURE, TIMESTAMP, Webhook, sign
from tests.support.channels import Receiver, receiver
from tests.unit.notify.test_dispatch import NOTICE

SECRET = b"sixteen bytes or more of it"
NOW_MS = 1_763_800_000_999


async def posted(to: Receiver, url: str | None = None) -> Delivery:
    webhook = Webhook(url or to.url, SECRET, lambda: NOW_MS)
    try:
        return await webhook.send(NOTICE)
    finally:
        await webhook.close()


async def test_the_receiver_can_prove_who_sent_it_and_when() -> None:
    async with receiver() as there:
        assert await posted(there) == Delivery(is_delivered=True, detail="answered 204")
        (post,) = there.posts
    timestamp = post.headers[TIMESTAMP.lower()]
    assert timestamp == "1763800000"
    proof = hmac.new(SECRET, timestamp.encode() + b"." + post.body, hashlib.sha256).hexdigest()
    assert post.headers[SIGNATURE.lower()] == f"sha256={proof}"
    assert post.headers["content-type"] == "application/json"
    assert post.target == "/alerts?key=of-the-receiver"


async def test_another_secret_time_or_byte_has_another_signature() -> None:
    signatures = {
        sign(SECRET, "1", b"body"),
        sign(SECRET + b"x", "1", b"body"),
        sign(SECRET, "2", b"body"),
        sign(SECRET, "1", b"bodY"),
    }
    assert len(signatures) == 4


async def test_it_says_the_room_and_the_alert_and_no_patient() -> None:
    async with receiver() as there:
        await posted(there)
        said = json.loads(there.posts[0].body)
    assert said == {
        "id": "S-000001/OX-H1.1/unseen/0",
        "at_ms": 1_763_800_000_000,
        "room": "Room 1",
        "title": "Severe hypoxia",
        "priority": "high",
        "reason": "SpO2 79 < 85",
        "why": "unseen",
        "escalation": 0,
        "mode": "real",
        "link": "http://127.0.0.1:8050/session/S-000001",
    }


@pytest.mark.parametrize("status", [200, 201, 204, 299])
async def test_success_is_delivered(status: int) -> None:
    async with receiver() as there:
        there.status = status
        assert (await posted(there)).is_delivered


@pytest.mark.parametrize("status", [400, 401, 404, 410, 429, 500, 503])
async def test_anything_else_is_not(status: int) -> None:
    async with receiver() as there:
        there.status = status
        assert await posted(there) == Delivery(is_delivered=False, detail=f"answered {status}")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_not_followed(status: int) -> None:
    async with receiver() as there, receiver() as elsewhere:
        there.status, there.location = status, elsewhere.url
        assert await posted(there) == Delivery(is_delivered=False, detail=f"answered {status}")
        assert elsewhere.posts == []


async def test_nobody_there_is_said_without_the_address() -> None:
    async with receiver() as there:
        await there.shut()
        delivery = await posted(there)
    assert delivery == Delivery(is_delivered=False, detail="no answer (ConnectError)")


async def test_a_proxy_of_the_process_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with receiver() as there:
        assert (await posted(there)).is_delivered
