// What this browser works with: parameters as they were typed, the set that was looked at, the model in use.

import {call} from "./api.js";

const KEY = "convonet";
const KEPT = ["data", "hyper", "recipe", "minutes", "planned", "model", "scalings", "training", "search"];

export const store = new EventTarget();
Object.assign(store, {
  about: null, // what the server says of itself: fields, families, presets
  data: {}, // name → what was typed
  hyper: {},
  recipe: "auto", // the recipe that was chosen; `usedRecipe` is the one that is followed
  minutes: "", // its time budget as it was typed
  planned: {data: {}, hyper: {}}, // the plan's values that Expert filled in, as they were typed
  plan: null, // what it would train on the images: sentence, notes, candidates
  planError: null,
  faults: {data: {}, hyper: {}},
  values: {data: {}, hyper: {}}, // as the server would take them
  varied: [],
  combinations: null,
  dataset: null, // the document of the last look
  datasetError: null,
  model: "", // id of the run whose model is used
  scalings: {}, // path of a model file → the pixel scaling that was chosen for it
  training: "", // id of the training that is shown
  search: "", // id of the search that is shown
});

/** Take what this browser knew last time. */
export function restore() {
  let known = {};
  try {
    known = JSON.parse(localStorage.getItem(KEY) ?? "{}");
  } catch {
    localStorage.removeItem(KEY);
  }
  for (const name of KEPT) if (known[name] !== undefined) store[name] = known[name];
  // Until 0.1 the values of a recipe stood in the form; a form that holds nothing else begins with auto.
  if (known.recipeHyper && sorted(known.recipeHyper) === sorted(store.hyper))
    Object.assign(store, {recipe: "auto", hyper: {}});
  if (!store.recipe) store.recipe = "none";
}

/** Tell everybody that something is another now, and keep it. */
export function changed(...names) {
  const kept = {};
  for (const name of KEPT) kept[name] = store[name];
  localStorage.setItem(KEY, JSON.stringify(kept));
  for (const name of names) store.dispatchEvent(new Event(name));
}

const isList = (field) => ["ints", "floats", "size", "layers"].includes(field.kind);

/** A JSON value as a person would type it. */
export function typed(field, value) {
  if (value === null || value === undefined) return "";
  if (field.kind === "size" && Array.isArray(value))
    return value[0] === value[1] ? `${value[0]}` : `${value[0]}x${value[1]}`;
  if (["ints", "floats"].includes(field.kind) && Array.isArray(value) && !Array.isArray(value[0]))
    return value.join(field.kind === "ints" ? "-" : " ");
  if (Array.isArray(value) && (!isList(field) || Array.isArray(value[0])) && field.kind !== "layers")
    return value.map((item) => typed(field, item)).join(", ");
  if (typeof value === "object" && "low" in value && "high" in value)
    return `${value.low}..${value.high}${value.log ? ":log" : ""}`;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** What was typed, as the API takes it: commas part the alternatives of a field that can be tuned. */
export function given(kind) {
  const fields = Object.fromEntries((store.about?.fields[kind] ?? []).map((field) => [field.name, field]));
  const values = {};
  for (const [name, text] of Object.entries(store[kind])) {
    if (text === "") continue;
    const field = fields[name];
    const several =
      field?.tunable && !["layers", "map", "weights"].includes(field.kind) && text.includes(",");
    values[name] = several
      ? text
          .split(",")
          .map((part) => part.trim())
          .filter(Boolean)
      : text;
  }
  return values;
}

let asked = 0;
/** Let the server check both forms; all faults at once. */
export async function check() {
  const turn = ++asked;
  const found = await call("params/check", {body: {data: given("data"), hyper: given("hyper")}});
  if (turn !== asked) return;
  store.faults = {data: found.faults.data ?? {}, hyper: found.faults.hyper ?? {}};
  if (found.values.data && !Object.keys(store.faults.data).length) store.values.data = found.values.data;
  if (found.values.hyper && !Object.keys(store.faults.hyper).length) store.values.hyper = found.values.hyper;
  store.varied = found.varied;
  store.combinations = found.combinations;
  changed("checked");
}

let looking = 0;
/** Look at the folders of the data parameters. */
export async function look() {
  const turn = ++looking;
  let [dataset, datasetError] = [null, null];
  if (store.data.train_dir || store.data.test_dir) {
    try {
      dataset = await call("datasets", {body: {data: given("data")}});
    } catch (error) {
      datasetError = error;
    }
  }
  // Other images may have been chosen meanwhile.
  if (turn !== looking) return;
  Object.assign(store, {dataset, datasetError});
  changed("dataset");
}

const sorted = (values) => JSON.stringify(Object.entries(values).sort());

/**
 * Take other training images. What belonged to those before is dropped: the test images, their size, the
 * values of the training, the model, and the runs that are shown.
 */
export async function takeImages(folder, more = {}) {
  if (folder !== store.data.train_dir || Object.keys(more).length) {
    Object.assign(store, {
      data: folder ? {train_dir: folder, ...more} : {},
      hyper: {},
      planned: {data: {}, hyper: {}},
      recipe: "auto",
      plan: null,
      planError: null,
      dataset: null,
      datasetError: null,
      model: "",
      training: "",
      search: "",
    });
    changed("data", "hyper", "recipe", "model", "training", "search");
  }
  await Promise.all([look(), check().catch(() => {})]);
}

/** Whether a run was begun with the training images that are chosen; undefined where none are. */
export function sameImages(run) {
  const chosen = store.dataset?.data.train_dir;
  const used = run.train_dir ?? run.params?.data?.train_dir;
  return chosen ? setOf(used) === setOf(chosen) : undefined;
}

/** A folder that holds `train` and that folder itself are the same training images. */
const setOf = (folder) => (folder ?? "").replaceAll("\\", "/").replace(/\/(train|training)\/?$/i, "");

/** Take hyperparameters from elsewhere. */
export function takeHyper(values) {
  store.recipe = "none";
  store.hyper = typedAll(values);
  changed("hyper", "recipe");
}

/** Values by name as a form holds them; what no field is for is left out. */
export function typedAll(values) {
  const fields = Object.fromEntries(store.about.fields.hyper.map((field) => [field.name, field]));
  const known = Object.entries(values).filter(([name]) => name in fields);
  return Object.fromEntries(
    known.map(([name, value]) => [name, typed(fields[name], value)]).filter(([, text]) => text !== ""),
  );
}
