// What can be looked at before a training: augmented images, and the loss over learning rates.

import {ask, fileOf} from "./api.js";
import {fill, h, short} from "./dom.js";
import {ofOneNetwork} from "./plan.js";
import {whyNotTrain} from "./reasons.js";
import {changed, check, store} from "./store.js";

/** A card with both looks; each runs a job of its own and shows its picture. */
export function looks(page) {
  const place = h("div", {"aria-live": "polite"});
  const augment = h(
    "button",
    {type: "button", onclick: () => run(augment, "augment", showSamples)},
    "Preview augmentation",
  );
  const rates = h(
    "button",
    {type: "button", onclick: () => run(rates, "find_rate", showRates)},
    "Find a learning rate",
  );
  for (const name of ["dataset", "checked"]) page.on(store, name, ready);
  ready();
  return h(
    ".card",
    {},
    h("h2", {}, "Before training"),
    h(
      "p.muted",
      {},
      "Shows training images as augmentation changes them, or the loss at increasing learning rates.",
    ),
    h(".buttons", {}, augment, rates),
    place,
  );

  function ready() {
    const why = whyNotTrain();
    for (const button of [augment, rates]) Object.assign(button, {disabled: Boolean(why), title: why});
  }

  async function run(button, kind, show) {
    button.disabled = true;
    fill(place, h("p.muted.below", {role: "status"}, "Working …"));
    try {
      show(await ask(kind, ofOneNetwork(), page.signal));
    } catch (error) {
      if (error.name === "AbortError") return;
      fill(place, h("p.bad.below", {role: "alert"}, error.message));
    }
    button.disabled = false;
  }

  function picture(found, alt) {
    return h("img.wide-picture", {src: fileOf(found.asked, found.path.split(/[\\/]/).pop()), alt});
  }

  function showSamples(found) {
    fill(place, picture(found, "Training images, each with its augmented variations"));
  }

  function showRates(found) {
    const rate = found.suggested;
    const use = h("button", {type: "button", onclick: () => take(rate)}, "Use this rate");
    fill(
      place,
      rate ? h("p.row.middle.below", {}, `Suggested learning rate: ${short(rate)} `, use) : null,
      picture(found, "Loss by learning rate"),
    );
  }

  function take(rate) {
    store.hyper.init_rate = String(Number(rate.toPrecision(3)));
    changed("hyper");
    check().catch(() => {});
  }
}
