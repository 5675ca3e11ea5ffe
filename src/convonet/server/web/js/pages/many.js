// Many data sets: a model of its own for each of them, one after another, and one table of the results.

import {call, query, seg} from "../api.js";
import {chooseFolder} from "../dialogs.js";
import {counted, duration, fill, h, head, interval, note, percent, stateLabel, whole} from "../dom.js";
import {recipeFields} from "../recipe.js";
import {recipeOptions, usedRecipe, wrongMinutes} from "../plan.js";
import {below, imagesFault} from "../reasons.js";
import {given, store} from "../store.js";

const EVERY_MS = 2000;
const ALIVE = ["running", "waiting"];
// What belongs to one set of images and means nothing for another.
const OF_ONE_SET = /_dir$|_column$|_pattern$|^class_map$|^num_classes$/;

export function manyPage(page) {
  if (page.part) results(page, page.part.split(","));
  else begin(page);
}

function begin(page) {
  const sets = [];
  const train = h("button.primary", {type: "button", onclick: start});
  const one = h("button", {type: "button", onclick: addOne}, "Add a data set …");
  const all = h("button", {type: "button", onclick: addAll}, "Add all data sets in a folder …");
  const lead = "Trains a separate model on each data set and shows the results in one table";
  const top = head("Many data sets", lead, train, one, all);
  const table = h("div");
  const how = h("p.muted.below");
  fill(page.place, top, h(".card", {}, recipeFields(page), how), h(".card", {}, table));
  for (const name of ["recipe", "hyper", "minutes", "checked"]) page.on(store, name, show);
  if (store.data.train_dir) add(store.data.train_dir);
  show();

  function show() {
    const able = sets.filter((set) => set.images);
    train.textContent = `Train ${counted(able.length, "data set")}`;
    train.title = wrongMinutes();
    train.disabled = !able.length || Boolean(wrongMinutes()) || sets.some((set) => set.waits);
    how.textContent =
      usedRecipe() === "none"
        ? "Each is trained with the values on the Parameters page."
        : "Each gets its own plan, which uses the values that are set on the Parameters page.";
    fill(table, sets.length ? listed() : h("p.muted", {}, "No data sets yet: add folders of images."));
  }

  function listed() {
    const titles = [
      h("th", {scope: "col"}, "Data set"),
      ["Images", "Classes", "Test images"].map((text) => h("th.n", {scope: "col"}, text)),
      h("th", {}, h("span.sr", {}, "Remove")),
    ];
    return tableOf("Data sets", titles, sets.map(line));
  }

  function line(set) {
    const drop = () => {
      sets.splice(sets.indexOf(set), 1);
      show();
    };
    const remove = {type: "button", "aria-label": `Remove ${set.folder}`, onclick: drop};
    const cells = set.fault
      ? h("td.bad.wrap", {colSpan: 3}, set.fault)
      : [set.images, set.classes, set.test].map((count) => h("td.n", {}, set.waits ? "…" : countCell(count)));
    return h("tr", {}, h("td.wrap", {}, set.folder), cells, h("td", {}, h("button.quiet", remove, "×")));
  }

  async function addOne() {
    const folder = await chooseFolder("Training images", "");
    if (folder !== null) add(folder);
  }

  async function addAll() {
    const text = "Each folder in it is a data set, with one folder per class or with train and test folders.";
    const folder = await chooseFolder("A folder of data sets", "", {text});
    if (folder === null) return;
    try {
      const {entries} = await call(`folders${query({path: folder})}`, {signal: page.signal});
      let left = 0;
      for (const entry of entries) {
        if (entry.kind !== "folder") continue;
        if (await isSet(entry.path)) await add(entry.path);
        else left += 1;
      }
      if (left === 1) note("1 folder without class folders is not listed");
      else if (left) note(`${counted(left, "folder")} without class folders are not listed`);
    } catch (error) {
      if (error.name !== "AbortError") note(error.message);
    }
  }

  /** Whether a folder holds images of classes. Runs hold pictures too, but nobody trains on plots. */
  async function isSet(path) {
    const {entries} = await call(`folders${query({path})}`, {signal: page.signal});
    if (entries.some((entry) => entry.kind === "run")) return false;
    const found = await call("datasets", {body: {data: dataOf(path)}, signal: page.signal});
    return Boolean(found.sets.train?.images);
  }

  /** Look at a folder and put it into the list; one that is there already is left where it is. */
  async function add(folder) {
    if (sets.some((set) => set.folder === folder)) return;
    const set = {folder, waits: true, images: 0};
    sets.push(set);
    show();
    try {
      const found = await call("datasets", {body: {data: dataOf(folder)}, signal: page.signal});
      const {train: images, test} = found.sets;
      const fault = found.errors.train;
      Object.assign(set, {
        images: images?.images ?? 0,
        classes: found.classes.length,
        test: test?.images ?? null,
        fault: fault ? imagesFault(fault) : "",
      });
    } catch (error) {
      if (error.name === "AbortError") return;
      set.fault = error.message;
    }
    set.waits = false;
    show();
  }

  async function start() {
    train.disabled = true;
    const begun = [];
    for (const set of sets.filter((each) => each.images)) {
      const options = {validation: true, ...recipeOptions()};
      const body = {kind: "train", data: dataOf(set.folder), hyper: given("hyper"), options};
      try {
        begun.push((await call("runs", {body})).id);
      } catch (error) {
        set.fault = error.message;
        set.images = 0;
      }
    }
    if (begun.length) location.hash = `many/${begun.map(seg).join(",")}`;
    else show();
  }
}

