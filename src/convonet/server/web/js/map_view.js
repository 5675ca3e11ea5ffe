// A map of images on a canvas: zoomed with the wheel, moved by dragging, selected with a lasso; where few
// images are in sight, they are shown themselves.

import {counted, h} from "./dom.js";
import {MapPainter} from "./map_painter.js";

const MARGIN = 24;
const NEAREST = 12;
const MOST_ZOOM = 400;
const MOST_SHOWN = 8;
const STEP = 1.4;
const PAN = 60;
const CLICK = 4;

/** Dispatches `select` when other rows are selected, `hover` when the mouse is over another one. */
export class MapView extends EventTarget {
  /**
   * @param map the document of the map
   * @param address the address of the image of a row
   */
  constructor(map, address) {
    super();
    Object.assign(this, {map, selected: new Set(), hidden: new Set(), hovered: -1});
    Object.assign(this, {selecting: false, lasso: null, drag: null});
    this.canvas = h("canvas", {
      tabIndex: 0,
      role: "img",
      "aria-label":
        `Map of ${counted(map.images)}. Arrow keys move it, plus and minus zoom, 0 shows the whole map. ` +
        "The lists below show images from the map.",
    });
    this.element = h(".map-view", {}, this.canvas);
    this.bounds = boundsOf(map);
    this.painter = new MapPainter(this, address);
    this.watch = new ResizeObserver(() => this.resize());
    this.watch.observe(this.element);
    this.listen();
  }

  listen() {
    const on = (name, act) => this.canvas.addEventListener(name, act);
    on("pointerdown", (event) => this.press(event));
    on("pointermove", (event) => this.move(event));
    on("pointerup", (event) => this.release(event));
    on("pointercancel", () => this.give());
    on("pointerleave", () => this.hover(-1));
    on("keydown", (event) => this.key(event));
    this.canvas.addEventListener("wheel", (event) => this.wheel(event), {passive: false});
  }

  /** Colour by `{groups, group}`; those in `hidden` are left out. */
  color(coloring) {
    this.coloring = coloring;
    this.groups = Int32Array.from(this.map.labels, (_, row) => coloring.group(row));
    this.hidden = new Set();
    this.draw();
  }

  /** Show or hide the images of a group. */
  toggle(group, on) {
    if (on) this.hidden.delete(group);
    else this.hidden.add(group);
    this.draw();
  }

  select(rows, tell = true) {
    this.selected = new Set(rows);
    this.draw();
    if (tell) this.dispatchEvent(new Event("select"));
  }

  resize() {
    const {clientWidth: width, clientHeight: height} = this.element;
    if (!width || !height) return;
    const first = !this.width;
    const ratio = window.devicePixelRatio || 1;
    Object.assign(this, {width, height});
    Object.assign(this.canvas, {width: Math.round(width * ratio), height: Math.round(height * ratio)});
    if (first) this.whole();
    else this.draw();
  }

  /** Show all of the map. */
  whole() {
    this.fit(this.bounds);
    this.least = this.scale;
  }

  /** Bring rows into sight, as large as there is room. */
  show(rows) {
    if (!rows.length || !this.width) return;
    const here = (values) => rows.map((row) => values[row]);
    this.fit(boundsOf({x: here(this.map.x), y: here(this.map.y)}), MOST_SHOWN);
  }

  fit({left, top, right, bottom}, most = Infinity) {
    const across = (this.width - 2 * MARGIN) / Math.max(right - left, 1e-9);
    const down = (this.height - 2 * MARGIN) / Math.max(bottom - top, 1e-9);
    this.scale = Math.min(across, down, most * (this.least ?? 1));
    this.x0 = this.width / 2 - (this.scale * (left + right)) / 2;
    this.y0 = this.height / 2 - (this.scale * (top + bottom)) / 2;
    this.draw();
  }

  zoom(factor, x = this.width / 2, y = this.height / 2) {
    const scale = Math.max(this.least / 2, Math.min(this.least * MOST_ZOOM, this.scale * factor));
    this.x0 = x - ((x - this.x0) * scale) / this.scale;
    this.y0 = y - ((y - this.y0) * scale) / this.scale;
    this.scale = scale;
    this.draw();
  }

