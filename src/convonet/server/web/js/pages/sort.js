// Sort unlabelled images: name classes, select with the mouse, answer with number keys, accept rows.

import {call, query, seg} from "../api.js";
import {chooseFolder} from "../dialogs.js";
import {counted, fill, h, head, note, say, whole} from "../dom.js";
import {sortScreen} from "../sort_screen.js";
import {store, takeImages} from "../store.js";

const POLL_MS = 1000;
const ORDERS = [
  ["uncertain", "Least certain first"],
  ["certain", "Most certain first"],
  ["similar", "Similar images"],
  ["review", "Suspicious labels"],
];
const NONE = "none_of_these";
const SKIP = "skip";
const KEEP = "keep";
const KEYED = 9;
const PITCH = 108;

export function sortPage(page) {
  const choose = h("button.primary", {type: "button", onclick: chooseAndBegin}, "Choose a folder …");
  const body = h("div");
  fill(page.place, head("Sort", "Label unlabeled images and write a label table", choose), body);
  const state = {id: "", about: null, order: "uncertain"};
  state.keys = h(".row.sort-keys", {role: "group", "aria-label": "Labels"});
  const screen = sortScreen(page, {keys: state.keys, selected: words, answer, acceptRow, keepRow});
  page.on(document, "keydown", pressed);
  if (page.part) begin(page.part);

  async function chooseAndBegin() {
    const folder = await chooseFolder("Images to sort", page.part || store.data.train_dir);
    if (folder !== null) location.hash = `sort/${encodeURIComponent(folder)}`;
  }

  async function begin(folder) {
    fill(
      body,
      h("p.muted", {role: "status"}, "Reading the images. This takes up to a minute per thousand …"),
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
    state.words = h("p.muted", {role: "status"});
    state.answers = h(".sort-answers", {}, state.keys, state.words);
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
        h("button", {type: "button", onclick: copy}, "Copy into class folders …"),
        state.folders,
        h("button", {type: "button", onclick: train}, "Train with these labels"),
      ),
      screen.grid,
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
    const chosen = screen.chosen.size ? ` · ${whole(screen.chosen.size)} selected` : "";
    const after = presses ? ` after ${counted(presses, "step")}` : "";
    say(state.words, `${whole(left)} of ${counted(images)} left${after}${chosen}`);
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
    screen.show(
      found.rows,
      state.order === "review" ? "No labels are suspicious." : "Every image is labeled or skipped.",
    );
    words();
    if (!found.rows.length) return;
    // Another screen is seen from its first row on.
    const hidden = state.answers.getBoundingClientRect().bottom - screen.grid.getBoundingClientRect().top;
    if (hidden > 0) window.scrollBy(0, -hidden);
  }

  async function acceptRow(each) {
    const paths = screen.restOf(each);
    if (paths.length) await tell("labels", {paths, label: each.suggestion, accepted: true});
  }

  async function keepRow(each) {
    const paths = screen.restOf(each);
    if (paths.length) await tell("labels", {paths, label: KEEP});
  }

  /** Accept the row of the image that has the focus, or the first one. */
  async function acceptHere() {
    const each = screen.rowHere();
    if (each?.suggestion) await acceptRow(each);
  }

  async function takeFolders() {
    await tell("folders", {});
    document.getElementById("sort-classes").value = state.about.classes.map((each) => each.class).join(", ");
  }

  async function answer(label) {
    if (!screen.chosen.size) note("Select images first: click them, or drag over them");
    else await tell("labels", {paths: [...screen.chosen], label});
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
      note(`${counted(found.copied)} copied to ${found.folder}`);
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
