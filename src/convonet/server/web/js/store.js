// What this browser works with: parameters as they were typed, the set that was looked at, the model in use.

import {call} from "./api.js";

const KEY = "convonet";
const KEPT = ["data", "hyper", "recipe", "minutes", "planned", "model", "training", "search"];
const WAIT_MS = 300;

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

/** The recipe that a training follows: values that name a network leave nothing to plan. */
export function usedRecipe() {
  return store.hyper.family || store.hyper.base ? "none" : store.recipe;
}

/**
 * Follow a recipe. One that plans chooses the network itself, so values of a network are dropped, and
 * those that
 * Expert took from the plan: they would be imposed on it.
 */
export function takeRecipe(name) {
  if (name === "none" && store.recipe !== "none") fillFromPlan();
  else if (name !== "none") dropPlanned();
  store.recipe = name;
  changed("data", "hyper", "recipe");
  check().catch(() => {});
  look().catch(() => {});
}

/** The candidate that Balanced would end with; undefined without a plan. */
function mainCandidate() {
  const candidates = store.plan?.candidates ?? [];
  return candidates.find(({kind}) => kind === "fine_tuned") ?? candidates[0];
}

/**
 * Data and hyperparameters of one network: those of the forms over the plan's, or of a candidate that is
 * named.
 */
export function ofOneNetwork(name = "") {
  const named = store.plan?.candidates.find((one) => one.name === name);
  const one = usedRecipe() === "none" ? undefined : (named ?? mainCandidate());
  if (!one) return {data: given("data"), hyper: given("hyper")};
  const data = {...given("data"), image_size: one.image_size, channels: one.channels};
  return {data, hyper: {...one.hyper, ...given("hyper")}};
}

/** Expert begins with the values of the candidate that Balanced would end with. */
function fillFromPlan() {
  const one = mainCandidate();
  if (!one) return;
  const epochs = one.kind === "fine_tuned" ? "fine_tune_epochs" : "epochs";
  const values = one.timed && !(epochs in one.hyper) ? {...one.hyper, [epochs]: one.most_epochs} : one.hyper;
  const [height, width] = one.image_size;
  store.planned = {
    hyper: typedAll(values),
    data: {image_size: height === width ? `${height}` : `${height}x${width}`, channels: `${one.channels}`},
  };
  for (const kind of ["data", "hyper"]) store[kind] = {...store.planned[kind], ...store[kind]};
}

function dropPlanned() {
  for (const kind of ["data", "hyper"]) {
    for (const [name, text] of Object.entries(store.planned[kind])) {
      if (store[kind][name] === text) delete store[kind][name];
    }
  }
  for (const field of store.about.fields.hyper) if (field.group === "Network") delete store.hyper[field.name];
  store.planned = {data: {}, hyper: {}};
}

/**
 * Take other training images. What belonged to those before is dropped: the test images, their size, the
 * values of
 * the training, the model, and the runs that are shown.
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

/** The options of a training by the recipe of this page. */
export function recipeOptions() {
  const recipe = usedRecipe();
  return recipe === "none" || !store.minutes ? {recipe} : {recipe, minutes: store.minutes};
}

/** What is wrong with the time budget; empty where nothing is. */
export function wrongMinutes() {
  return usedRecipe() === "none" || !store.minutes || Number(store.minutes) > 0
    ? ""
    : "Minutes must be a number above 0";
}

/** The recipe of other jobs, which train one network of known good values; none where the form names one. */
export function searchRecipe() {
  const recipe = usedRecipe();
  return recipe === "none" ? undefined : recipe === "best" ? "best" : "fast";
}

let planning = 0;
/** Ask what the recipe would train; dispatches `plan`. */
async function makePlan() {
  const turn = ++planning;
  let [plan, error] = [null, null];
  if (usedRecipe() !== "none" && store.dataset?.sets.train?.images && !wrongMinutes()) {
    const {recipe, minutes} = recipeOptions();
    try {
      plan = await call(`datasets/${store.dataset.id}/plan`, {
        body: {recipe, minutes: minutes === undefined ? null : Number(minutes), hyper: given("hyper")},
      });
    } catch (fault) {
      error = fault;
    }
  }
  if (turn !== planning) return;
  Object.assign(store, {plan, planError: error});
  store.dispatchEvent(new Event("plan"));
}

let waiting = 0;
for (const name of ["dataset", "hyper", "recipe", "minutes"]) {
  store.addEventListener(name, () => {
    clearTimeout(waiting);
    waiting = setTimeout(makePlan, name === "dataset" ? 0 : WAIT_MS);
  });
}

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

/** Why work on these images cannot begin; empty when it can. */
export function whyNotTrain() {
  if (wrongMinutes()) return wrongMinutes();
  if (Object.keys(store.faults.data).length || Object.keys(store.faults.hyper).length)
    return "A parameter has a wrong value";
  if (store.datasetError) return store.datasetError.message;
  const fault = store.dataset?.errors.train;
  if (fault) return imagesFault(fault);
  if (!store.dataset?.sets.train?.images) return "Choose training images first";
  return "";
}

/** Why a set cannot be used, in one or two sentences: what is wrong, where, and what was found there. */
export function imagesFault(fault) {
  const where = fault.where ? ` in ${below(fault.where)}` : "";
  const found = fault.received ? ` (found: ${fault.received})` : "";
  if (fault.what === "No images were found") return `There are no images${where}${found}`;
  if (fault.what === "There is only one class")
    return `There is only one class${where}${found}; training needs two or more`;
  return [fault.what, fault.where && below(fault.where), fault.received].filter(Boolean).join(" · ");
}

/** An absolute path as it stands below the server's folder. */
export function below(path) {
  const plain = path.replaceAll("\\", "/");
  const root = store.about.root.replaceAll("\\", "/");
  return plain === root
    ? "the server's folder"
    : plain.startsWith(`${root}/`)
      ? plain.slice(root.length + 1)
      : plain;
}
