// Very many pictures in a scrolled field: only the rows near what is seen exist, made of the same few
// elements again
// and again, and only a few pages of their list are kept.

import {h, whole} from "./dom.js";
import {Frame} from "./frame.js";

const WIDE = 104;
const PAGE = 200;
const KEPT_PAGES = 6;
const AROUND = 2;

/**
 * @param load `(offset, limit) => {total, items: [{src, alt, under, mark}]}`
 * @param open called with an item and its place
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
    this.shown = new Map(); // place → frame
    this.spare = [];
    this.chosen = new Map(); // place → item
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

  /** Show what the list is now, at the place where it stands. */
  async renew() {
    this.turn += 1;
    this.pages.clear();
    this.select([]);
    await Promise.all(
      [...new Set([...this.shown.keys(), this.active].map((place) => Math.floor(place / PAGE)))].map(
        (number) => this.page(number),
      ),
    );
    for (const [place, frame] of this.shown) if (this.item(place)) frame.show(this.item(place));
  }

  clear() {
    for (const place of [...this.shown.keys()]) this.take(place);
  }

  get columns() {
    return Math.max(1, Math.floor((this.element.clientWidth - 8) / WIDE));
  }

  layout() {
    const height = Math.max(1, Math.ceil(this.total / this.columns)) * this.tall + 8;
    this.space.style.height = `${height}px`;
    this.element.style.height = `${height + 2}px`;
    for (const [place, frame] of this.shown) this.put(place, frame);
    this.draw();
  }

  /** The page of a place; what is far away is forgotten. */
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

  /** The places from the first to behind the last that are seen, and some rows around them. */
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
    for (const [place, frame] of this.shown)
      if ((place < first || place >= last) && (!frame.focused || place >= this.total)) this.take(place);
    const missing = new Set();
    for (let place = first; place < last; place += 1) {
      const item = this.item(place);
      if (!this.shown.has(place) && item) this.give(place, item);
      if (!item) missing.add(Math.floor(place / PAGE));
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

  /** A frame for a place: one that is spare, else a new one. */
  give(place, item) {
    const frame = this.spare.pop() ?? new Frame((frame, what) => this.act(frame.place, what));
    this.shown.set(place, frame);
    this.put(place, frame);
    frame.show(item);
  }

  /** Where a frame stands, for the eye and for screen readers. */
  put(place, frame) {
    const left =
      6 +
      (place % this.columns) * WIDE +
      Math.max(0, (this.element.clientWidth - this.columns * WIDE - 8) / 2);
    frame.place = place;
    frame.stand(left, 4 + Math.floor(place / this.columns) * this.tall, WIDE - 4, this.tall - 4);
    frame.count(place + 1, this.total);
    frame.reach(place === this.active);
    frame.select(this.chosen.has(place));
  }

  take(place) {
    const frame = this.shown.get(place);
    this.shown.delete(place);
    frame.empty();
    this.spare.push(frame);
  }

  // Screen readers go by the order of the elements. The one in use is not moved, since that would take
  // the focus away.
  order() {
    const sorted = [...this.shown.keys()].sort((a, b) => a - b).map((place) => this.shown.get(place).element);
    let next = this.list.firstChild;
    for (const element of sorted) {
      if (element.contains(document.activeElement))
        while (next !== element && next) next = moved(this.list, next);
      if (element === next) next = next.nextSibling;
      else this.list.insertBefore(element, next);
    }
  }

  item(place) {
    return this.pages.get(Math.floor(place / PAGE))?.[place % PAGE];
  }

  act(place, what) {
    this.reach(place);
    const item = this.item(place);
    if (!item) return;
    if (what === "open") return this.open(item, place);
    this.shown.get(place)?.focus();
    const places = this.chosen.has(place)
      ? [...this.chosen.keys()].filter((each) => each !== place)
      : [...this.chosen.keys(), place];
    this.select(places);
  }

  /** Select these places and no others. */
  select(places) {
    if (!places.length && !this.chosen.size) return;
    this.chosen = new Map(places.map((place) => [place, this.chosen.get(place) ?? this.item(place)]));
    for (const [place, frame] of this.shown) frame.select(this.chosen.has(place));
    this.selected([...this.chosen.values()]);
  }

  /** The one frame that Tab comes to. */
  reach(place) {
    this.shown.get(this.active)?.reach(false);
    this.active = place;
    this.shown.get(place)?.reach(true);
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

  async go(place) {
    this.reach(place);
    const top = Math.floor(place / this.columns) * this.tall;
    if (top < this.element.scrollTop) this.element.scrollTop = top;
    else if (top + this.tall > this.element.scrollTop + this.element.clientHeight)
      this.element.scrollTop = top + this.tall - this.element.clientHeight;
    this.draw();
    if (!this.shown.has(place)) await this.page(Math.floor(place / PAGE)).catch(() => {});
    if (place !== this.active) return;
    this.shown.get(place)?.focus();
    this.draw();
  }
}

/** Put an element at the end of its list; gives the one that stood behind it. */
function moved(list, element) {
  const next = element.nextSibling;
  list.append(element);
  return next;
}

/** A caption with how many there are. */
export const counted = (total, what = "image") => `${whole(total)} ${what}${total === 1 ? "" : "s"}`;
