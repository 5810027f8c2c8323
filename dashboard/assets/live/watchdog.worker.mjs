// A clock that ticks in hidden tabs too: the browser throttles a page's own timers, not a worker's. It is told how often, in ms.

onmessage = ({ data: everyMs }) => setInterval(() => postMessage(null), everyMs);
