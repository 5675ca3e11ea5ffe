// The images: which folders, how many of each class, what was left out, and the pictures themselves.

import {call, pictureOf, query} from "../api.js";
import {bars, empty, fill, h, head, note, tile, whole} from "../dom.js";
import {chooseFolder, showImage} from "../dialogs.js";
import {Grid} from "../grid.js";
import {Marks, markBar, markTable} from "../marks.js";
import {planWords} from "../recipe.js";
import {changed, check, look, store, usedRecipe, whyNotTrain} from "../store.js";

const SPLITS = {train: "Training", val: "Validation", test: "Test"};
const MOST_BARS = 60;

export function dataPage(page) {
  const chooseImages = h("button.primary", {type: "button", onclick: choose("train_dir", "Training images")}, "Choose training images …");
  const top = head("Data", "", chooseImages,
    h("button", {type: "button", onclick: choose("test_dir", "Test images")}, "Choose test images …"));
  const body = h("div");
  fill(page.place, top, body);
  const state = {split: "train", name: "", grid: null, id: "", counts: h("div"), marked: h("div")};
  const planned = h(".card.planned", {hidden: true}, planWords(page), h(".buttons", {}, h("a.button.primary", {href: "#train"}, "Train")));
  const marks = new Marks();
  const bar = markBar(marks, () => store.dataset, look);
  page.on(store, "dataset", show);
  for (const name of ["plan", "dataset", "checked"]) page.on(store, name, ready);
  ready();
  show();
  if (!store.dataset && store.data.train_dir) look();

  function choose(field, title) {
    return async () => {
      const folder = await chooseFolder(title, store.data[field]);
      if (folder === null) return;
      store.data[field] = folder;
      changed("data");
      fill(body, h("p.muted", {}, "Looking at the folders …"));
      await Promise.all([look(), check().catch(() => {})]);
    };
  }

  function ready() {
    chooseImages.classList.toggle("primary", !store.dataset?.sets.train?.images);
    planned.hidden = usedRecipe() === "none" || !store.plan || Boolean(whyNotTrain());
  }

  function show() {
    const found = store.dataset;
    if (!found) {
      state.id = "";
      top.lead("Folders with one folder per class");
      const why = store.datasetError;
      return fill(body, why ? h(".card", {role: "alert"}, h("h2.bad", {}, "These images cannot be used"), h("p", {}, why.message)) : empty("No images yet",
        "Choose a folder below the server's root that has one folder for each class, or a root with train and test in it."));
    }
    const sets = Object.entries(found.sets).filter(([, set]) => set.images);
    top.lead(sets.map(([split, set]) => `${whole(set.images)} ${SPLITS[split].toLowerCase()}`).join(", ") + ` images of ${found.classes.length} classes`);
    const known = state.id === found.id;
    state.id = found.id;
    fill(state.counts, errors(found), h(".cards", {}, findings(found), counts(found), skipped(found)));
    bar.offer(found.classes);
    readMarks();
    if (known) return state.grid.renew().catch(() => {});
    if (!found.sets[state.split]?.images) state.split = sets[0]?.[0] ?? "train";
    fill(body, planned, state.counts, pictures(found, sets), state.marked);
  }

  async function readMarks() {
    await marks.read(store.dataset).catch(() => {});
    const open = state.marked.querySelector("details")?.open ?? false;
    fill(state.marked, markTable(marks, (paths) => marks.write(store.dataset, paths, "undo").then(look, (error) => note(error.message))));
    if (open && state.marked.firstChild) state.marked.firstChild.open = true;
  }

  function errors(found) {
    return Object.entries(found.errors).map(([split, fault]) => h(".card", {role: "alert"}, h("h2.bad", {}, `${SPLITS[split]} images cannot be used`),
      h("p", {}, [fault.what, fault.where, fault.received && `received ${fault.received}`, fault.hint].filter(Boolean).join(" · ")),
      mapButton(fault.details?.offered_map ?? {})));
  }

  /** Takes the offered class map into the data parameters; none where nothing is offered. */
  function mapButton(offered) {
    const pairs = Object.entries(offered).map(([name, meant]) => `${name} = ${meant}`);
    if (!pairs.length) return null;
    return h("button", {
      type: "button",
      title: pairs.join(", "),
      onclick: async () => {
        const known = store.dataset.data.class_map ?? {};
        store.data.class_map = JSON.stringify({...known, ...offered});
        changed("data");
        await Promise.all([look(), check().catch(() => {})]);
      },
    }, "These are the same classes");
  }

  function counts(found) {
    const [train, test] = [found.sets.train?.classes ?? {}, found.sets.test?.classes ?? {}];
    const most = Math.max(1, ...Object.values(train), ...Object.values(test));
    const names = found.classes.slice(0, MOST_BARS);
    const shown = Object.keys(train).length ? train : test;
    const totals = Object.entries(found.sets).map(([split, set]) => tile(SPLITS[split], whole(set.images), set.skipped_count ? `${whole(set.skipped_count)} left out` : "none left out"));
    return h(".card", {}, h(".tiles", {}, totals, tile("Classes", whole(found.classes.length))), h("h2", {}, "Images of each class"),
      bars(names.map((name) => [name, (shown[name] ?? 0) / most, test[name] !== undefined && shown !== test ? `${whole(shown[name])} · ${whole(test[name])}` : whole(shown[name]) ])),
      h("p.muted.small", {}, found.classes.length > MOST_BARS ? `The first ${MOST_BARS} of ${whole(found.classes.length)} classes.` : shown !== test && Object.keys(test).length ? "Training · test" : ""));
  }

  /** What a person should know of the images before training. */
  function findings(found) {
    if (!found.findings?.length) return null;
    return h(".card", {}, h("h2", {}, "Before training"), h("ul", {}, found.findings.map((text) => h("li", {}, text))));
  }

  function skipped(found) {
    const all = Object.entries(found.sets).flatMap(([split, set]) => set.skipped.map((file) => [SPLITS[split], file.path, file.reason]));
    if (!all.length) return null;
    return h(".card", {}, h("h2", {}, "Left out"), h(".scroll", {}, h("table", {}, h("thead", {}, h("tr", {}, ["Set", "File", "Reason"].map((t) => h("th", {scope: "col"}, t)))),
      h("tbody", {}, all.slice(0, 200).map((row) => h("tr", {}, row.map((cell) => h("td.wrap", {}, cell))))))));
  }

  function pictures(found, sets) {
    const load = async (offset, limit) => {
      const answer = await call(`datasets/${state.id}/${state.split}/images${query({class: state.name, offset, limit})}`);
      return {total: answer.total, items: answer.images.map((row) => ({src: pictureOf(row.image), alt: `${row.class}, ${row.path}`, under: [row.class], row, address: row.image}))};
    };
    state.grid = new Grid("Images", load, (item) => showImage({src: pictureOf(item.row.image, 512), title: item.row.path.split("/").pop(), lines: [`Class ${item.row.class}`, item.row.path]}), {selected: bar.show});
    const again = () => state.grid.reset().catch((error) => fill(body, h("p.bad", {}, error.message)));
    const classes = h("select", {id: "shown-class", onchange: (event) => { state.name = event.target.value; again(); }},
      h("option", {value: ""}, "All classes"), found.classes.map((name) => h("option", {value: name, selected: name === state.name}, name)));
    const split = h("select", {id: "shown-split", onchange: (event) => { state.split = event.target.value; again(); }},
      sets.map(([name]) => h("option", {value: name, selected: name === state.split}, SPLITS[name])));
    again();
    return h(".card", {}, h("h2", {}, "Pictures"), h(".row", {}, h(".field", {}, h("label", {htmlFor: "shown-split"}, "Set"), split),
      h(".field", {}, h("label", {htmlFor: "shown-class"}, "Class"), classes), h("a.button", {href: "#suspects"}, "Suspicious labels …")), h("p"), state.grid.element, bar.element);
  }
}
