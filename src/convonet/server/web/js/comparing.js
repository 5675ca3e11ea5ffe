// Runs side by side: scores, the parameters that differ, and whether a difference is due to chance.

import {h, percent, short, whole} from "./dom.js";
import {SPLITS} from "./sets.js";
import {store} from "./store.js";

const MOST_CHANGED = 50;

/** A card for the document of a comparison. */
export function comparison(found) {
  const said = [...found.pairs, ...(found.difference?.images ? [found.difference] : [])];
  return h(
    ".card",
    {},
    h("h2", {}, "Side by side"),
    // What outdates the scores is read before the scores.
    found.runs
      .filter((run) => run.outdated)
      .map((run) => h("p.warn", {}, run.outdated)),
    sideBySide(found),
    h("h3.below", {}, "Is the difference due to chance?"),
    said.length
      ? said.map((each) => h("p", {}, each.sentence))
      : h("p", {}, "Fewer than two of these runs were tested, so their predictions cannot be compared."),
    found.difference ? between(found.difference) : null,
  );
}

function sideBySide({runs, differences}) {
  const same = runs.every((run) => run.same_data) ? "the same" : "not the same";
  const rows = [
    ["Test accuracy", ...runs.map(({scores}) => percent(scores?.test?.accuracy))],
    ["Validation accuracy", ...runs.map(({scores}) => percent(scores?.training?.val_accuracy))],
    ["Test loss", ...runs.map(({scores}) => short(scores?.test?.loss))],
    ["Training images", ...runs.map(() => same)],
    ...Object.entries(differences).map(([name, values]) => [
      labelOf(name),
      ...values.map((value) => valueText(name, value)),
    ]),
  ];
  return table("Runs side by side", ["", ...runs.map((run) => run.title)], 1, rows);
}

/** Of two runs: the images that they predict differently, and the marks that only one of them obeyed. */
function between({changed, marks}) {
  const predicted = changed
    .slice(0, MOST_CHANGED)
    .map((one) => [one.path, one.true, one.a, one.b, percent(one.p_a), percent(one.p_b)]);
  const titles = ["Image", "True", "Before", "After", "Probability before", "Probability after"];
  const more = changed.length - predicted.length;
  return [
    changed.length
      ? [h("h3.below", {}, "Changed predictions"), table("Changed predictions", titles, 4, predicted)]
      : null,
    more > 0 ? h("p.muted.small", {}, `and ${whole(more)} more`) : null,
    marks.length
      ? [
          h("h3.below", {}, "Changed marks"),
          table(
            "Changed marks",
            ["Set", "Image", "Before", "After"],
            4,
            marks.map((mark) => [SPLITS[mark.set] ?? mark.set, mark.path, mark.a ?? "–", mark.b ?? "–"]),
          ),
        ]
      : null,
  ];
}

/** A table in a region of that name; cells from column `numbers` on stand at the right. */
function table(name, titles, numbers, rows) {
  const kind = (index) => (index < numbers ? "" : ".n");
  const title = (text, index) => (text ? h(`th${kind(index)}`, {scope: "col"}, text) : h("td"));
  const cell = (text, index) => (index ? h(`td${kind(index)}`, {}, text) : h("th", {scope: "row"}, text));
  const body = rows.map((row) => h("tr", {}, row.map(cell)));
  return h(
    ".scroll",
    {tabindex: 0, role: "region", "aria-label": name},
    h("table", {}, h("thead", {}, h("tr", {}, titles.map(title))), h("tbody", {}, body)),
  );
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
