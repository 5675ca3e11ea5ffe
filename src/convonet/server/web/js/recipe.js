// How a training is planned: Fast, Balanced, Best, or every value by hand; its time budget; the plan in
// words.

import {fill, h} from "./dom.js";
import {number} from "./options.js";
import {takeRecipe, usedRecipe, wrongMinutes} from "./plan.js";
import {changed, store} from "./store.js";

// The words of the API, in the order in which they are offered, and what people read for them.
const CHOICES = {
  fast: ["Fast", "Compares only quick networks and keeps the best one."],
  auto: ["Balanced", "Compares networks on validation images and keeps the best one."],
  best: ["Best", "Compares networks, as Balanced does, but trains them longer."],
  none: ["Expert", "Trains one network with the values that you set."],
};

/** What people read for a recipe. */
export const recipeTitle = (name) => CHOICES[name]?.[0] ?? name;

/** The choice of a recipe and the field Minutes; they show what any page chooses. */
export function recipeFields(page) {
  const inputs = new Map();
  const cards = store.about.train_recipes
    .map((name) => [name, Object.keys(CHOICES).indexOf(name)])
    .sort((one, other) => one[1] - other[1])
    .map(([name]) => {
      const [title, help] = CHOICES[name] ?? [name, ""];
      const input = h("input", {
        type: "radio",
        name: "recipe",
        value: name,
        "aria-label": title,
        "aria-describedby": `recipe-${name}`,
        onchange: () => takeRecipe(name),
      });
      inputs.set(name, input);
      return h("label.choice", {}, input, h("b", {}, title), h("span.help", {id: `recipe-${name}`}, help));
    });
  const minutes = number("minutes", "Minutes", "");
  minutes.element.append(h("p.help", {}, "Time budget."));
  minutes.input.value = store.minutes;
  minutes.input.addEventListener("input", () => {
    store.minutes = minutes.input.value.trim();
    minutes.tell(wrongMinutes());
    changed("minutes");
  });
  for (const name of ["hyper", "recipe"]) page.on(store, name, show);
  show();
  return h(".recipe", {}, h("fieldset.choices", {}, h("legend", {}, "How to train"), cards), minutes.element);

  function show() {
    const now = usedRecipe();
    for (const [name, input] of inputs) input.checked = name === now;
    minutes.element.hidden = now === "none";
    minutes.input.placeholder = String(store.about.recipe_minutes[now] ?? "");
    minutes.tell(wrongMinutes());
  }
}

/** The plan in a sentence, and what to know of it; follows the store. */
export function planWords(page, {onParameters = false} = {}) {
  const place = h(".plan", {"aria-live": "polite"});
  const words = h(
    "p.muted",
    {},
    "Trains one network with the values on the ",
    h("a", {href: "#params"}, "Parameters"),
    " page.",
  );
  for (const name of ["plan", "hyper", "recipe", "dataset"]) page.on(store, name, show);
  show();
  return place;

  function show() {
    const {plan, planError} = store;
    const planned = usedRecipe() !== "none";
    const nothing = planned ? !plan && !planError : onParameters;
    place.hidden = nothing || !store.dataset?.sets.train?.images;
    if (!planned) fill(place, words);
    else if (planError) fill(place, h("p.bad", {role: "alert"}, planError.message));
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

/** The values that are imposed on the plan, each with a way to take it back; nothing where there are none. */
export function imposedValues(page, clear) {
  const place = h("div");
  const labels = Object.fromEntries(store.about.fields.hyper.map((field) => [field.name, field.label]));
  for (const name of ["hyper", "recipe"]) page.on(store, name, show);
  show();
  return place;

  function show() {
    const names = usedRecipe() === "none" ? [] : Object.keys(store.hyper);
    if (!names.length) return fill(place);
    const chips = names.map((name) =>
      h(
        "li.chip",
        {},
        `${labels[name] ?? name}: ${store.hyper[name]}`,
        h(
          "button.quiet",
          {type: "button", "aria-label": `Remove ${labels[name] ?? name}`, onclick: () => clear(name)},
          "×",
        ),
      ),
    );
    fill(place, h("p.small.muted", {}, "Your values, used in the plan:"), h("ul.chips", {}, chips));
  }
}
