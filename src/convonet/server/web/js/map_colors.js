// What the points of a map are coloured by: their class, whether the model is right, or its confidence.

const NAMED = ["#1f6fc4", "#d9730d", "#2a9d5c", "#8e3bb0", "#c2297f", "#8a7000", "#0a8f9c", "#b3261e"];
const GOLDEN = 137.508;
const [RIGHT, WRONG] = ["#2a9d5c", "#d0342c"];
const STEPS = 5;
const [UNSURE, SURE] = [
  [217, 115, 13],
  [31, 95, 208],
];

/** The colour of a class; further ones than are named get hues far apart. */
export const classColor = (index) =>
  NAMED[index] ?? `hsl(${Math.round(index * GOLDEN) % 360} 55% ${index % 2 ? 42 : 55}%)`;

/** The ways to colour a map: `[value, title]`. */
export function colorings(map) {
  const answers = map.predicted
    ? [
        ["correct", "Correctness"],
        ["confidence", "Confidence"],
      ]
    : [];
  return [["class", "Class"], ...answers, ["wrong", "Suspicious label"]];
}

/** For a way to colour: `{group(row), groups: [{title, color}]}`. */
export function coloring(map, by) {
  if (by === "correct") {
    const groups = [
      {title: "Correct", color: RIGHT},
      {title: "Wrong", color: WRONG},
    ];
    return {groups, group: (row) => (map.predicted[row] === map.labels[row] ? 0 : 1)};
  }
  if (by === "confidence") return {groups: confidences(), group: (row) => step(map.confidence[row])};
  if (by === "wrong") {
    const groups = [
      {title: "Neighbors in the same class", color: SURE_COLOR},
      {title: "Neighbors in a different class", color: WRONG},
    ];
    return {groups, group: (row) => (map.wrong_label_scores[row] > 0 ? 1 : 0)};
  }
  const groups = map.classes.map((title, index) => ({title, color: classColor(index)}));
  return {groups, group: (row) => map.labels[row]};
}

const SURE_COLOR = mix(1);

function mix(share) {
  const part = (index) => Math.round(UNSURE[index] + share * (SURE[index] - UNSURE[index]));
  return `rgb(${part(0)} ${part(1)} ${part(2)})`;
}

const step = (confidence) => Math.max(0, Math.min(STEPS - 1, Math.floor(confidence * STEPS)));

function confidences() {
  return Array.from({length: STEPS}, (_, index) => ({
    title: `${Math.round((100 * index) / STEPS)}–${Math.round((100 * (index + 1)) / STEPS)}%`,
    color: mix(index / (STEPS - 1)),
  }));
}
