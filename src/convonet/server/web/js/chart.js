// Curves over epochs as SVG: training and validation, a cross hair with the numbers, keys left and right.

import {fill, h, short, svg} from "./dom.js";

const HEIGHT = 240;
const SIDES = {left: 46, right: 12, top: 10, bottom: 26};

/** A chart of one score; `show(train, val, epochs, unit)` draws it anew. */
export class Chart {
  constructor(title) {
    this.title = title;
    this.drawing = svg("svg", {class: "chart", role: "img", tabindex: "0", "aria-label": title});
    this.legend = h(".legend", {"aria-live": "off"});
    this.element = h(".card", {}, h("h2", {}, title), this.legend, this.drawing);
    this.at = null;
    this.series = [];
    this.epochs = 1;
    new ResizeObserver(() => this.draw()).observe(this.drawing);
    this.drawing.addEventListener("pointermove", (event) => this.point(event));
    this.drawing.addEventListener("pointerleave", () => this.place(null));
    this.drawing.addEventListener("keydown", (event) => this.key(event));
    this.drawing.addEventListener("blur", () => this.place(null));
    this.words();
  }

  show(train, val, epochs) {
    this.series = [
      ["train", "training", train],
      ["val", "validation", val],
    ].filter(([, , column]) => column.some((v) => v !== null && v !== undefined));
    this.epochs = Math.max(epochs, ...this.series.map(([, , column]) => column.length), 1);
    this.draw();
    this.words();
  }

  words() {
    const last = Math.max(0, ...this.series.map(([, , column]) => column.length));
    const at = this.at ?? last;
    const items = this.series.map(([kind, name, column]) =>
      h(`span.${kind}`, {}, `${name} ${short(column[at - 1])}`),
    );
    fill(
      this.legend,
      items.length
        ? [items, h("span.plain.muted", {}, `epoch ${at}`)]
        : h("span.plain.muted", {}, "No epochs yet"),
    );
    this.drawing.setAttribute(
      "aria-label",
      `${this.title}: ${this.legend.textContent}. The left and right arrow keys show other epochs.`,
    );
  }

  draw() {
    const width = this.drawing.clientWidth;
    if (!width) return;
    const values = this.series.flatMap(([, , column]) => column).filter((v) => Number.isFinite(v));
    let [low, high] = values.length ? [Math.min(...values), Math.max(...values)] : [0, 1];
    if (high - low < 1e-9)
      [low, high] = [low - 0.05 * (Math.abs(low) || 1), high + 0.05 * (Math.abs(high) || 1)];
    const steps = ticks(low, high, 5);
    [low, high] = [Math.min(low, steps[0]), Math.max(high, steps.at(-1))];
    this.x = (epoch) =>
      SIDES.left +
      (this.epochs === 1 ? 0.5 : (epoch - 1) / (this.epochs - 1)) * (width - SIDES.left - SIDES.right);
    this.y = (value) => SIDES.top + (1 - (value - low) / (high - low)) * (HEIGHT - SIDES.top - SIDES.bottom);
    this.drawing.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    const across = ticks(1, this.epochs, Math.min(8, this.epochs, Math.floor(width / 60))).filter(
      (e) => Number.isInteger(e) && e >= 1 && e <= this.epochs,
    );
    fill(
      this.drawing,
      steps.map((value) => [
        svg("line", {
          class: "axis",
          x1: SIDES.left,
          x2: width - SIDES.right,
          y1: this.y(value),
          y2: this.y(value),
        }),
        svg("text", {x: SIDES.left - 6, y: this.y(value) + 4, "text-anchor": "end"}, short(value)),
      ]),
      across.map((epoch) => svg("text", {x: this.x(epoch), y: HEIGHT - 8, "text-anchor": "middle"}, epoch)),
      this.series.map(([kind, , column]) => this.line(kind, column)),
      (this.cross = svg("line", {
        class: "cross",
        y1: SIDES.top,
        y2: HEIGHT - SIDES.bottom,
        visibility: "hidden",
      })),
    );
    if (this.at) this.place(this.at);
  }

  line(kind, column) {
    let pen = "M";
    let path = "";
    column.forEach((value, place) => {
      if (!Number.isFinite(value)) return (pen = "M");
      path += `${pen}${this.x(place + 1).toFixed(1)} ${this.y(value).toFixed(1)}`;
      pen = "L";
    });
    const last = column.length;
    const dot = Number.isFinite(column[last - 1])
      ? svg("circle", {class: kind, r: 3.2, cx: this.x(last), cy: this.y(column[last - 1])})
      : null;
    return [svg("path", {class: kind, d: path}), dot];
  }

  point(event) {
    const box = this.drawing.getBoundingClientRect();
    const inner = box.width - SIDES.left - SIDES.right;
    const share = (event.clientX - box.left - SIDES.left) / inner;
    this.place(Math.round(1 + Math.max(0, Math.min(1, share)) * (this.epochs - 1)));
  }

  key(event) {
    const step = {ArrowLeft: -1, ArrowRight: 1}[event.key];
    if (!step) return;
    event.preventDefault();
    const last = Math.max(1, ...this.series.map(([, , column]) => column.length));
    this.place(Math.max(1, Math.min(last, (this.at ?? last) + step)));
  }

  place(epoch) {
    this.at = epoch;
    if (this.cross && this.x) {
      this.cross.setAttribute("visibility", epoch ? "visible" : "hidden");
      if (epoch) for (const side of ["x1", "x2"]) this.cross.setAttribute(side, this.x(epoch));
    }
    this.words();
  }
}

/** Round numbers from `low` to `high`, about `count` of them. */
export function ticks(low, high, count) {
  if (high <= low) return [low];
  const rough = (high - low) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough * 0.999);
  const found = [];
  for (let value = Math.floor(low / step + 1e-9) * step; value < high + step * 0.999; value += step)
    found.push(Number(value.toPrecision(12)));
  return found;
}
