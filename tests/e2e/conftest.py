"""One real Chromium for all pages: two of Playwright's synchronous loops cannot run in one process."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.support import browser as chromium

ARGUMENTS = ("--no-sandbox", "--disable-dev-shm-usage", "--process-per-site")  # one process: what it compiled serves the next page too


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    executable = chromium.find()
    assert executable is not None, chromium.ADVICE
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=str(executable), args=list(ARGUMENTS))
        yield launched
        launched.close()
