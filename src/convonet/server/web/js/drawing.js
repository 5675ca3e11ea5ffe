// A network as a drawing: one block for each layer, as high as its maps and as wide as they are many.

import {counted, h, svg} from "./dom.js";

const HIGH = 150;
const LEAST = 6;
const MOST_WIDE = 46;
const GAP = 10;
const TOP = 14;
const LABEL = 34;
const MOST_LAYERS = 120;

/** A scrolled SVG of the layers of a summary. */
export function networkDrawing(layers) {
  const shown = layers.filter((row) => Array.isArray(row.output_shape)).slice(0, MOST_LAYERS);
  const side = (row) => (row.output_shape.length > 2 ? row.output_shape[1] : 1);
  const count = (row) => row.output_shape.at(-1) ?? 1;
  const tallest = Math.max(...shown.map(side), 1);
  const most = Math.max(...shown.map(count), 2);
  let x = GAP;
  const blocks = shown.map((row) => {
    const high = Math.max(LEAST, (HIGH * side(row)) / tallest);
    const wide = Math.max(LEAST, (MOST_WIDE * Math.log2(1 + count(row))) / Math.log2(1 + most));
    const block = draw(row, x, TOP + (HIGH - high) / 2, wide, high);
    x += wide + GAP;
    return block;
  });
  const title = `The network as ${counted(shown.length, "block")}, from the image to the classes`;
  const size = {width: x, height: TOP + HIGH + LABEL, viewBox: `0 0 ${x} ${TOP + HIGH + LABEL}`};
  const drawing = svg("svg", {class: "network", role: "img", "aria-label": title, ...size}, blocks);
  return h(".scroll", {tabindex: 0, role: "region", "aria-label": "Drawing of the network"}, drawing);
}

function draw(row, x, y, width, height) {
  const kind = /conv/i.test(row.type)
    ? "conv"
    : /dense/i.test(row.type)
      ? "dense"
      : /pool/i.test(row.type)
        ? "pool"
        : "plain";
  const shape = row.output_shape.slice(1).join(" × ");
  const block = svg(
    "rect",
    {class: kind, x, y, width, height, rx: 2},
    svg("title", {}, `${row.name} (${row.type}): ${shape}`),
  );
  if (kind === "plain") return block;
  const middle = x + width / 2;
  return [
    block,
    svg("text", {x: middle, y: TOP + HIGH + 14, "text-anchor": "middle"}, String(row.output_shape.at(-1))),
    row.output_shape.length > 2
      ? svg("text", {x: middle, y: TOP + HIGH + 27, "text-anchor": "middle"}, String(row.output_shape[1]))
      : null,
  ];
}
