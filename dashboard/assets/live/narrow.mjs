// Whether the screen is too narrow for all of the bar: then it has two rows and a menu. The same width stands in css/3-header.css.

const screen = matchMedia("(max-width: 1240px)");

export const isNarrow = () => screen.matches;
