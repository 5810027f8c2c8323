"""The page that verifies, in a real browser, from a file on the disk, without a connection."""

import base64
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from monitor.export.one_file import verify_html
from tests.unit.export.proven import bundle_of, files_of, packed, ring

pytestmark = pytest.mark.e2e
WITHIN_MS = 20_000


@cache
def honest() -> bytes:
    """Made in a thread of its own: Playwright's loop runs in this one."""
    with ThreadPoolExecutor(1) as apart:
        return apart.submit(bundle_of).result()


def record() -> bytes:
    return files_of(honest())["record.jsonl"]


@pytest.fixture
def page(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    """Whatever the page says in the console or throws fails the test; nothing is fetched."""
    (tmp_path / "verify.html").write_bytes(verify_html())
    context = browser.new_context(offline=True)
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: wrong.append(request.url) if not request.url.startswith("file:") else None)
    page.goto((tmp_path / "verify.html").as_uri())
    page.wait_for_selector("body[data-ready]", timeout=WITHIN_MS)
    yield page
    assert wrong == []
    context.close()


def verdict(page: Page, name: str, data: bytes) -> str:
    page.set_input_files("#file", {"name": name, "mimeType": "application/octet-stream", "buffer": data})
    page.wait_for_selector("#verdict.verified, #verdict.refused, #verdict.unknown", timeout=WITHIN_MS)
    return page.inner_text("#verdict")


def test_an_honest_bundle_is_verified_and_signed_by_the_given_key(page: Page) -> None:
    page.fill("#key", ring().key.public_text)
    said = verdict(page, "S-000001.bundle.zip", honest())
    assert said.startswith("VERIFIED S-000001.bundle.zip")
    assert "Signed by the given key." in said
    assert "SIMULATED data" in said
    assert "seals are in the tree of" in said


def test_a_record_alone_is_verified(page: Page) -> None:
    said = verdict(page, "S-000001.jsonl", record())
    assert said.startswith("VERIFIED")
    assert "Signer not checked" in said


def test_a_changed_entry_is_named(page: Page) -> None:
    changed = record().replace(b'"value_milli":97500', b'"value_milli":87500', 1)
    said = verdict(page, "changed.zip", packed(files_of(honest()) | {"record.jsonl": changed}))
    assert said.startswith("REFUSED changed.zip")
    assert "record.jsonl line 6, entry seq 3: the entry was changed" in said


def test_another_installations_key_is_refused_and_a_key_that_is_none_gives_no_verdict(page: Page) -> None:
    page.fill("#key", base64.b64encode(bytes(32)).decode())
    assert "is none of its installation's" in verdict(page, "other.zip", honest())
    page.fill("#key", "not a key")
    page.evaluate("document.getElementById('verdict').className = ''")
    assert verdict(page, "other.zip", honest()).startswith("NOT CHECKED")


def test_a_file_that_is_dropped_is_checked(page: Page) -> None:
    data = base64.b64encode(record()).decode()
    page.evaluate(
        """(data) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([Uint8Array.from(atob(data), (sign) => sign.charCodeAt(0))], "dropped.jsonl"));
          document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
        }""",
        data,
    )
    page.wait_for_selector("#verdict.verified", timeout=WITHIN_MS)
    assert page.inner_text("#verdict").startswith("VERIFIED dropped.jsonl")


def test_a_browser_without_the_signature_says_so_and_gives_no_verdict(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "verify.html").write_bytes(verify_html())
    page = browser.new_page()
    page.add_init_script(
        "crypto.subtle.importKey = async () => { throw new DOMException('no', 'NotSupportedError'); };",
    )
    page.goto((tmp_path / "verify.html").as_uri())
    page.wait_for_selector("#verdict.unknown", timeout=WITHIN_MS)
    assert "cannot check Ed25519" in page.inner_text("#verdict")
    assert page.is_disabled("#file")
    page.close()
