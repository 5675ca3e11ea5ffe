// Very many pictures in a scrolled field: only the rows near what is seen exist, made of the same few
// elements again
// and again, and only a few pages of their list are kept.

import {h} from "./dom.js";
import {Frame} from "./frame.js";

const WIDE = 104;
const PAGE = 200;
const KEPT_PAGES = 6;
const AROUND = 2;

/**
 * @param load `(offset, limit) => {total, items: [{src, alt, under, mark}]}`
 * @param open called with an item and its index
 * @param selected called with the items that are selected, whenever they are others
 */
export class Grid {
  constructor(label, load, open, {tall = 132, selected = () => {}} = {}) {
    this.load = load;
    this.open = open;
    this.tall = tall;
    this.selected = selected;
    this.total = 0;
    this.pages = new Map();
    this.shown = new Map(); // index → frame
    this.spare = [];
    this.chosen = new Map(); // index → item
    this.active = 0;
    this.turn = 0;
    this.space = h(".space", {"aria-hidden": "true"});
    this.list = h("div", {role: "listbox", "aria-label": label, "aria-multiselectable": "true"});
    this.element = h(".grid", {tabindex: -1}, this.space, this.list);
    this.element.addEventListener("scroll", () => this.soon(), {passive: true});
    this.element.addEventListener("keydown", (event) => this.key(event));
    this.watch = new ResizeObserver(() => this.layout());
    this.watch.observe(this.element);
  }

  /** Show another list from its beginning. */
  async reset(load = this.load) {
    this.load = load;
    this.turn += 1;
    this.pages.clear();
    this.clear();
    this.select([]);
    this.total = 0;
    this.active = 0;
    this.element.scrollTop = 0;
    await this.page(0);
  }

  /** Show what the list is now, scrolled as it is. */
  async renew() {
    this.turn += 1;
    this.pages.clear();
    this.select([]);
    await Promise.all(
      [...new Set([...this.shown.keys(), this.active].map((index) => Math.floor(index / PAGE)))].map(
        (number) => this.page(number),
      ),
    );
    for (const [index, frame] of this.shown) if (this.item(index)) frame.show(this.item(index));
  }

  clear() {
    for (const index of [...this.shown.keys()]) this.take(index);
  }

  get columns() {
    return Math.max(1, Math.floor((this.element.clientWidth - 8) / WIDE));
  }

  layout() {
    const height = Math.max(1, Math.ceil(this.total / this.columns)) * this.tall + 8;
    this.space.style.height = `${height}px`;
    this.element.style.height = `${height + 2}px`;
    for (const [index, frame] of this.shown) this.put(index, frame);
    this.draw();
  }

  /** Load a page of the list; pages far away are forgotten. */
  async page(number) {
    if (this.pages.has(number)) return;
    const turn = this.turn;
    this.pages.set(number, null);
    let found;
    try {
      found = await this.load(number * PAGE, PAGE);
    } catch (error) {
      if (turn === this.turn) this.pages.delete(number);
      throw error;
    }
    if (turn !== this.turn) return;
    this.pages.set(number, found.items);
    while (this.pages.size > KEPT_PAGES) this.pages.delete(this.farthest(number));
    if (found.total !== this.total) {
      this.total = found.total;
      this.active = Math.max(0, Math.min(this.active, this.total - 1));
      this.layout();
    } else this.draw();
  }

  farthest(number) {
    return [...this.pages.keys()].reduce(
      (far, each) => (Math.abs(each - number) > Math.abs(far - number) ? each : far),
      number,
    );
  }

  soon() {
    if (this.drawing) return;
    this.drawing = requestAnimationFrame(() => {
      this.drawing = 0;
      this.draw();
    });
  }

  /** The first index that is seen and the one behind the last, with some rows around them. */
  range() {
    const {columns, tall, element} = this;
    const first = Math.max(0, Math.floor(element.scrollTop / tall) - AROUND) * columns;
    return [
      first,
      Math.min(this.total, (Math.ceil((element.scrollTop + element.clientHeight) / tall) + AROUND) * columns),
    ];
  }

  draw() {
    if (!this.element.clientHeight) return;
    const [first, last] = this.range();
    for (const [index, frame] of this.shown)
      if ((index < first || index >= last) && (!frame.focused || index >= this.total)) this.take(index);
    const missing = new Set();
    for (let index = first; index < last; index += 1) {
      const item = this.item(index);
      if (!this.shown.has(index) && item) this.give(index, item);
      if (!item) missing.add(Math.floor(index / PAGE));
    }
    this.order();
    if (missing.size) this.fetch(missing);
  }

