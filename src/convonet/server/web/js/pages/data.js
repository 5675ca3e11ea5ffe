// The images: which folders, how many of each class, what was skipped, and the pictures themselves.

import {call, pictureOf, query} from "../api.js";
import {begun, holdOut} from "../beginning.js";
import {chooseOnServer, sampleChoice, upload} from "../choosing.js";
import {chooseFolder, showImage} from "../dialogs.js";
import {counted, empty, fill, h, head, note, whole} from "../dom.js";
import {Grid} from "../grid.js";
import {closerLooks} from "../inspecting.js";
import {Marks, markBar, markTable} from "../marks.js";
import {planWords, recipeFields} from "../recipe.js";
import {counts, errorCards, findings, skippedFiles, SPLITS} from "../sets.js";
import {recipeOptions, usedRecipe} from "../plan.js";
import {whyNotTrain} from "../reasons.js";
import {changed, check, given, look, store} from "../store.js";

const LIST = new Intl.ListFormat("en");

export function dataPage(page) {
  const choose = h("button.primary", {type: "button", onclick: chooseOnServer}, "Choose training images …");
  const bring = h("button", {type: "button", onclick: upload}, "Upload images …");
  const sort = h("button", {type: "button", onclick: () => (location.hash = "sort")}, "Sort images …");
  const test = h("button", {type: "button", onclick: chooseTest}, "Choose test images …");
  const top = head("Data", "", choose, bring, test, sort, sampleChoice());
  const body = h("div");
  const train = h("button.primary.main", {type: "button", onclick: start}, "Train");
  const ready = h("p.muted.small", {role: "status"});
  const planned = h(
    ".card.planned",
    {hidden: true},
    planWords(page),
    h(".buttons", {}, train, ready),
    holdOut(page),
    h("details", {}, h("summary", {}, "How to train"), recipeFields(page)),
  );
  fill(page.place, top, body);
  const state = {split: "train", name: "", grid: null, id: "", counts: h("div"), marked: h("div")};
  const marks = new Marks();
  const bar = markBar(marks, () => store.dataset, look);
  page.on(store, "dataset", show);
  for (const name of ["plan", "dataset", "checked", "recipe", "minutes"]) page.on(store, name, offer);
  offer();
  show();
  if (!store.dataset && store.data.train_dir) look();

  async function chooseTest() {
    const folder = await chooseFolder("Test images", store.data.test_dir);
    if (folder === null) return;
    store.data.test_dir = folder;
    changed("data");
    await Promise.all([look(), check().catch(() => {})]);
  }

  async function start() {
    train.disabled = true;
    const options = {validation: true, ...recipeOptions()};
    const done = await begun({kind: "train", data: given("data"), hyper: given("hyper"), options});
    if (done) location.hash = "train";
    else offer();
  }

  function offer() {
    const has = Boolean(store.dataset?.sets.train?.images);
    const why = whyNotTrain();
    const waits = usedRecipe() !== "none" && !store.plan && !store.planError;
    choose.classList.toggle("primary", !has);
    test.hidden = !has;
    planned.hidden = !has;
    train.disabled = Boolean(why) || waits || Boolean(store.planError && usedRecipe() !== "none");
    ready.textContent = why || (waits ? "Planning …" : "");
  }

  function show() {
    const found = store.dataset;
    const sets = Object.entries(found?.sets ?? {}).filter(([, set]) => set.images);
    if (!sets.length) return showNothing(found);
    const words = sets.map(([split, set]) => `${whole(set.images)} ${SPLITS[split].toLowerCase()}`);
    const total = sets.reduce((sum, [, set]) => sum + set.images, 0);
    top.lead(
      `${LIST.format(words)} ${total === 1 ? "image" : "images"} in ${counted(found.classes.length, "class", "classes")}`,
    );
    const known = state.id === found.id;
    state.id = found.id;
    fill(
      state.counts,
      errorCards(found),
      h(".cards", {}, findings(found), counts(found), skippedFiles(found)),
    );
    bar.offer(found.classes);
    readMarks();
    if (known) return state.grid.renew().catch(() => {});
    if (!found.sets[state.split]?.images) state.split = sets[0][0];
    state.name = "";
    fill(body, planned, state.counts, pictures(found, sets), closerLooks(page, found), state.marked);
  }

  function showNothing(found) {
    state.id = "";
    state.grid = null;
    top.lead(store.data.train_dir ?? "A folder with one folder of images per class");
    const why = store.datasetError;
    if (why)
      fill(
        body,
        h(".card", {role: "alert"}, h("h2.bad", {}, "These images cannot be used"), h("p", {}, why.message)),
      );
    else if (found && Object.keys(found.errors).length) fill(body, errorCards(found));
    else fill(body, welcome());
  }

  function welcome() {
    const text =
      "Choose a folder on the server or upload one. It must contain one folder of images per class.";
    return empty(
      "No images yet",
      text,
      h("button.primary", {type: "button", onclick: chooseOnServer}, "Choose a folder"),
      h("button", {type: "button", onclick: upload}, "Upload"),
      h("a.button", {href: "#guide"}, "First steps"),
    );
  }

  async function readMarks() {
    await marks.read(store.dataset).catch(() => {});
    const isOpen = state.marked.querySelector("details")?.open ?? false;
    const undo = (paths) =>
      marks.write(store.dataset, paths, "undo").then(look, (error) => note(error.message));
    fill(state.marked, markTable(marks, undo));
    if (isOpen && state.marked.firstChild) state.marked.firstChild.open = true;
  }

  function pictures(found, sets) {
    const load = async (offset, limit) => {
      const wanted = query({class: state.name, offset, limit});
      const answer = await call(`datasets/${state.id}/${state.split}/images${wanted}`);
      return {total: answer.total, items: answer.images.map(item)};
    };
    state.grid = new Grid("Images", load, enlarge, {selected: bar.show});
    const again = () => state.grid.reset().catch((error) => fill(body, h("p.bad", {}, error.message)));
    const choice = (id, label, options, take) =>
      h(
        ".field",
        {},
        h("label", {htmlFor: id}, label),
        h(
          "select",
          {
            id,
            onchange: (event) => {
              take(event.target.value);
              again();
            },
          },
          options,
        ),
      );
    const classes = found.classes.map((name) => h("option", {value: name}, name));
    const splits = sets.map(([name]) =>
      h("option", {value: name, selected: name === state.split}, SPLITS[name]),
    );
    again();
    return h(
      ".card",
      {},
      h("h2", {}, "Images"),
      h(
        ".row",
        {},
        choice("shown-split", "Set", splits, (value) => {
          state.split = value;
        }),
        choice("shown-class", "Class", [h("option", {value: ""}, "All classes"), classes], (value) => {
          state.name = value;
        }),
        h("a.button", {href: "#map"}, "Map …"),
        h("a.button", {href: "#suspects"}, "Suspicious labels …"),
      ),
      h("p"),
      state.grid.element,
      bar.element,
    );
  }

  function item(row) {
    const alt = `${row.class}, ${row.path}`;
    return {src: pictureOf(row.image), alt, under: [row.class], row, address: row.image};
  }

  function enlarge({row}) {
    const title = row.path.split("/").pop();
    showImage({src: pictureOf(row.image, 512), title, lines: [`Class ${row.class}`, row.path]});
  }
}
