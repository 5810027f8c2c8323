"""Apprise as a channel, over its plainest service: JSON to a receiver on loopback."""

import json

import pytest

from monitor.notify.apprise import AppriseChannel
from monitor.notify.ports import Delivery
from tests.support.channels import Receiver, receiver
from tests.unit.notify.test_dispatch import NOTICE


def address(there: Receiver) -> str:
    return f"json://127.0.0.1:{there.port}/hidden-path"


async def test_a_notice_arrives_with_what_a_person_needs() -> None:
    async with receiver() as there:
        channel = AppriseChannel([address(there)])
        assert await channel.send(NOTICE) == Delivery(is_delivered=True, detail="1 of 1 services took it")
        await channel.close()
        said = json.loads(there.posts[0].body)
    assert said["title"] == "HIGH Room 1: Severe hypoxia"
    assert said["message"] == "SpO2 79 < 85\nunseen\nhttp://127.0.0.1:8050/session/S-000001"


async def test_one_service_that_takes_it_is_enough() -> None:
    async with receiver() as there, receiver() as gone:
        await gone.shut()
        channel = AppriseChannel([address(gone), address(there)])
        assert await channel.send(NOTICE) == Delivery(is_delivered=True, detail="1 of 2 services took it")
        await channel.close()


@pytest.mark.parametrize("status", [404, 500])
async def test_what_no_service_takes_is_not_delivered_and_no_address_is_said(status: int, caplog: pytest.LogCaptureFixture) -> None:
    async with receiver() as there:
        there.status = status
        channel = AppriseChannel([address(there)])
        delivery = await channel.send(NOTICE)
        await channel.close()
    assert delivery == Delivery(is_delivered=False, detail="0 of 1 services took it")
    assert "hidden" not in caplog.text


async def test_a_redirect_is_not_followed() -> None:
    async with receiver() as there, receiver() as elsewhere:
        there.status, there.location = 307, elsewhere.url
        channel = AppriseChannel([address(there)])
        assert not (await channel.send(NOTICE)).is_delivered
        await channel.close()
        assert elsewhere.posts == []
