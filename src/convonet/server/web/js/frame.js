// One picture of a grid: an element that shows one image after another, so that scrolling makes no new ones.

import {h, say} from "./dom.js";

export class Frame {
  /** @param act called with the frame and what was done: `open` or `select` */
  constructor(act) {
    this.image = h("img", {alt: "", width: 96, height: 96, decoding: "async"});
    this.under = [h("b"), h("span"), h("span.second")];
    this.mark = h("span.mark", {hidden: true});
    this.check = h("span.check", {"aria-hidden": "true"});
    this.element = h(
      ".pic",
      {role: "option", onclick: (event) => act(this, this.means(event) ? "select" : "open")},
      h(".frame", {}, this.image, this.mark),
      this.check,
      h(".under", {}, this.under),
    );
    // An element keeps its last image until the next is there; that would be a picture over another
    // one's name.
    this.image.addEventListener("load", () => {
      this.image.hidden = false;
    });
    this.image.addEventListener("error", () =>
      this.image.parentElement.classList.toggle("broken", this.image.hasAttribute("src")),
    );
  }

  means(event) {
    return event.ctrlKey || event.metaKey || event.target === this.check;
  }

  /** Show an item: `{src, alt, under: [bold, beside, below], mark}`. */
  show(item) {
    // Images outside the server's folder have an answer and no picture.
    this.image.parentElement.classList.toggle("outside", !item.src);
    if (this.image.getAttribute("src") !== (item.src || null)) {
      this.image.hidden = true;
      this.image.parentElement.classList.remove("broken");
      if (item.src) this.image.src = item.src;
      else this.image.removeAttribute("src");
    }
    this.under.forEach((line, index) => say(line, item.under[index] ?? ""));
    say(this.mark, item.mark ?? "");
    this.mark.hidden = !item.mark;
    this.element.setAttribute("aria-label", item.mark ? `${item.alt}, ${item.mark}` : item.alt);
  }

  stand(left, top, width, height) {
    Object.assign(this.element.style, {
      left: `${left}px`,
      top: `${top}px`,
      width: `${width}px`,
      height: `${height}px`,
    });
  }

  count(position, total) {
    this.element.setAttribute("aria-posinset", position);
    this.element.setAttribute("aria-setsize", total);
  }

  select(on) {
    this.element.setAttribute("aria-selected", String(on));
  }

  reach(on) {
    this.element.tabIndex = on ? 0 : -1;
  }

  focus() {
    this.element.focus({preventScroll: true});
  }

  get focused() {
    return this.element === document.activeElement;
  }

  /** Give the picture up, also one that is still on its way. */
  empty() {
    this.image.hidden = true;
    this.image.removeAttribute("src");
    this.element.remove();
  }
}
