"""Who watches: what a screen says counts for a time, and for that screen alone."""

from hypothesis import given
from hypothesis import strategies as st

from monitor.stream.watching import NOBODY, READY_FOR_MS, Watchers, Watching

ANNA, BEN = "anna", "ben"


def test_a_screen_watches_for_a_time_after_it_said_so() -> None:
    watching = Watching()
    assert watching.said(1, ANNA, 1_000, is_ready=True), "news"
    for now_ms, expected in ((1_000, True), (1_000 + READY_FOR_MS - 1, True), (1_000 + READY_FOR_MS, False), (10**9, False)):
        assert watching.is_watching(1, now_ms) is expected, now_ms
        assert watching.now(now_ms) == (Watchers((ANNA,), 1) if expected else NOBODY)
    assert watching.next_end_ms(1_000) == 1_000 + READY_FOR_MS
    assert watching.next_end_ms(1_000 + READY_FOR_MS) is None


def test_saying_it_again_is_no_news_and_prolongs_it() -> None:
    watching = Watching()
    watching.said(1, ANNA, 0, is_ready=True)
    assert not watching.said(1, ANNA, 5_000, is_ready=True)
    assert watching.is_watching(1, READY_FOR_MS)
    assert watching.said(1, ANNA, 5_000 + READY_FOR_MS, is_ready=True), "it had run out: it is news again"


def test_a_screen_that_is_hidden_or_gone_watches_no_more() -> None:
    watching = Watching()
    for screen in (1, 2, 3):
        watching.said(screen, ANNA, 0, is_ready=True)
    assert watching.said(1, ANNA, 1, is_ready=False)
    assert not watching.said(1, ANNA, 2, is_ready=False)
    watching.left(2)
    watching.left(2)
    watching.left(99)
    assert watching.now(2) == Watchers((ANNA,), 1)


def test_a_person_at_two_screens_is_one_person() -> None:
    watching = Watching()
    for screen, person in ((1, BEN), (2, ANNA), (3, BEN)):
        watching.said(screen, person, 0, is_ready=True)
    assert watching.now(0) == Watchers((ANNA, BEN), 3)


Said = tuple[int, int, bool | None]  # (screen, milliseconds since the message before, is_ready; None: it left)
STORIES = st.lists(st.tuples(st.integers(1, 4), st.integers(0, 2 * READY_FOR_MS), st.sampled_from([True, False, None])), max_size=40)


@given(STORIES, st.integers(0, 2 * READY_FOR_MS))
def test_a_screen_counts_exactly_while_its_last_word_was_ready_and_is_fresh(story: list[Said], later_ms: int) -> None:
    watching, last, now_ms = Watching(), dict[int, tuple[int, bool]](), 0
    for screen, wait_ms, is_ready in story:
        now_ms += wait_ms
        if is_ready is None:
            watching.left(screen)
            last.pop(screen, None)
        else:
            watching.said(screen, f"p{screen % 2}", now_ms, is_ready=is_ready)
            last[screen] = (now_ms, is_ready)
    at_ms = now_ms + later_ms
    expected = {screen for screen, (said_ms, is_ready) in last.items() if is_ready and at_ms - said_ms < READY_FOR_MS}
    assert {screen for screen in range(1, 5) if watching.is_watching(screen, at_ms)} == expected
    assert watching.now(at_ms) == Watchers(tuple(sorted({f"p{screen % 2}" for screen in expected})), len(expected))


@given(STORIES)
def test_who_waits_for_the_next_end_misses_no_change(story: list[Said]) -> None:
    """Without a word, the watchers change at `next_end_ms` and at no time before."""
    watching, now_ms = Watching(), 0
    for screen, wait_ms, is_ready in story:
        now_ms += wait_ms
        if is_ready is not None:
            watching.said(screen, ANNA, now_ms, is_ready=is_ready)
    while (end_ms := watching.next_end_ms(now_ms)) is not None:
        assert watching.now(end_ms - 1) == watching.now(now_ms)
        assert watching.now(end_ms).screens < watching.now(end_ms - 1).screens
        now_ms = end_ms
    assert watching.now(now_ms) == NOBODY
