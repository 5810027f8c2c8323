// Contrast (WCAG 2) of every element with words of its own against each ground below it that is not see-through: {seen, poor}.
() => {
  const probe = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (text) => {
    probe.clearRect(0, 0, 1, 1);
    probe.fillStyle = text;
    probe.fillRect(0, 0, 1, 1);
    return [...probe.getImageData(0, 0, 1, 1).data];
  };
  const isSolid = (text) => rgba(text)[3] > 250;
  const linear = (part) => (part / 255 <= 0.03928 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4);
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  // A flashing ground has two colours, the pseudo-element's and its own; a striped one has those of its gradient.
  const grounds = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const [style, before] = [getComputedStyle(at), getComputedStyle(at, "::before")];
      const found = [...(style.backgroundImage.match(/rgba?\([^)]*\)|color\([^)]*\)/g) ?? []), style.backgroundColor];
      if (before.position === "absolute" && before.content !== "none") found.push(before.backgroundColor);
      if (found.some(isSolid)) return found.filter(isSolid);
    }
    return [getComputedStyle(document.body).backgroundColor];
  };
  const isShown = (node) => node.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !node.closest(".unseen, .skip, script, option, :disabled");
  const hasWords = (node) => [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
  const shown = [...document.querySelectorAll("body *")].filter((node) => hasWords(node) && isShown(node));
  const poor = [];
  for (const node of shown) {
    for (const ground of grounds(node)) {
      const [lighter, darker] = [light(rgba(getComputedStyle(node).color)), light(rgba(ground))].sort((a, b) => b - a);
      const ratio = (lighter + 0.05) / (darker + 0.05);
      if (ratio < 4.5) poor.push(`${node.className || node.tagName} "${node.textContent.slice(0, 30)}" ${ratio.toFixed(2)} on ${ground}`);
    }
  }
  return { seen: shown.length, poor };
}
