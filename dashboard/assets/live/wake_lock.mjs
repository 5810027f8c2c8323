// Keeps the screen awake where the browser can, and says honestly where it cannot: the lock exists only over HTTPS or on this machine itself.

let lock = null;
let isRefused = false;

/** "held", "released" (hidden, or about to be asked for again), "refused" by the browser (battery, policy), or "insecure": not over HTTPS. */
export function wakeState() {
  if (!("wakeLock" in navigator)) return window.isSecureContext ? "refused" : "insecure";
  if (lock !== null) return "held";
  return isRefused ? "refused" : "released";
}

/** Ask for it now, and again each time the page comes to the front, where the browser drops it. Call once. */
export function keepAwake() {
  document.addEventListener("visibilitychange", ask);
  addEventListener("pointerdown", ask, { passive: true });
  ask();
}

async function ask() {
  if (!("wakeLock" in navigator) || lock !== null || document.hidden) return;
  try {
    const got = await navigator.wakeLock.request("screen");
    got.addEventListener("release", () => {
      lock = null;
    });
    lock = got;
    isRefused = false;
  } catch {
    isRefused = true; // shown in the footer; asked again at the next touch
  }
}