  pan(x, y) {
    this.x0 += x;
    this.y0 += y;
    this.draw();
  }

  place(row) {
    return [this.x0 + this.scale * this.map.x[row], this.y0 + this.scale * this.map.y[row]];
  }

  /** The row nearest to a place of the canvas; -1 where none is near. */
  near(x, y) {
    let [best, least] = [-1, NEAREST ** 2];
    for (let row = 0; row < this.map.images; row += 1) {
      const [a, b] = this.place(row);
      const apart = (a - x) ** 2 + (b - y) ** 2;
      if (apart < least && !this.hidden.has(this.groups[row])) [best, least] = [row, apart];
    }
    return best;
  }

  press(event) {
    if (event.button !== 0) return;
    this.canvas.setPointerCapture(event.pointerId);
    const [x, y] = [event.offsetX, event.offsetY];
    this.drag = {x, y, from: [x, y], moved: false};
    if (this.selecting || event.shiftKey) this.lasso = [[x, y]];
  }

  move(event) {
    const [x, y] = [event.offsetX, event.offsetY];
    if (!this.drag) return this.hover(this.near(x, y), x, y);
    const [fromX, fromY] = this.drag.from;
    if (Math.hypot(x - fromX, y - fromY) > CLICK) this.drag.moved = true;
    if (this.lasso) {
      this.lasso.push([x, y]);
      this.draw();
    } else if (this.drag.moved) this.pan(x - this.drag.x, y - this.drag.y);
    Object.assign(this.drag, {x, y});
  }

  release(event) {
    const {drag, lasso} = this;
    this.give();
    if (!drag) return;
    if (!drag.moved) {
      const row = this.near(event.offsetX, event.offsetY);
      const kept = event.ctrlKey || event.metaKey ? [...this.selected] : [];
      this.select(row < 0 ? kept : [...kept, row]);
    } else if (lasso) this.select(this.within(lasso));
  }

  give() {
    Object.assign(this, {drag: null, lasso: null});
    this.draw();
  }

  /** The rows inside a polygon on the canvas. */
  within(polygon) {
    const found = [];
    for (let row = 0; row < this.map.images; row += 1) {
      if (!this.hidden.has(this.groups[row]) && isInside(polygon, ...this.place(row))) found.push(row);
    }
    return found;
  }

  hover(row, x = 0, y = 0) {
    if (row === this.hovered) return;
    Object.assign(this, {hovered: row, hoveredAt: [x, y]});
    this.canvas.style.cursor = row >= 0 ? "pointer" : this.selecting ? "crosshair" : "grab";
    this.draw();
    this.dispatchEvent(new Event("hover"));
  }

  wheel(event) {
    event.preventDefault();
    this.zoom(Math.exp(-event.deltaY / 400), event.offsetX, event.offsetY);
  }

  key(event) {
    const act = {
      ArrowLeft: () => this.pan(PAN, 0),
      ArrowRight: () => this.pan(-PAN, 0),
      ArrowUp: () => this.pan(0, PAN),
      ArrowDown: () => this.pan(0, -PAN),
      "+": () => this.zoom(STEP),
      "=": () => this.zoom(STEP),
      "-": () => this.zoom(1 / STEP),
      0: () => this.whole(),
      Escape: () => this.select([]),
    }[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  }

  draw() {
    if (this.drawing) return;
    this.drawing = requestAnimationFrame(() => {
      this.drawing = 0;
      if (this.width && this.groups) this.painter.paint();
    });
  }

  close() {
    this.watch.disconnect();
  }
}

function boundsOf({x, y}) {
  const least = (values) => values.reduce((a, b) => Math.min(a, b), Infinity);
  const most = (values) => values.reduce((a, b) => Math.max(a, b), -Infinity);
  return {left: least(x), top: least(y), right: most(x), bottom: most(y)};
}

/** Whether a place lies inside a polygon, by the even-odd rule. */
export function isInside(polygon, x, y) {
  let inside = false;
  for (let at = 0, before = polygon.length - 1; at < polygon.length; before = at, at += 1) {
    const [ax, ay] = polygon[at];
    const [bx, by] = polygon[before];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  }
  return inside;
}
