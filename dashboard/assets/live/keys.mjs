// Keys that do something wherever the focus is, but never while somebody types.

/** `table`: key to what it does. Returns how to stop listening. */
export function onKeys(table) {
  const pressed = (event) => {
    const isTyping = event.target.closest?.("input, textarea, select, [contenteditable]");
    const run = table[event.key.toLowerCase()];
    if (!run || isTyping || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    event.preventDefault();
    run();
  };
  document.addEventListener("keydown", pressed);
  return () => document.removeEventListener("keydown", pressed);
}
