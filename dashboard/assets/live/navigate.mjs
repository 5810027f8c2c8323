// Moves between pages without reloading: a reload would drop the socket and silence the sound until the next click.

const DASH_WITHIN_MS = 2_000; // it comes right after the live parts; after that the page is loaded whole
const LOOK_EVERY_MS = 50;
let waiting = null; // timer of the page that was asked for before Dash was there; the newest counts

/** Open a page of the dashboard. */
export function go(path) {
  const until = performance.now() + DASH_WITHIN_MS;
  const isThere = () => document.getElementById("frame") !== null;
  clearInterval(waiting);
  if (isThere()) return show(path);
  waiting = setInterval(() => {
    if (isThere()) go(path);
    else if (performance.now() > until) load(path);
  }, LOOK_EVERY_MS);
}

/** Once: asking again would end the load that is under way, and a slow monitor would never get to answer. */
function load(path) {
  clearInterval(waiting);
  location.assign(path);
}

function show(path) {
  window.dash_clientside.set_props("url", { pathname: path });
  document.getElementById("main")?.focus({ preventScroll: true });
  scrollTo(0, 0);
}

/** A click handler for a link: plain clicks stay in this page, others (new tab, new window) are the browser's. */
export function follow(event) {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  go(event.currentTarget.getAttribute("href"));
}
