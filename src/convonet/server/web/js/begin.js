// The page that begins a job of its own kind with the images and parameters of this browser, and then
// goes to its run.

import {call, seg} from "./api.js";
import {fill, h, head} from "./dom.js";
import {chosen, tellRefusal} from "./options.js";
import {searchRecipe} from "./plan.js";
import {whyNotTrain} from "./reasons.js";
import {given, store} from "./store.js";

/** `said()` is the sentence below the title when all is there; `about` explains what will be done. */
export function beginPage(page, {kind, title, button, fields, about, said}) {
  const begin = h("button.primary", {type: "button", onclick: start}, button);
  const top = head(title, "", begin, h("a.button", {href: "#params"}, "Parameters"));
  fill(
    page.place,
    top,
    h(
      ".card",
      {},
      about.map((text) => h("p", {}, text)),
      h(
        ".form",
        {},
        Object.values(fields).map((field) => field.element),
      ),
    ),
  );
  page.on(store, "checked", ready);
  page.on(store, "dataset", ready);
  ready();

  function ready() {
    const why = whyNotTrain();
    begin.disabled = Boolean(why);
    begin.title = why;
    top.lead(why || said());
  }

  async function start() {
    begin.disabled = true;
    try {
      const run = await call("runs", {
        body: {
          kind,
          data: given("data"),
          hyper: given("hyper"),
          recipe: searchRecipe(),
          options: chosen(fields),
        },
        signal: page.signal,
      });
      location.hash = `${kind}/${seg(run.id)}`;
    } catch (error) {
      if (error.name === "AbortError") return;
      tellRefusal(fields, error);
      ready();
    }
  }
}
