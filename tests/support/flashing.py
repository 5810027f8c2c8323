"""What of an alert flashes on a page."""

from playwright.sync_api import Page


def flash(page: Page, *selectors: str, part: str = "::before") -> list[list[str]]:
    """The opacities of each one's ground, lowest first, over a whole turn of the flash: bright, and dark by each priority and by both."""
    found = page.evaluate(
        """async ([selectors, part]) => {
          const seen = selectors.map(() => new Set()), turn = new Set();
          const look = () => selectors.forEach((each, i) => seen[i].add(getComputedStyle(document.querySelector(each), part).opacity));
          look();
          await new Promise((done) => {
            const watch = new MutationObserver(() => {
              look();
              turn.add(document.documentElement.dataset.dark);
              if (turn.size === 4) done(watch.disconnect());
            });
            watch.observe(document.documentElement, { attributeFilter: ["data-dark"] });
          });
          return seen.map((each) => [...each].sort());
        }""",
        [selectors, part],
    )
    return [list(each) for each in found]
