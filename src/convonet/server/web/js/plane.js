// Lines over shares from 0 to 1, such as ROC curves, as SVG.

import {ticks} from "./chart.js";
import {fill, h, short, svg} from "./dom.js";

const HEIGHT = 280;
const SIDES = {left: 46, right: 12, top: 10, bottom: 40};

/** As many lines as can be told apart by their colours. */
export const MOST_LINES = 6;

/**
 * A card with a title, a legend and lines `{name, points: [[x, y]], kind, dots}`; `high` null: as high as
 * they are.
 */
export function plane(title, across, up, lines, {high = 1, diagonal = false} = {}) {
  const drawing = svg("svg", {
    class: "chart plane",
    role: "img",
    "aria-label": `${title}: ${lines.map((line) => line.name).join("; ")}`,
  });
  const named = lines.filter((line) => line.name);
  const most = high ?? Math.max(0.01, ...lines.flatMap((line) => line.points.map(([, y]) => y)));
  const draw = () =>
    drawing.clientWidth && fill(drawing, ...picture(drawing, across, up, lines, most, diagonal));
  new ResizeObserver(draw).observe(drawing);
  return h(
    ".card",
    {},
    h("h3", {}, title),
    h(
      ".legend",
      {},
      named.map((line) => h(`span.line.${line.kind}`, {}, line.name)),
    ),
    drawing,
  );
}

function picture(drawing, across, up, lines, most, diagonal) {
  const width = drawing.clientWidth;
  const steps = ticks(0, most, 5);
  const top = steps.at(-1);
  const x = (value) => SIDES.left + value * (width - SIDES.left - SIDES.right);
  const y = (value) => SIDES.top + (1 - value / top) * (HEIGHT - SIDES.top - SIDES.bottom);
  drawing.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
  drawing.style.height = `${HEIGHT}px`;
  return [
    steps.map((value) => [
      svg("line", {class: "axis", x1: x(0), x2: x(1), y1: y(value), y2: y(value)}),
      svg("text", {x: x(0) - 6, y: y(value) + 4, "text-anchor": "end"}, short(value)),
    ]),
    [0, 0.2, 0.4, 0.6, 0.8, 1].map((value) =>
      svg("text", {x: x(value), y: HEIGHT - 24, "text-anchor": "middle"}, short(value)),
    ),
    svg("text", {x: x(0.5), y: HEIGHT - 6, "text-anchor": "middle"}, across),
    svg(
      "text",
      {x: 12, y: y(top / 2), "text-anchor": "middle", transform: `rotate(-90 12 ${y(top / 2)})`},
      up,
    ),
    diagonal ? svg("line", {class: "cross", x1: x(0), y1: y(0), x2: x(1), y2: y(1)}) : null,
    lines.map((line) => [
      svg("path", {
        class: line.kind,
        d: `M${line.points.map(([a, b]) => `${x(a).toFixed(1)} ${y(b).toFixed(1)}`).join("L")}`,
      }),
      (line.dots ?? []).map((share, place) =>
        svg("circle", {
          class: line.kind,
          r: 2.5 + 5 * Math.sqrt(share),
          cx: x(line.points[place][0]),
          cy: y(line.points[place][1]),
        }),
      ),
    ]),
  ];
}
