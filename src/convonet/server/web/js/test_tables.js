// The numbers of a test as tiles and tables.

import {call, seg} from "./api.js";
import {h, interval, percent, short, tile, whole} from "./dom.js";
import {SPLITS} from "./sets.js";
import {store} from "./store.js";

const MOST_SKIPPED = 500;

export function tiles(scores) {
  const optional = (value, name, text) => (value === null ? null : tile(name, text(value)));
  return h(
    ".card",
    {},
    h(
      ".tiles",
      {},
      tile("Accuracy", percent(scores.accuracy), interval(scores.accuracy_interval)),
      tile("Baseline", percent(scores.baseline_accuracy), "the most common class"),
      tile("Loss", short(scores.loss)),
      optional(scores.top_k_accuracy, `Top-${scores.top_k} accuracy`, percent),
      tile("Macro F1", short(scores.macro_f1)),
      optional(scores.auc, "AUC", short),
      optional(scores.threshold, "Threshold", short),
    ),
  );
}

/** A table; a title that begins with `n:` stands over numbers. */
function table(label, titles, rows) {
  const cell = (title) =>
    title.startsWith("n:") ? h("th.n", {scope: "col"}, title.slice(2)) : h("th", {scope: "col"}, title);
  const head = h("thead", {}, h("tr", {}, titles.map(cell)));
  const region = {tabindex: 0, role: "region", "aria-label": label};
  return h(".scroll", region, h("table", {}, head, h("tbody", {}, rows)));
}

const row = (name, ...numbers) =>
  h(
    "tr",
    {},
    h("td", {}, name),
    numbers.map((text) => h("td.n", {}, text)),
  );

/** Every score of the whole set; the server says which there are and how they are shown. */
export function scoreTable(scores) {
  const text = (score, value) => (score.percent ? percent(value) : value.toFixed(4));
  const between = (score) => {
    const ends = score.name === "accuracy" ? scores.accuracy_interval : scores.intervals[score.name];
    if (!ends) return "";
    return score.percent
      ? `${(100 * ends[0]).toFixed(1)}–${percent(ends[1])}`
      : `${text(score, ends[0])}–${text(score, ends[1])}`;
  };
  const rows = store.about.scores
    .filter(({name}) => scores[name] !== null && scores[name] !== undefined)
    .map((score) => row(score.label, text(score, scores[score.name]), between(score)));
  return table("All metrics", ["Score", "n:Value", "n:95% CI"], rows);
}

export function classTable(scores) {
  const rows = scores.per_class.map((one) =>
    row(one.class, percent(one.precision), percent(one.recall), short(one.f1), whole(one.support)),
  );
  return table("Classes", ["Class", "n:Precision", "n:Recall", "n:F1", "n:Images"], rows);
}

export function skippedTable(scores) {
  const line = (item) => h("tr", {}, h("td.wrap", {}, item.path), h("td.wrap", {}, item.reason));
  return table("Skipped files", ["File", "Reason"], scores.skipped.slice(0, MOST_SKIPPED).map(line));
}

/** Training, validation and test side by side. */
export async function allSets(run, signal) {
  const found = await call(`runs/${seg(run)}/sets`, {signal});
  const line = (item) => {
    const made = row(
      SPLITS[item.set],
      whole(item.images),
      percent(item.accuracy),
      interval(item.accuracy_interval).replace("95% CI ", "") || "–",
      short(item.loss),
    );
    made.append(h("td", {}, item.evaluated ? "with the final model" : "during training"));
    return made;
  };
  return [
    h(
      "p",
      {},
      found.sentence ??
        "To test the model on another set, choose the set above. This table lists every set that has scores.",
    ),
    table(
      "All sets",
      ["Set", "n:Images", "n:Accuracy", "n:95% CI", "n:Loss", "Measured"],
      found.rows.map(line),
    ),
  ];
}