  // While somebody scrolls through thousands, only where they come to rest is asked for.
  fetch(numbers) {
    clearTimeout(this.resting);
    this.resting = setTimeout(
      () => numbers.forEach((number) => this.page(number).catch(() => this.failed())),
      60,
    );
  }

  failed() {
    this.resting = setTimeout(() => this.draw(), 2000);
  }

  /** A frame for an index: one that is spare, else a new one. */
  give(index, item) {
    const frame = this.spare.pop() ?? new Frame((frame, what) => this.act(frame.index, what));
    this.shown.set(index, frame);
    this.put(index, frame);
    frame.show(item);
  }

  /** Where a frame stands, for the eye and for screen readers. */
  put(index, frame) {
    const left =
      6 +
      (index % this.columns) * WIDE +
      Math.max(0, (this.element.clientWidth - this.columns * WIDE - 8) / 2);
    frame.index = index;
    frame.stand(left, 4 + Math.floor(index / this.columns) * this.tall, WIDE - 4, this.tall - 4);
    frame.count(index + 1, this.total);
    frame.reach(index === this.active);
    frame.select(this.chosen.has(index));
  }

  take(index) {
    const frame = this.shown.get(index);
    this.shown.delete(index);
    frame.empty();
    this.spare.push(frame);
  }

  // Screen readers go by the order of the elements. The one in use is not moved, since that would take
  // the focus away.
  order() {
    const sorted = [...this.shown.keys()].sort((a, b) => a - b).map((index) => this.shown.get(index).element);
    let next = this.list.firstChild;
    for (const element of sorted) {
      if (element.contains(document.activeElement))
        while (next !== element && next) next = moved(this.list, next);
      if (element === next) next = next.nextSibling;
      else this.list.insertBefore(element, next);
    }
  }

  item(index) {
    return this.pages.get(Math.floor(index / PAGE))?.[index % PAGE];
  }

  act(index, what) {
    this.reach(index);
    const item = this.item(index);
    if (!item) return;
    if (what === "open") return this.open(item, index);
    this.shown.get(index)?.focus();
    const indices = this.chosen.has(index)
      ? [...this.chosen.keys()].filter((each) => each !== index)
      : [...this.chosen.keys(), index];
    this.select(indices);
  }

  /** Select these indices and no others. */
  select(indices) {
    if (!indices.length && !this.chosen.size) return;
    this.chosen = new Map(indices.map((index) => [index, this.chosen.get(index) ?? this.item(index)]));
    for (const [index, frame] of this.shown) frame.select(this.chosen.has(index));
    this.selected([...this.chosen.values()]);
  }

  /** The one frame that Tab comes to. */
  reach(index) {
    this.shown.get(this.active)?.reach(false);
    this.active = index;
    this.shown.get(index)?.reach(true);
  }

  key(event) {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      return this.act(this.active, event.key === " " ? "select" : "open");
    }
    const rows = Math.max(1, Math.floor(this.element.clientHeight / this.tall));
    const step = {
      ArrowLeft: -1,
      ArrowRight: 1,
      ArrowUp: -this.columns,
      ArrowDown: this.columns,
      PageUp: -rows * this.columns,
      PageDown: rows * this.columns,
      Home: -Infinity,
      End: Infinity,
    }[event.key];
    if (!step || !this.total) return;
    event.preventDefault();
    this.go(Math.max(0, Math.min(this.total - 1, this.active + step)));
  }

  async go(index) {
    this.reach(index);
    const top = Math.floor(index / this.columns) * this.tall;
    if (top < this.element.scrollTop) this.element.scrollTop = top;
    else if (top + this.tall > this.element.scrollTop + this.element.clientHeight)
      this.element.scrollTop = top + this.tall - this.element.clientHeight;
    this.draw();
    if (!this.shown.has(index)) await this.page(Math.floor(index / PAGE)).catch(() => {});
    if (index !== this.active) return;
    this.shown.get(index)?.focus();
    this.draw();
  }
}

/** Put an element at the end of its list; gives the one that stood behind it. */
function moved(list, element) {
  const next = element.nextSibling;
  list.append(element);
  return next;
}