/** The data parameters for a folder: how pixels are read is as the form says, what is of one set is not. */
function dataOf(folder) {
  const shared = Object.entries(given("data")).filter(([name]) => !OF_ONE_SET.test(name));
  return {...Object.fromEntries(shared), train_dir: folder};
}

function results(page, ids) {
  const stop = h("button.danger", {type: "button", hidden: true, onclick: stopAll}, "Stop all");
  const save = h("button", {type: "button", onclick: saved}, "Save as CSV");
  const top = head("Many data sets", "", stop, save, h("a.button", {href: "#many"}, "Other data sets"));
  const table = h(".card");
  fill(page.place, top, table);
  let rows = [];
  let timer = 0;
  page.leave(() => clearTimeout(timer));
  refresh();

  async function refresh() {
    const asked = ids.map((id) => `run=${seg(id)}`).join("&");
    try {
      const {runs} = await call(`runs?kind=train&limit=1000&${asked}`, {signal: page.signal});
      rows = ids.map((id) => runs.find((run) => run.id === id)).filter(Boolean);
      show();
    } catch (error) {
      if (error.name === "AbortError") return;
    }
    // A run that has ended may be resumed on its own page; while one is alive there is something to follow.
    if (!rows.length || rows.some((run) => ALIVE.includes(run.state))) timer = setTimeout(refresh, EVERY_MS);
  }

  function show() {
    const left = rows.filter((run) => ALIVE.includes(run.state)).length;
    stop.hidden = !left;
    top.lead(`Data sets done: ${whole(rows.length - left)} of ${whole(rows.length)}`);
    const titles = [
      ["Data set", "State"].map((text) => h("th", {scope: "col"}, text)),
      ["Images", "Classes", "Validation", "Test", "95% CI", "Baseline", "Duration"].map((text) =>
        h("th.n", {scope: "col"}, text),
      ),
    ];
    fill(table, tableOf("Results", titles, rows.map(line)));
  }

  function line(run) {
    const {test, training} = run.scores;
    const link = h("a", {href: `#train/${seg(run.id)}`, title: run.title}, run.data_set);
    const cells = [
      countCell(run.images),
      countCell(run.classes),
      percent(training?.val_accuracy),
      h("b", {}, percent(test?.accuracy)),
      interval(test?.accuracy_interval).replace("95% CI ", "") || "–",
      percent(test?.baseline_accuracy),
      run.seconds ? duration(run.seconds) : "–",
    ];
    const state = h("td.wrap", {}, h(`span.badge.${run.state}`, {}, stateLabel(run.state)));
    if (run.error) state.append(h(".small.bad", {}, run.error));
    return h(
      "tr",
      {},
      h("td", {}, link),
      state,
      cells.map((cell) => h("td.n", {}, cell)),
    );
  }

  async function stopAll() {
    stop.disabled = true;
    // The last first, so that none of those that wait begins meanwhile.
    for (const run of rows.filter((each) => ALIVE.includes(each.state)).reverse())
      await call(`runs/${seg(run.id)}/cancel`, {method: "POST"}).catch((error) => note(error.message));
    stop.disabled = false;
  }

  function saved() {
    const names = ["data", "images", "classes", "epochs", "val_accuracy", "test_accuracy", "baseline"];
    const values = (run) => [
      below(run.train_dir ?? ""),
      run.images,
      run.classes,
      run.epochs,
      run.scores.training?.val_accuracy,
      run.scores.test?.accuracy,
      run.scores.test?.baseline_accuracy,
      run.seconds,
      run.id,
    ];
    const cell = (value) => {
      const text = String(value ?? "");
      return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    };
    const lines = [[...names, "seconds", "run"], ...rows.map(values)].map((row) => row.map(cell).join(","));
    const file = new Blob([`${lines.join("\n")}\n`], {type: "text/csv"});
    const link = h("a", {href: URL.createObjectURL(file), download: "data_sets.csv"});
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }
}

const countCell = (count) => (count === null || count === undefined ? "–" : whole(count));

function tableOf(label, titles, lines) {
  const region = {tabindex: 0, role: "region", "aria-label": label};
  return h(".scroll", region, h("table", {}, h("thead", {}, h("tr", {}, titles)), h("tbody", {}, lines)));
}
