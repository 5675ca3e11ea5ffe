// How far the model's confidence can be believed, and a temperature that puts it right.

import {h, short, whole} from "./dom.js";
import {plane} from "./plane.js";

/** The parts of a document of scores; `again(options)` tests with them. */
export function calibration(scores, again) {
  const keep = h("input", {type: "checkbox", id: "keep-temperature"});
  const {counts, confidence, accuracy} = scores.reliability;
  const filled = counts.map((_, place) => place).filter((place) => counts[place] && accuracy[place] !== null);
  const most = Math.max(1, ...filled.map((place) => counts[place]));
  const line = {
    name: "",
    kind: "c0",
    points: filled.map((place) => [confidence[place], accuracy[place]]),
    dots: filled.map((place) => counts[place] / most),
  };
  return h(
    "div",
    {},
    h("p", {}, sentence(scores)),
    h(
      ".row.middle",
      {},
      h("button", {type: "button", onclick: () => again({calibrate: true, keep: keep.checked})}, "Calibrate"),
      h("label.tick", {}, keep, "Save in the model"),
      h("span.muted.small", {}, "Fits a temperature on the validation images. The accuracy does not change."),
    ),
    h(
      ".two",
      {},
      plane("Reliability diagram", "confidence", "accuracy", [line], {diagonal: true}),
      plane(
        "Confidence of correct and wrong predictions",
        "confidence",
        "fraction",
        [
          steps(scores.confidence_histogram, "right", "correct", "c0"),
          steps(scores.confidence_histogram, "wrong", "wrong", "c1"),
        ],
        {high: null},
      ),
    ),
  );
}

function sentence(scores) {
  const {temperature, ece_uncalibrated: before, note} = scores.chosen ?? {};
  const without = typeof before === "number" ? `; without it, the error is ${before.toFixed(4)}` : "";
  // With a note, no temperature could be fitted, which is stored as 1.
  const fitted =
    temperature && !note ? `Temperature ${short(temperature)}, fitted on validation images${without}.` : "";
  const [ece, brier] = [scores.ece, scores.brier].map((each) => each.toFixed(4));
  const measured = `Calibration error (ECE) ${ece}, Brier score ${brier}.`;
  return [measured, fitted, note, scores.confidence_sentence].filter(Boolean).join(" ");
}

// A histogram as a line of steps, as shares of all right or of all wrong answers.
function steps({edges, ...kinds}, key, name, kind) {
  const total = kinds[key].reduce((sum, count) => sum + count, 0);
  const share = (count) => (total ? count / total : 0);
  const points = kinds[key].flatMap((count, place) => [
    [edges[place], share(count)],
    [edges[place + 1], share(count)],
  ]);
  return {name: `${name} (${whole(total)})`, kind, points: [[edges[0], 0], ...points, [edges.at(-1), 0]]};
}
