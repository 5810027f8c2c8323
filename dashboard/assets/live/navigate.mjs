// Moves between pages without reloading: a reload would drop the socket and silence the sound until the next click.

/** Open a page of the dashboard. */
export function go(path) {
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
