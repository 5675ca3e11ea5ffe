// Runs side by side: scores, the parameters that differ, and whether a difference is beyond chance.

import {h, percent, short} from "./dom.js";
import {store} from "./store.js";

/** A card for the document of a comparison. */
export function comparison(found) {
  const titles = new Map(found.runs.map((run) => [run.id, run.title]));
  const names = found.runs.map((run) => run.title);
  const scores = found.runs.map((run) => run.scores ?? {});
  const line = (title, cells) =>
    h(
      "tr",
      {},
      h("th", {scope: "row"}, title),
      cells.map((cell) => h("td.n", {}, cell)),
    );
  const rows = [
    line(
      "Test accuracy",
      scores.map((each) => percent(each.test?.accuracy)),
    ),
    line(
      "Validation accuracy",
      scores.map((each) => percent(each.training?.val_accuracy)),
    ),
    line(
      "Test loss",
      scores.map((each) => short(each.test?.loss)),
    ),
    Object.entries(found.differences).map(([name, each]) =>
      line(
        labelOf(name),
        each.map((value) => valueText(name, value)),
      ),
    ),
  ];
  const head = h(
    "tr",
    {},
    h("td"),
    names.map((name) => h("th.n", {scope: "col"}, name)),
  );
  const region = {tabindex: 0, role: "region", "aria-label": "Runs side by side"};
  const pairs = found.pairs.map((pair) => h("p", {}, named(pair.sentence ?? "", titles)));
  return h(
    ".card",
    {},
    h("h2", {}, "Side by side"),
    h(".scroll", region, h("table", {}, h("thead", {}, head), h("tbody", {}, rows))),
    h("h3.below", {}, "Is the difference beyond chance?"),
    pairs,
    found.difference ? h("p.muted", {}, named(found.difference.sentence, titles)) : null,
  );
}

/** A sentence of the server with titles where it has ids. */
function named(sentence, titles) {
  const ids = [...titles.keys()].map((id) => id.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  // At once, so that no title is taken for another run's id.
  const any = new RegExp(`(?<![\\w-])(${ids.join("|")})(?![\\w-])`, "g");
  return sentence.replaceAll(any, (id) => titles.get(id));
}

/** Which hyperparameters have several values, and how many `units` these make. */
export function variedWords(units) {
  const names = store.varied.map(labelOf).join(", ");
  const size = store.combinations ? `: ${store.combinations} ${units}` : "";
  return `${names} ${store.varied.length === 1 ? "is" : "are"} varied${size}`;
}

/** A value of a parameter for people: networks and backbones by their titles. */
export function valueText(name, value) {
  const titled = {family: store.about.families, base: store.about.bases}[name.split(".").at(-1)];
  if (Array.isArray(value)) return value.map((each) => valueText(name, each)).join(", ");
  if (typeof value === "object" && value !== null) return JSON.stringify(value);
  return titled?.find((each) => each.name === value)?.title ?? String(value ?? "–");
}

/** What a parameter is called everywhere. `data.train_dir` and `train_dir` mean the same. */
export function labelOf(name) {
  const plain = name.split(".").at(-1);
  const known = [...store.about.fields.data, ...store.about.fields.hyper].find(
    (field) => field.name === plain,
  );
  return known?.label ?? plain.replaceAll("_", " ");
}
