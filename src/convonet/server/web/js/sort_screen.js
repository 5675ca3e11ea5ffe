// The images that are sorted, in rows: selected by clicks and by dragging, and dragged onto an answer.

import {pictureOf} from "./api.js";
import {counted, fill, h, percent, say} from "./dom.js";

const DRAG = 8;

/**
 * The rows of a page that sorts. `does.keys` holds the buttons of the answers; `selected()` is called when
 * other images are selected, `answer(label)` when they are dropped onto a button, `acceptRow(row)` and
 * `keepRow(row)` by the buttons of a row.
 */
export function sortScreen(page, does) {
  const state = {rows: [], chosen: new Set(), brush: false, drag: null};
  const grid = h(".sort-grid");
  const carried = h("div.sort-carried", {hidden: true, "aria-hidden": "true"});
  page.place.append(carried);
  page.on(document, "pointermove", moved);
  page.on(document, "pointerup", released);
  page.on(document, "pointercancel", letGo);
  return {
    grid,
    show,
    restOf,
    rowHere,
    /** Paths of the images that are selected. */
    get chosen() {
      return state.chosen;
    },
  };

  /** Show other rows, with nothing selected; `empty` says why there are none. */
  function show(rows, empty) {
    Object.assign(state, {rows, chosen: new Set()});
    fill(grid, ...(rows.length ? rows.map(row) : [h("p", {}, empty)]));
  }

  /** The row of the image that has the focus, or the first one. */
  function rowHere() {
    return (
      state.rows.find((each) => each.images.some(({element}) => element === document.activeElement)) ??
      state.rows[0]
    );
  }

  function row(each) {
    const doubted = each.images[0].label !== null;
    const title = each.suggestion ? `${doubted ? "Perhaps " : ""}${each.suggestion}` : "Similar images";
    const button = (text, act) => h("button", {type: "button", onclick: act}, text);
    const acts = each.suggestion
      ? [button("Accept row", () => does.acceptRow(each))]
      : [button("Select row", () => selectRow(each))];
    if (doubted) acts.push(button("Keep labels", () => does.keepRow(each)));
    return h(
      "section.sort-row",
      {"aria-label": title},
      h(".sort-title", {}, h("strong", {}, title), acts),
      h(".sort-images", {}, each.images.map(picture)),
    );
  }

  function picture(image) {
    const sure = image.suggestion ? percent(image.confidence) : "";
    const said = image.suggestion ? `${image.suggestion}, ${sure}` : "";
    const under = image.label === null ? sure : `now ${image.label}`;
    const element = h(
      "button.sort-image",
      {type: "button", title: `${image.path} ${said}`.trim(), "aria-pressed": "false"},
      h("img", {src: pictureOf(image.image), alt: image.path, width: 96, height: 96, draggable: false}),
      h("span.small", {}, under),
    );
    // Dragging over images selects them. One that is selected is dragged onto an answer, or taken out by a click.
    element.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      event.preventDefault();
      element.focus();
      element.releasePointerCapture?.(event.pointerId);
      if (state.chosen.has(image.path))
        state.drag = {image, x: event.clientX, y: event.clientY, moved: false};
      else {
        state.brush = true;
        choosePicture(element, image, true);
      }
    });
    element.addEventListener("pointerenter", () => state.brush && choosePicture(element, image, true));
    element.addEventListener("keydown", (event) => {
      if (event.key !== " " && event.key !== "Enter") return;
      event.preventDefault();
      choosePicture(element, image, !state.chosen.has(image.path));
    });
    image.element = element;
    return element;
  }

  function moved(event) {
    const {drag} = state;
    if (!drag) return;
    if (Math.hypot(event.clientX - drag.x, event.clientY - drag.y) > DRAG) drag.moved = true;
    if (!drag.moved) return;
    carried.hidden = false;
    say(carried, counted(state.chosen.size));
    carried.style.left = `${event.clientX + 12}px`;
    carried.style.top = `${event.clientY + 12}px`;
    const over = answerAt(event);
    for (const key of does.keys.children) key.classList.toggle("over", key === over);
  }

  function released(event) {
    const {drag} = state;
    const over = drag?.moved ? answerAt(event) : null;
    letGo();
    if (over) does.answer(over.dataset.answer);
    else if (drag && !drag.moved) choosePicture(drag.image.element, drag.image, false);
  }

  function letGo() {
    Object.assign(state, {brush: false, drag: null});
    carried.hidden = true;
    for (const key of does.keys.children) key.classList.remove("over");
  }

  function answerAt(event) {
    return document.elementFromPoint(event.clientX, event.clientY)?.closest("[data-answer]") ?? null;
  }

  function choosePicture(element, image, on) {
    if (on) state.chosen.add(image.path);
    else state.chosen.delete(image.path);
    element.setAttribute("aria-pressed", String(on));
    does.selected();
  }

  function selectRow(each) {
    for (const image of each.images) choosePicture(image.element, image, true);
  }

  /** The paths of a row without those that are selected, which wait for an answer of their own. */
  function restOf(each) {
    return each.images.map((image) => image.path).filter((path) => !state.chosen.has(path));
  }
}
