"""A device behind the gateway on the ward's screen: live, cut off and honest about it, back again, and what came late is history."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.oximeter import Network, Oximeter
from tests.support.people_let_in import Person
from tests.support.running import free_port, run, started
from tests.support.waiting import wait_until

pytestmark = pytest.mark.e2e
STALE_MS, BACK_MS = 20_000, 60_000
WHILE_CUT = 83  # said by the device while nobody could hear it
EVER_CURRENT = """() => {
  const look = () => {
    const spo2 = document.querySelector('.tile .v-spo2');
    if (spo2?.dataset.look === 'current') (window.wereCurrent ??= new Set()).add(spo2.querySelector('.readout-value').textContent.trim());
  };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
  look();
}"""
CONFIG = """monitor = "http://127.0.0.1:{network}"
spool_folder = "{folder}/spool"

[[adapter]]
adapter = "masimo"
address = "serial:{pty}"

[[adapter.device]]
name = "oxi-1"
token_file = "{folder}/oxi-1.token"
mode = "simulated"
source = "Virtual oximeter"
interval_s = {{ spo2 = 1, pulse_rate = 1 }}
"""


def _on_the_ward(browser: Browser, url: str, link: str) -> Page:
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.goto(link)
    expect(page).to_have_url(url + "/")
    page.locator("html[data-feed=live]").wait_for()
    return page


def test_a_tile_behind_a_gateway_goes_stale_when_the_network_is_cut_and_never_shows_what_came_late_as_now(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    monkeypatch.setenv("INFUSION_ADMIN_TICKET", "1")
    serve = ["serve", "--port", str(port), "--data-dir", str(tmp_path / "monitor")]
    with started(serve, r"administrator: (http\S+)", port) as (monitor, admin_link), Network(port) as network, Oximeter() as oximeter:
        monitor.wait_for("(Secondary display)")
        with Person(monitor.url, admin_link) as anna:
            enrolling = ["devices", "enrol", "oxi-1", "--login-url", anna.link(), "--mode", "simulated", "--source", "Virtual oximeter"]
            enrolled = run(*enrolling, "--token-file", str(tmp_path / "oxi-1.token"))
            assert enrolled.returncode == 0, enrolled.stderr
            session = anna.opens_session()
            bound = run("devices", "bind", "oxi-1", session, "--login-url", anna.link())
            assert bound.returncode == 0, bound.stderr
            anna.begins(session)
            config = tmp_path / "gateway.toml"
            config.write_text(CONFIG.format(network=network.port, folder=tmp_path, pty=oximeter.path))
            with started(["gateway", "--config", str(config)], r"(oxi-1: connected)"):
                page = _on_the_ward(browser, monitor.url, anna.link())
                spo2 = page.locator(".tile .v-spo2")
                value = spo2.locator(".readout-value")
                expect(value).to_have_text("97", timeout=BACK_MS)
                expect(spo2).to_have_attribute("data-look", "current")
                page.evaluate(EVER_CURRENT)

                network.cut()
                oximeter.spo2 = WHILE_CUT
                expect(spo2).to_have_attribute("data-look", "lost", timeout=STALE_MS)
                expect(value).to_have_text("---")
                expect(page.locator("html")).to_have_attribute("data-feed", "live")  # the screen's own line is whole, and it says so

                oximeter.spo2 = 95
                wait_until(lambda: oximeter.said[-2:] == [95, 95], 10, "a newer number than those of the cut")
                expect(spo2).to_have_attribute("data-look", "lost")
                network.mend()
                expect(value).to_have_text("95", timeout=BACK_MS)
                expect(spo2).to_have_attribute("data-look", "current")

                def late() -> set[str]:
                    return {reading["reason"] for reading in anna.measured(session) if reading["value_milli"] == WHILE_CUT * 1_000}

                wait_until(late, 60, "what the gateway kept while it was cut off")
                assert late() == {"late"}
                shown = set(page.evaluate("[...window.wereCurrent]"))
                assert shown == {"97", "95"}
                page.context.close()
