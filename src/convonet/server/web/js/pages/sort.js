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
];
const NONE = "none_of_these";
const SKIP = "skip";
const KEYED = 9;
const PITCH = 108;

export function sortPage(page) {
  const choose = h("button.primary", {type: "button", onclick: chooseAndBegin}, "Choose a folder …");
  const body = h("div");
  fill(page.place, head("Sort", "Label images and get a label table.", choose), body);
  const state = {id: "", about: null, rows: [], order: "uncertain", chosen: new Set(), brush: null};
  page.on(document, "keydown", pressed);
  page.on(document, "pointerup", () => (state.brush = null));
  if (page.part) begin(page.part);

  async function chooseAndBegin() {
    const folder = await chooseFolder("Images to sort", page.part || store.data.train_dir);
    if (folder !== null) location.hash = `sort/${encodeURIComponent(folder)}`;
  }

  async function begin(folder) {
    fill(body, h("p.muted", {role: "status"}, "Reading the images. A thousand take about a minute …"));
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
    state.grid = h(".sort-grid");
    fill(
      body,
      h(".card", {}, form, state.keys, state.words),
      h(
        ".row",
        {},
        h(".field", {}, h("label", {htmlFor: "sort-order"}, "Order"), order),
        h("button", {type: "button", onclick: undo}, "Undo"),
        h("button", {type: "button", onclick: copy}, "Copy class folders …"),
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
    const {images, left, presses} = state.about;
    say(state.words, `${whole(left)} of ${whole(images)} images left, ${whole(presses)} answers`);
  }

  function key(sign, title, label, count) {
    const words = [sign ? h("kbd", {}, sign) : null, ` ${title} `, h("span.muted", {}, whole(count))];
    return h("button", {type: "button", onclick: () => answer(label)}, words);
  }

  async function draw() {
    const columns = Math.max(3, Math.floor(body.clientWidth / PITCH));
    const words = query({order: state.order, columns});
    const found = await call(`sort/${seg(state.id)}/screen${words}`, {signal: page.signal});
    Object.assign(state, {rows: found.rows, chosen: new Set()});
    if (!found.rows.length) {
      fill(state.grid, h("p", {}, "Every image has an answer."));
      return;
    }
    fill(state.grid, ...found.rows.map(row));
  }

  function row(each) {
    const title = each.suggestion ?? "Similar images";
    const accept = each.suggestion
      ? h("button", {type: "button", onclick: () => acceptRow(each)}, "Accept row")
      : h("button", {type: "button", onclick: () => selectRow(each)}, "Select row");
    return h(
      "section.sort-row",
      {"aria-label": title},
      h(".sort-title", {}, h("strong", {}, title), accept),
      h(".sort-images", {}, each.images.map(picture)),
    );
  }

  function picture(image) {
    const words = image.suggestion ? `${image.suggestion}, ${percent(image.confidence)}` : "";
    const element = h(
      "button.sort-image",
      {type: "button", title: `${image.path} ${words}`.trim(), "aria-pressed": "false"},
      h("img", {src: pictureOf(image.image), alt: image.path, width: 96, height: 96, draggable: false}),
      h("span.small", {}, image.suggestion ? percent(image.confidence) : ""),
    );
    // Dragging over images selects them, or takes them out again where the first one was selected.
    element.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      element.releasePointerCapture?.(event.pointerId);
      state.brush = !state.chosen.has(image.path);
      choosePicture(element, image, state.brush);
    });
    element.addEventListener("pointerenter", () => {
      if (state.brush !== null) choosePicture(element, image, state.brush);
    });
    element.addEventListener("keydown", (event) => {
      if (event.key !== " " && event.key !== "Enter") return;
      event.preventDefault();
      choosePicture(element, image, !state.chosen.has(image.path));
    });
    image.element = element;
    return element;
  }

  function choosePicture(element, image, on) {
    if (on) state.chosen.add(image.path);
    else state.chosen.delete(image.path);
    element.setAttribute("aria-pressed", String(on));
  }

  function selectRow(each) {
    for (const image of each.images) choosePicture(image.element, image, true);
  }

  async function acceptRow(each) {
    // What was selected in the row waits for an answer of its own.
    const paths = each.images.map((image) => image.path).filter((path) => !state.chosen.has(path));
    if (paths.length) await tell("labels", {paths, label: each.suggestion, accepted: true});
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
    const folder = await chooseFolder("Folder that gets the class folders", "");
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
    else if (/^[1-9]$/.test(event.key) && state.about.classes[event.key - 1])
      answer(state.about.classes[event.key - 1].class);
    else return;
    event.preventDefault();
  }
}
