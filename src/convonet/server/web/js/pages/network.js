// The layer table of the network that the parameters describe.

import {ask} from "../api.js";
import {valueText} from "../comparing.js";
import {networkDrawing} from "../drawing.js";
import {counted, empty, fill, h, head, short, tile, whole} from "../dom.js";
import {ofOneNetwork, usedRecipe} from "../plan.js";
import {whyNotTrain} from "../reasons.js";
import {store} from "../store.js";

const COLUMNS = [
  ["Layer", "name"],
  ["Type", "type"],
  ["Kernel", "kernel"],
  ["Stride", "stride"],
  ["Padding", "padding"],
  ["Activation", "activation"],
  ["Output", "output_shape"],
  ["Parameters", "params", true],
  ["Receptive field", "receptive_field", true],
  ["Multiply-adds", "macs", true],
];

export function networkPage(page) {
  const build = h("button.primary", {type: "button", onclick: show}, "Build the network");
  const top = head("Network", "", build);
  const body = h("div", {"aria-live": "polite"});
  const candidates = h("select", {id: "candidate", onchange: () => show()});
  const choice = h(
    ".card",
    {hidden: true},
    h(".field.narrow", {}, h("label", {htmlFor: "candidate"}, "Candidate"), candidates),
  );
  fill(page.place, top, choice, body);
  let planned = null;
  page.on(store, "dataset", ready);
  page.on(store, "plan", ready);
  ready();

  function ready() {
    const why =
      whyNotTrain() ||
      (usedRecipe() !== "none" && !store.plan ? (store.planError?.message ?? "Planning …") : "");
    build.disabled = Boolean(why);
    const own = valueText("family", store.hyper.family || "convonet");
    const network = usedRecipe() === "none" ? own : "A network planned by the recipe";
    top.lead(why || `${network}, for ${counted(store.dataset.classes.length, "class", "classes")}`);
    offer();
    if (!body.children.length)
      why
        ? fill(
            body,
            empty(
              "No network yet",
              "The network is built from the image size and the number of classes.",
              h("a.button", {href: "#data"}, "Choose images"),
            ),
          )
        : show();
  }

  function offer() {
    if (planned === store.plan) return;
    planned = store.plan;
    choice.hidden = !planned;
    fill(
      candidates,
      planned?.candidates.map((one) => h("option", {value: one.name}, one.title)),
    );
    if (body.children.length) fill(body);
  }

  async function show() {
    build.disabled = true;
    fill(body, h("p.muted", {}, "Building …"));
    try {
      draw(await ask("summary", ofOneNetwork(candidates.value), page.signal));
    } catch (error) {
      if (error.name !== "AbortError")
        fill(
          body,
          h(
            ".card",
            {role: "alert"},
            h("h2.bad", {}, "This network cannot be built"),
            h("p", {}, error.message),
          ),
        );
    }
    build.disabled = Boolean(whyNotTrain());
  }

  function draw(found) {
    const cell = (row, key) => {
      const value = row[key];
      if (value === null) return "";
      if (key === "output_shape") return value.slice(1).join(" × ");
      return Array.isArray(value) ? value.join(" × ") : typeof value === "number" ? whole(value) : value;
    };
    fill(
      body,
      h(
        ".card",
        {},
        h(
          ".tiles",
          {},
          tile("Parameters", whole(found.params)),
          tile("Trainable", whole(found.trainable)),
          tile("Non-trainable", whole(found.non_trainable)),
          tile("Memory for weights", `${short(found.bytes / 2 ** 20)} MiB`),
        ),
      ),
      h(".card", {}, h("h2", {}, "Drawing"), networkDrawing(found.layers)),
      h(
        ".card",
        {},
        h(
          ".scroll",
          {tabindex: 0, role: "region", "aria-label": "Layers"},
          h(
            "table",
            {},
            h("caption.sr", {}, "Layers"),
            h(
              "thead",
              {},
              h(
                "tr",
                {},
                COLUMNS.map(([title, , number]) => h(number ? "th.n" : "th", {scope: "col"}, title)),
              ),
            ),
            h(
              "tbody",
              {},
              found.layers.map((row) =>
                h(
                  "tr",
                  {},
                  COLUMNS.map(([, key, number]) => h(number ? "td.n" : "td", {}, cell(row, key))),
                ),
              ),
            ),
          ),
        ),
      ),
    );
  }
}
