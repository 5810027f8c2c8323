// A page's content comes by one callback of Dash, which asks once: if the server dies under it, the screen would stay empty below a live
// header. Then the page is loaded again.

const EMPTY_MS = 10_000; // live for this long, and still nothing: nothing is under way any more
const ASKED_MS = 60_000; // the same while Dash says that it waits: a long range of sessions takes its time

/** Returns the drawer. */
export function emptyPage() {
  let since = null;
  return function draw({ feed, at }) {
    const main = document.getElementById("main"); // it stands once Dash has drawn the frame of the page
    if (feed !== "live" || main === null || main.childElementCount > 0) {
      since = null;
      return;
    }
    since ??= at;
    if (at - since < (main.hasAttribute("data-dash-is-loading") ? ASKED_MS : EMPTY_MS)) return;
    since = at;
    location.reload();
  };
}
