// ROC and precision-recall curves of a test; for two classes the threshold, given or chosen on validation.

import {h, note, percent, short} from "./dom.js";
import {MOST_LINES, plane} from "./plane.js";

/** The parts of a document of scores; `again(options)` tests with them. */
export function curves(scores, again) {
  const known = scores.curves ?? [];
  const worst = [...known].sort((one, other) => one.auc - other.auc).slice(0, MOST_LINES);
  const shown = known.filter((curve) => worst.includes(curve));
  const line = (curve, place, part, xs, ys, score) => ({
    name: `${curve.class}: ${curve[score].toFixed(3)}`,
    kind: `c${place}`,
    points: points(curve[part][xs], curve[part][ys], part),
  });
  return h(
    "div",
    {},
    h("p.muted", {}, sentence(scores, known.length, shown.length)),
    scores.classes.length === 2 ? threshold(scores, again) : null,
    known.length
      ? h(
          ".two",
          {},
          plane(
            "ROC",
            "false positive rate",
            "true positive rate",
            shown.map((curve, place) => line(curve, place, "roc", "fpr", "tpr", "auc")),
            {diagonal: true},
          ),
          plane(
            "Precision and recall",
            "recall",
            "precision",
            shown.map((curve, place) =>
              line(curve, place, "precision_recall", "recall", "precision", "average_precision"),
            ),
          ),
        )
      : null,
  );
}

// Between two thresholds only the precision of the higher recall is reached: no slope joins them.
function points(xs, ys, part) {
  const plain = xs.map((x, place) => [x, ys[place]]);
  if (part === "roc") return plain;
  return plain.flatMap(([x, y], place) =>
    place
      ? [
          [plain[place - 1][0], y],
          [x, y],
        ]
      : [[x, y]],
  );
}

function sentence(scores, known, shown) {
  if (!known) return "This test was run with an earlier version; test again to see its curves.";
  const area = scores.auc === null ? "" : `Mean area under the ROC curves: ${scores.auc.toFixed(4)}. `;
  if (scores.classes.length === 2 && scores.threshold !== null) {
    const chosen = scores.chosen?.threshold === undefined ? "" : " (chosen on validation images)";
    const decision = `${scores.positive} at p ≥ ${short(scores.threshold)}${chosen}`;
    const [sensitivity, specificity] = [scores.sensitivity, scores.specificity].map((each) => percent(each));
    return `${area}${decision}: sensitivity ${sensitivity}, specificity ${specificity}.`;
  }
  const which = shown < known ? `; the ${shown} with the smallest areas are shown` : "";
  return `${area}Each class against the rest${which}. The numbers are areas under the curves.`;
}

function threshold(scores, again) {
  const positive = h(
    "select",
    {id: "positive"},
    scores.classes.map((name, place) =>
      h(
        "option",
        {
          value: name,
          selected:
            name === (scores.positive ?? scores.classes[1]) || (scores.positive === null && place === 1),
        },
        name,
      ),
    ),
  );
  const input = (id, value, label) => [
    h("label", {htmlFor: id}, label),
    h("input", {id, inputMode: "decimal", value, autocomplete: "off"}),
  ];
  const number = (id) => Number(document.getElementById(id).value.trim().replace(",", ".") || NaN);
  const keep = h("input", {type: "checkbox", id: "keep-threshold"});
  const go = (make) => {
    const options = make();
    if (
      Object.values(options)
        .flat()
        .some((value) => !Number.isFinite(value))
    )
      return note("A number is missing");
    again({positive: positive.value, keep: keep.checked, ...options});
  };
  const way = (fields, text, make) =>
    h(
      ".way",
      {},
      fields.map((pair) => h(".field", {}, pair)),
      h("button", {type: "button", onclick: () => go(make)}, text),
    );
  return h(
    ".ways",
    {},
    h(
      ".row",
      {},
      h(".field", {}, h("label", {htmlFor: "positive"}, "Positive class"), positive),
      h("label.tick", {}, keep, "Save in the model"),
    ),
    way([input("p-threshold", short(scores.threshold ?? 0.5), "Threshold")], "Test again", () => ({
      threshold: number("p-threshold"),
    })),
    way([input("p-recall", "0.95", "Target recall")], "Choose by recall", () => ({
      min_recall: number("p-recall"),
    })),
    way(
      [input("p-alarm", "1", "Cost of a false alarm"), input("p-miss", "5", "Cost of a miss")],
      "Choose by costs",
      () => ({costs: [number("p-alarm"), number("p-miss")]}),
    ),
  );
}
