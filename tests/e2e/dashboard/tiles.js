// What is wrong with the tiles as they are drawn: outside the window, cut short, or one thing over another. [] where all is well.
() => {
  const MUST = [
    ".tile-room, .tile-who, .tile-label, .phase",
    ".alert-line:not([hidden]) .alert-what",
    ".readout-value, .readout-note, .readout-last > *, .row-age",
    ".row-due, .tile-cuff",
  ].join(", ");
  const APART = ".readout-value, .row-age:not(:empty), .tile-room, .phase, .alert-line:not([hidden])";
  const floor = document.getElementById("about").getBoundingClientRect().top + 0.5;
  const bad = [];
  for (const tile of document.querySelectorAll(".tile")) {
    const name = tile.dataset.session;
    const box = tile.getBoundingClientRect();
    if (box.bottom > floor || box.right > innerWidth || box.top < 0) bad.push(`${name} lies outside the window`);
    for (const node of tile.querySelectorAll(MUST)) {
      const own = node.getBoundingClientRect();
      if (!own.width) continue;
      const style = getComputedStyle(node);
      const isCut = node.scrollWidth > node.clientWidth + 1 && style.overflow !== "visible" && style.display !== "inline";
      const around = node.closest(".row-notes")?.getBoundingClientRect() ?? box;
      if (isCut) bad.push(`${name} ${node.className} "${node.textContent}" is cut`);
      if (own.right > around.right + 1.5 || own.bottom > box.bottom + 2) bad.push(`${name} ${node.className} "${node.textContent}" runs out`);
    }
    const parts = [...tile.querySelectorAll(APART), tile.parentElement.querySelector(".pause:not([hidden]) button:not([hidden])")];
    const drawn = parts.filter(Boolean).map((node) => [node, node.getBoundingClientRect()]).filter(([, one]) => one.width);
    drawn.forEach(([a, x], i) => {
      for (const [b, y] of drawn.slice(i + 1)) {
        const [wide, high] = [Math.min(x.right, y.right) - Math.max(x.left, y.left), Math.min(x.bottom, y.bottom) - Math.max(x.top, y.top)];
        if (wide > 2 && high > 3) bad.push(`${name} ${a.className} lies over ${b.className}`);
      }
    });
  }
  return bad;
}
