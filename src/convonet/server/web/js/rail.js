// The steps at the left: what is there of each, as it belongs to what is chosen.

import {counted, fill, h} from "./dom.js";
import {recipeTitle} from "./recipe.js";
import {usedRecipe} from "./plan.js";
import {store} from "./store.js";

const ORDERED = 6;

/**
 * Draw the links of the steps `[name, title]`; `here` is the one that is shown, `working` the kind that is
 * under way.
 */
export function drawRail(steps, here, working) {
  const words = notes(working);
  const place = document.getElementById("rail");
  const link = ([name, title], index) => [
    index === ORDERED ? h("hr", {"aria-hidden": "true"}) : null,
    h(
      "a",
      {href: `#${name}`, "aria-current": name === here ? "page" : null},
      h("span.no", {"aria-hidden": "true"}, index < ORDERED ? index + 1 : ""),
      h("span", {}, title),
      words[name] ? h("span.note", {title: words[name]}, words[name]) : null,
    ),
  ];
  fill(place, steps.map(link));
}

function notes(working) {
  const images = store.dataset?.sets.train?.images;
  const planned = usedRecipe() !== "none";
  const model = store.model ? "model ready" : "";
  return {
    data: images ? counted(images) : "none yet",
    params: parameters(planned),
    network: planned ? candidates() : store.hyper.family || "convonet",
    train: working === "train" ? "running" : "",
    test: model,
    use: model,
    tune: working === "tune" ? "running" : "",
  };
}

function parameters(planned) {
  const wrong = Object.keys(store.faults.data).length + Object.keys(store.faults.hyper).length;
  if (wrong) return `${wrong} invalid`;
  if (store.varied.length) return `${store.varied.length} varied`;
  return planned ? recipeTitle(usedRecipe()) : "Expert";
}

const candidates = () => (store.plan ? `${store.plan.candidates.length} planned` : "planned");
