// Very many pictures in a scrolled field: only those that are seen exist, and only a few pages of their list are kept.

import {h, whole} from "./dom.js";

const WIDE = 112;
const PAGE = 200;
const KEPT_PAGES = 6;
const AROUND = 2;

/**
 * @param load `(offset, limit) => {total, items: [{src, alt, under, key}]}`
 * @param open called with an item and its place
 */
export class Grid {
  constructor(label, load, open, {tall = 132} = {}) {
    this.load = load;
    this.open = open;
    this.tall = tall;
    this.total = 0;
    this.pages = new Map();
    this.shown = new Map();
    this.active = 0;
    this.turn = 0;
    this.space = h(".space", {"aria-hidden": "true"});
    this.element = h(".grid", {role: "list", "aria-label": label, tabindex: -1}, this.space);
    this.element.addEventListener("scroll", () => this.draw(), {passive: true});
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
    this.total = 0;
    this.active = 0;
    this.element.scrollTop = 0;
    await this.page(0);
  }

  clear() {
    for (const element of this.shown.values()) drop(element);
    this.shown.clear();
  }

  get columns() {
    return Math.max(1, Math.floor((this.element.clientWidth - 8) / WIDE));
  }

  layout() {
    const height = Math.max(1, Math.ceil(this.total / this.columns)) * this.tall + 8;
    this.space.style.height = `${height}px`;
    this.element.style.height = `${height + 2}px`;
    this.clear();
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
      this.pages.delete(number);
      throw error;
    }
    if (turn !== this.turn) return;
    this.pages.set(number, found.items);
    while (this.pages.size > KEPT_PAGES) this.pages.delete(this.farthest(number));
    if (found.total !== this.total) {
      this.total = found.total;
      this.layout();
    } else this.draw();
  }

  farthest(number) {
    return [...this.pages.keys()].reduce((far, each) => (Math.abs(each - number) > Math.abs(far - number) ? each : far), number);
  }

  draw() {
    if (!this.total || !this.element.clientHeight) return;
    const {columns, tall, element} = this;
    const first = Math.max(0, Math.floor(element.scrollTop / tall) - AROUND) * columns;
    const last = Math.min(this.total, (Math.ceil((element.scrollTop + element.clientHeight) / tall) + AROUND) * columns);
    for (const [place, made] of this.shown) {
      if (place < first || place >= last) {
        drop(made);
        this.shown.delete(place);
      }
    }
    const missing = new Set();
    for (let place = first; place < last; place += 1) {
      if (this.shown.has(place)) continue;
      const item = this.pages.get(Math.floor(place / PAGE))?.[place % PAGE];
      if (item) this.put(place, item);
      else missing.add(Math.floor(place / PAGE));
    }
    if (missing.size) this.fetch(missing);
  }

  // While somebody scrolls through thousands, only where they come to rest is asked for.
  fetch(numbers) {
    clearTimeout(this.resting);
    this.resting = setTimeout(() => numbers.forEach((number) => this.page(number).catch(() => this.failed())), 60);
  }

  failed() {
    this.resting = setTimeout(() => this.draw(), 2000);
  }

  put(place, item) {
    const left = 6 + (place % this.columns) * WIDE + Math.max(0, (this.element.clientWidth - this.columns * WIDE - 8) / 2);
    const made = h("button.pic", {
      type: "button", role: "listitem", "aria-label": item.alt, "aria-posinset": place + 1, "aria-setsize": this.total,
      tabIndex: place === this.active ? 0 : -1, onclick: () => this.chosen(place),
    }, h(".frame", {}, h("img", {src: item.src, alt: "", width: 96, height: 96, decoding: "async"})), h(".under", {}, item.under));
    Object.assign(made.style, {left: `${left}px`, top: `${4 + Math.floor(place / this.columns) * this.tall}px`, width: `${WIDE - 4}px`, height: `${this.tall - 4}px`});
    this.shown.set(place, made);
    this.element.append(made);
  }

  item(place) {
    return this.pages.get(Math.floor(place / PAGE))?.[place % PAGE];
  }

  chosen(place) {
    this.active = place;
    const item = this.item(place);
    if (item) this.open(item, place);
  }

  key(event) {
    const rows = Math.max(1, Math.floor(this.element.clientHeight / this.tall));
    const step = {ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.columns, ArrowDown: this.columns, PageUp: -rows * this.columns, PageDown: rows * this.columns, Home: -Infinity, End: Infinity}[event.key];
    if (!step) return;
    event.preventDefault();
    this.shown.get(this.active)?.setAttribute("tabindex", "-1");
    this.active = Math.max(0, Math.min(this.total - 1, this.active + step));
    const top = Math.floor(this.active / this.columns) * this.tall;
    if (top < this.element.scrollTop) this.element.scrollTop = top;
    else if (top + this.tall > this.element.scrollTop + this.element.clientHeight) this.element.scrollTop = top + this.tall - this.element.clientHeight;
    this.draw();
    const now = this.shown.get(this.active);
    now?.setAttribute("tabindex", "0");
    now?.focus({preventScroll: true});
  }
}

// A picture that is still on its way would keep its element, and the server, at work for nobody.
function drop(element) {
  element.querySelector("img").removeAttribute("src");
  element.remove();
}

/** A caption with how many there are. */
export const counted = (total, what = "image") => `${whole(total)} ${what}${total === 1 ? "" : "s"}`;

