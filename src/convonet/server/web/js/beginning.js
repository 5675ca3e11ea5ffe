// How a training is begun from any page, and what is offered before it.

import {call} from "./api.js";
import {counted, fill, h, note} from "./dom.js";
import {whyNotTrain} from "./reasons.js";
import {changed, check, look, store} from "./store.js";

const SHARE = 0.2;

/** Begin a training and make it the one that is shown; gives whether it was begun. */
export async function begun(request) {
  try {
    const run = await call("runs", {body: request});
    store.training = run.id;
    changed("training");
    return true;
  } catch (error) {
    note(error.message);
    return false;
  }
}

/** Offers to hold out test images where there are none; without them nobody knows how good the model is. */
export function holdOut(page) {
  const place = h("div");
  page.on(store, "dataset", show);
  show();
  return place;

  function show() {
    const sets = store.dataset?.sets;
    if (!sets?.train?.images || sets.test?.images || store.dataset.errors.test || whyNotTrain())
      return fill(place);
    const count = Math.round(SHARE * sets.train.images);
    const button = h(
      "button",
      {type: "button", onclick: () => take(button)},
      `Hold out ${100 * SHARE}% for testing`,
    );
    fill(
      place,
      h(
        ".notice",
        {},
        h("p", {}, "There are no test images, so the accuracy on new images cannot be measured."),
        h(
          ".row.middle",
          {},
          button,
          h("span.muted.small", {}, `About ${counted(count)}, from every class; no files are moved.`),
        ),
      ),
    );
  }

  async function take(button) {
    button.disabled = true;
    store.data.test_share = String(SHARE);
    changed("data");
    await Promise.all([look(), check().catch(() => {})]);
  }
}
