// Sort unlabelled images: name classes, select with the mouse, answer with number keys, accept rows.

import {call, pictureOf, query, seg} from "../api.js";
import {chooseFolder} from "../dialogs.js";
import {fill, h, head, note, percent, say, whole} from "../dom.js";
import {store, takeImages} from "../store.js";

const POLL_MS = 1000;
const ORDERS = [
  ["uncertain", "Least certain first"],
  ["certain", "Most certain first"],
  ["similar", "Similar images"],
  ["review", "Labels in doubt"],
];
const NONE = "none_of_these";
const SKIP = "skip";
const KEEP = "keep";
const DRAG = 8;
const KEYED = 9;
const PITCH = 108;

export function sortPage(page) {
  const choose = h("button.primary", {type: "button", onclick: chooseAndBegin}, "Choose a folder …");
  const body = h("div");
  fill(page.place, head("Sort", "Label images and get a label table.", choose), body);
  const state = {id: "", about: null, rows: [], order: "uncertain", chosen: new Set(), brush: false};
  const carried = h("div.sort-carried", {hidden: true, "aria-hidden": "true"});
  page.place.append(carried);
  page.on(document, "keydown", pressed);
  page.on(document, "pointermove", moved);
  page.on(document, "pointerup", released);
  page.on(document, "pointercancel", letGo);
  if (page.part) begin(page.part);

  async function chooseAndBegin() {
    const folder = await chooseFolder("Images to sort", page.part || store.data.train_dir);
    if (folder !== null) location.hash = `sort/${encodeURIComponent(folder)}`;
  }

  async function begin(folder) {
    fill(
      body,
      h("p.muted", {role: "status"}, "Reading the images. This takes about a minute per thousand …"),
    );
    try {
      let answer = await call("sort", {method: "POST", body: {folder}, signal: page.signal});
      while (!answer.ready) {
        await new Promise((done) => setTimeout(done, POLL_MS));
        answer = await call("sort", {method: "POST", body: {folder}, signal: page.signal});
      }
      Object.assign(state, {id: answer.id, about: answer});
      build();
      await draw();
    } catch (error) {
      if (error.name !== "AbortError") fill(body, h("p.bad", {role: "alert"}, error.message));
    }
  }

  function build() {
    const names = h("input", {type: "text", id: "sort-classes", placeholder: "rose, tulip, daisy"});
    names.value = state.about.classes.map((each) => each.class).join(", ");
    const form = h(
      "form.row",
      {onsubmit: (event) => nameClasses(event, names.value)},
      h(".field.grow", {}, h("label", {htmlFor: "sort-classes"}, "Classes, separated by commas"), names),
      h("button", {type: "submit"}, "Set classes"),
    );
    const order = h("select", {id: "sort-order", onchange: () => reorder(order.value)});
    fill(order, ...ORDERS.map(([value, title]) => h("option", {value}, title)));
    order.value = state.order;
    state.keys = h(".row.sort-keys", {role: "group", "aria-label": "Answers"});
    state.words = h("p.muted", {role: "status"});
    state.answers = h(".sort-answers", {}, state.keys, state.words);
    state.grid = h(".sort-grid");
    state.folders = h("button", {type: "button", onclick: takeFolders}, "Use folder names as labels");
    fill(
      body,
      h(".card", {}, form),
      state.answers,
      h(
        ".row",
        {},
        h(".field", {}, h("label", {htmlFor: "sort-order"}, "Order"), order),
        h("button", {type: "button", onclick: undo}, "Undo"),
        h("button", {type: "button", onclick: copy}, "Copy class folders …"),
        state.folders,
        h("button", {type: "button", onclick: train}, "Train with these labels"),
      ),
      state.grid,
    );
    keys();
  }

  function keys() {
    const counts = state.about.classes;
    const made = counts.map((each, index) =>
      key(index < KEYED ? String(index + 1) : "", each.class, each.class, each.labelled),
    );
    made.push(key("0", "None of these", NONE, state.about[NONE]), key("s", "Skip", SKIP, state.about[SKIP]));
    fill(state.keys, ...made);
    state.folders.hidden = !state.about.in_folders;
    words();
  }

  function words() {
    const {images, left, presses} = state.about;
    const chosen = state.chosen.size ? ` · ${whole(state.chosen.size)} selected` : "";
    say(state.words, `${whole(left)} of ${whole(images)} images left, ${whole(presses)} answers${chosen}`);
  }

  function key(sign, title, label, count) {
    const parts = [sign ? h("kbd", {}, sign) : null, ` ${title} `, h("span.muted", {}, whole(count))];
    const made = h("button", {type: "button", onclick: () => answer(label)}, parts);
    made.dataset.answer = label;
    return made;
  }

  async function draw() {
    const columns = Math.max(3, Math.floor(body.clientWidth / PITCH));
    const asked = query({order: state.order, columns});
    const found = await call(`sort/${seg(state.id)}/screen${asked}`, {signal: page.signal});
    Object.assign(state, {rows: found.rows, chosen: new Set()});
    words();
    if (!found.rows.length) {
      const review = state.order === "review";
      fill(state.grid, h("p", {}, review ? "No labels are in doubt." : "Every image has an answer."));
      return;
    }
    fill(state.grid, ...found.rows.map(row));
    // Another screen is seen from its first row on.
    const hidden = state.answers.getBoundingClientRect().bottom - state.grid.getBoundingClientRect().top;
    if (hidden > 0) window.scrollBy(0, -hidden);
  }

  function row(each) {
    const doubted = each.images[0].label !== null;
    const title = each.suggestion ? `${doubted ? "Perhaps " : ""}${each.suggestion}` : "Similar images";
    const button = (text, act) => h("button", {type: "button", onclick: act}, text);
    const acts = each.suggestion
      ? [button("Accept row", () => acceptRow(each))]
      : [button("Select row", () => selectRow(each))];
    if (doubted) acts.push(button("Keep labels", () => keepRow(each)));
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
    say(carried, `${whole(state.chosen.size)} ${state.chosen.size === 1 ? "image" : "images"}`);
    carried.style.left = `${event.clientX + 12}px`;
    carried.style.top = `${event.clientY + 12}px`;
    const over = answerAt(event);
    for (const key of state.keys.children) key.classList.toggle("over", key === over);
  }

  function released(event) {
    const {drag} = state;
    const over = drag?.moved ? answerAt(event) : null;
    letGo();
    if (over) answer(over.dataset.answer);
    else if (drag && !drag.moved) choosePicture(drag.image.element, drag.image, false);
  }

  function letGo() {
    Object.assign(state, {brush: false, drag: null});
    carried.hidden = true;
    for (const key of state.keys?.children ?? []) key.classList.remove("over");
  }

  const answerAt = (event) =>
    document.elementFromPoint(event.clientX, event.clientY)?.closest("[data-answer]") ?? null;

  function choosePicture(element, image, on) {
    if (on) state.chosen.add(image.path);
    else state.chosen.delete(image.path);
    element.setAttribute("aria-pressed", String(on));
    words();
  }

  function selectRow(each) {
    for (const image of each.images) choosePicture(image.element, image, true);
  }

  // What was selected in a row waits for an answer of its own.
  const restOf = (each) => each.images.map((image) => image.path).filter((path) => !state.chosen.has(path));

  async function acceptRow(each) {
    const paths = restOf(each);
    if (paths.length) await tell("labels", {paths, label: each.suggestion, accepted: true});
  }

  async function keepRow(each) {
    const paths = restOf(each);
    if (paths.length) await tell("labels", {paths, label: KEEP});
  }

  /** Accept the row of the image that has the focus, or the first one. */
  async function acceptHere() {
    const here = state.rows.find((each) =>
      each.images.some(({element}) => element === document.activeElement),
    );
    const each = here ?? state.rows[0];
    if (each?.suggestion) await acceptRow(each);
  }

  async function takeFolders() {
    await tell("folders", {});
    document.getElementById("sort-classes").value = state.about.classes.map((each) => each.class).join(", ");
  }

  async function answer(label) {
    if (!state.chosen.size) note("Select images first: click them, or drag over them");
    else await tell("labels", {paths: [...state.chosen], label});
  }

  async function undo() {
    await tell("undo", {});
  }

  async function nameClasses(event, text) {
    event.preventDefault();
    const names = text.split(",").map((name) => name.trim());
    await tell("classes", {names: names.filter(Boolean)});
  }

  async function reorder(order) {
    state.order = order;
    await draw();
  }

  async function tell(what, content) {
    try {
      state.about = await call(`sort/${seg(state.id)}/${what}`, {method: "POST", body: content});
      keys();
      await draw();
    } catch (error) {
      if (error.name !== "AbortError") note(error.message);
    }
  }

  async function copy() {
    const folder = await chooseFolder("Folder for the class folders", "");
    if (folder === null) return;
    const out = `${folder ? `${folder}/` : ""}sorted`;
    try {
      const found = await call(`sort/${seg(state.id)}/copy`, {method: "POST", body: {out}});
      note(`${whole(found.copied)} images copied to ${found.folder}`);
    } catch (error) {
      note(error.message);
    }
  }

  async function train() {
    await takeImages(state.about.table);
    location.hash = "data";
  }

  function pressed(event) {
    if (!state.id || event.target.matches?.("input, select, textarea") || event.metaKey || event.altKey)
      return;
    if (event.key === "z" && event.ctrlKey) undo();
    else if (event.ctrlKey) return;
    else if (event.key === "0") answer(NONE);
    else if (event.key === "s") answer(SKIP);
    else if (event.key === "a") acceptHere();
    else if (/^[1-9]$/.test(event.key) && state.about.classes[event.key - 1])
      answer(state.about.classes[event.key - 1].class);
    else return;
    event.preventDefault();
  }
}
