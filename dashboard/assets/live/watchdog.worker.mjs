// A clock that ticks in hidden tabs too: the browser throttles a page's own timers, not a worker's.

setInterval(() => postMessage(null), 250);
