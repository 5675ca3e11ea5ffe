// Runs side by side: scores, the parameters that differ, and whether a difference is beyond chance.

import {h, percent, short} from "./dom.js";
import {store} from "./store.js";

/** A card for the document of a comparison; `titles`: what people read for each run's id. */
export function comparison(found, titles) {
  const names = found.runs.map((run) => titles.get(run.id) ?? run.id);
  const scores = found.runs.map((run) => run.scores ?? {});
  const line = (title, cells) =>
    h(
      "tr",
      {},
      h("th", {scope: "row"}, title),
      cells.map((cell) => h("td.n", {}, cell)),
    );
  const text = (value) =>
    typeof value === "object" && value !== null ? JSON.stringify(value) : String(value ?? "–");
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
    Object.entries(found.differences).map(([name, each]) => line(labelOf(name), each.map(text))),
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

function named(sentence, titles) {
  for (const [id, title] of titles) sentence = sentence.replaceAll(id, title);
  return sentence;
}

/** What a parameter is called everywhere. `data.train_dir` and `train_dir` mean the same. */
export function labelOf(name) {
  const plain = name.split(".").at(-1);
  const known = [...store.about.fields.data, ...store.about.fields.hyper].find(
    (field) => field.name === plain,
  );
  return known?.label ?? plain.replaceAll("_", " ");
}
