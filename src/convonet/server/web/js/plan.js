// The recipe that is followed, and the plan that it makes for the images.

import {call} from "./api.js";
import {changed, check, given, look, store, typedAll} from "./store.js";

const WAIT_MS = 300;

/** The recipe that a training follows: values that name a network leave nothing to plan. */
export function usedRecipe() {
  return store.hyper.family || store.hyper.base ? "none" : store.recipe;
}

/**
 * Follow a recipe. One that plans chooses the network itself, so values of a network are dropped, and
 * those that Expert took from the plan: they would be imposed on it.
 */
export function takeRecipe(name) {
  if (name === "none" && store.recipe !== "none") fillFromPlan();
  else if (name !== "none") {
    dropPlanned();
    for (const field of store.about.fields.hyper)
      if (field.group === "Network") delete store.hyper[field.name];
  }
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

/** Drop what Expert took from the plan, also the image size, unless it was changed: it fits that network alone. */
export function dropPlanned() {
  for (const kind of ["data", "hyper"]) {
    for (const [name, text] of Object.entries(store.planned[kind])) {
      if (store[kind][name] === text) delete store[kind][name];
    }
  }
  store.planned = {data: {}, hyper: {}};
}

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
