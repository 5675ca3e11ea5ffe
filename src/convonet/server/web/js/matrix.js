// The confusion matrix: rows are true classes; a cell opens its images.

import {h, percent, whole} from "./dom.js";

const MOST = 60;

/** The ground of a cell, on which its number stays readable in light and dark. */
function shade(isRight, share) {
  const strength = isRight ? 0.08 + 0.32 * share : 0.14 + 0.4 * Math.min(1, share * 3);
  return `rgba(var(--${isRight ? "cell" : "cell-bad"}), ${strength.toFixed(2)})`;
}

/** A table of buttons; `open(true, predicted)` is called for a cell that is not empty. */
export function matrix(scores, open) {
  const {classes, confusion_matrix: rows} = scores;
  if (classes.length > MOST)
    return h(
      "p.muted",
      {},
      `The matrix of ${counted(classes.length, "class", "classes")} is in the run's file confusion_matrix.csv; ` +
        "the mistakes are below.",
    );
  const cells = [];
  const body = rows.map((row, truth) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    return h(
      "tr",
      {},
      h("th", {scope: "row", title: classes[truth]}, classes[truth]),
      row.map((count, answer) => {
        // Most cells of many classes are empty: without buttons they are drawn in no time.
        if (!count) return h("td.none", {}, "·");
        const share = count / total;
        const what =
          truth === answer
            ? `${classes[truth]} predicted correctly`
            : `${classes[truth]} mistaken for ${classes[answer]}`;
        const counted = `${whole(count)} of ${whole(total)}, ${percent(share)}`;
        const button = h(
          "button",
          {
            type: "button",
            "aria-pressed": "false",
            "aria-label": `${what}: ${counted}`,
            onclick: () => {
              for (const each of cells) each.setAttribute("aria-pressed", String(each === button));
              open(classes[truth], classes[answer]);
            },
          },
          count,
        );
        cells.push(button);
        const cell = h("td", {}, button);
        cell.style.background = shade(truth === answer, share);
        return cell;
      }),
    );
  });
  const table = h(
    "table.matrix",
    {},
    h("caption.sr", {}, "Confusion matrix: rows are true classes, columns are predicted classes"),
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        h("td", {}),
        classes.map((name) => h("th", {scope: "col", title: name}, name)),
      ),
    ),
    h("tbody", {}, body),
  );
  return h(
    "div",
    {},
    h(".scroll", {tabindex: 0, role: "region", "aria-label": "Confusion matrix"}, table),
    h("p.muted.small", {}, "Rows: true classes. Columns: predicted classes. Click a cell to see its images."),
  );
}
