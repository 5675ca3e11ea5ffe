// Which recipe trains the images, its time budget, and what it plans for them.

import {fill, h, say} from "./dom.js";
import {number, pick} from "./options.js";
import {changed, store, takeRecipe, usedRecipe, wrongMinutes} from "./store.js";

const TITLES = {auto: "Auto", fast: "Fast", best: "Best", none: "None"};
const HELP = {
  auto: "Compares networks on validation images and keeps the best.",
  fast: "Takes the first good network, without fine-tuning a backbone.",
  best: "Compares networks like Auto and trains them longer.",
  none: "Trains exactly what Parameters say.",
};

/** The fields Recipe and Minutes; they show what any page chooses. */
export function recipeFields(page) {
  const recipe = pick("recipe", "Recipe", store.about.train_recipes.map((name) => [name, TITLES[name] ?? name]));
  const minutes = number("minutes", "Minutes", "");
  const help = h("p.help", {id: "recipe-help"});
  recipe.element.append(help);
  minutes.element.append(h("p.help", {}, "Time budget of the recipe."));
  recipe.input.setAttribute("aria-describedby", help.id);
  recipe.input.addEventListener("change", () => takeRecipe(recipe.input.value));
  minutes.input.value = store.minutes;
  minutes.input.addEventListener("input", () => {
    store.minutes = minutes.input.value.trim();
    minutes.tell(wrongMinutes());
    changed("minutes");
  });
  for (const name of ["hyper", "recipe"]) page.on(store, name, show);
  show();
  return [recipe.element, minutes.element];

  function show() {
    const now = usedRecipe();
    recipe.input.value = now;
    say(help, HELP[now] ?? "");
    minutes.element.hidden = now === "none";
    minutes.input.placeholder = String(store.about.recipe_minutes[now] ?? "");
    minutes.tell(wrongMinutes());
  }
}

/** The plan in a sentence, and what to know of it; follows the store. */
export function planWords(page) {
  const place = h(".plan", {"aria-live": "polite"});
  for (const name of ["plan", "hyper", "recipe", "dataset"]) page.on(store, name, show);
  show();
  return place;

  function show() {
    const {plan, planError} = store;
    place.hidden = !plan && !planError;
    if (planError) fill(place, h("p.bad", {}, planError.message));
    else if (plan) fill(place, sentence(plan.sentence), notes(plan.notes));
  }
}

/** A plan's sentence: what was found, and below it what follows. */
export function sentence(text) {
  const [found, ...rest] = text.split(" → ");
  return h("p.sentence", {}, h("b", {}, found), rest.length ? [" → ", rest.join(" → ")] : null);
}

/** What goes with a plan. */
export function notes(texts) {
  return texts.map((text) => h("p.muted.small", {}, text));
}

const OF_FINE_TUNING = {init_rate: "fine_tune_rate", epochs: "fine_tune_epochs"};

/** What the plan sets a hyper parameter to, for a field that is empty; undefined where it says nothing. */
export function plannedValue(name) {
  const candidates = store.plan?.candidates ?? [];
  const own = (one) => (one.kind === "fine_tuned" ? OF_FINE_TUNING[name] ?? name : name);
  if (candidates.some((one) => one.timed && own(one) === (one.kind === "fine_tuned" ? "fine_tune_epochs" : "epochs"))) return "by the time budget";
  const found = candidates.filter((one) => own(one) in one.hyper).map((one) => one.hyper[own(one)]);
  if (!found.length) return undefined;
  return found.every((value) => JSON.stringify(value) === JSON.stringify(found[0])) ? found[0] : "by candidate";
}
