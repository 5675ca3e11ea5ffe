// What a training came to: the score, what was tried, and what to do next.

import {call, seg} from "./api.js";
import {labelOf} from "./comparing.js";
import {counted, duration, h, interval, note, percent, tile, whole} from "./dom.js";
import {notes, recipeTitle, sentence} from "./recipe.js";
import {changed, check, store, typedAll} from "./store.js";

/** The table of candidates, of a summary or of a training under way. */
export function candidateTable(rows, why = "") {
  const cells = (one) => [
    h("td.wrap", {}, one.chosen || one.best ? h("b", {}, one.title) : one.title),
    h(
      "td.n",
      {},
      one.accuracy === null || one.accuracy === undefined ? "–" : h("b", {}, percent(one.accuracy)),
    ),
    h("td.n.muted", {}, interval(one.accuracy_interval).replace("95% CI ", "") || "–"),
    h("td.n", {}, one.epochs ? whole(one.epochs) : "–"),
    h("td.n", {}, one.seconds ? duration(one.seconds) : "–"),
    h("td.wrap", {}, words(one, why)),
  ];
  return h(
    ".scroll",
    {tabindex: 0, role: "region", "aria-label": "What was tried"},
    h(
      "table",
      {},
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          h("th", {scope: "col"}, "Candidate"),
          ["Validation accuracy", "95% CI", "Epochs", "Time"].map((t) => h("th.n", {scope: "col"}, t)),
          h("th", {scope: "col"}, "Result"),
        ),
      ),
      h(
        "tbody",
        {},
        rows.map((one) => h(one.chosen || one.best ? "tr.best" : "tr", {}, cells(one))),
      ),
    ),
  );
}

function words(one, why) {
  if (one.state === "running") return h("span.badge.running", {}, "training");
  if (one.chosen) return h("span.badge.done", {}, "chosen");
  if (one.best) return h("span.badge.done", {}, "best so far");
  const state =
    one.state === "done"
      ? null
      : h("span.badge", {class: `badge ${one.state}`}, one.state === "waiting" ? "not trained" : one.state);
  let reason = one.state === "waiting" ? "" : (one.result ?? one.reason ?? "");
  // The reason of the choice stands below the table once.
  if (why && reason.toLowerCase() === why.toLowerCase()) reason = "not chosen";
  return [state, state && reason ? " " : null, h("span.muted", {}, reason)];
}

/** The cards of a summary; `started(run)` is called when a piece of advice is followed. */
export function summaryCards(run, summary, started) {
  return [score(run, summary), tried(summary), next(run, summary, started)];
}

function score(run, summary) {
  if (summary.accuracy === null) return untested(run);
  const pair = summary.confusion;
  return h(
    ".card",
    {},
    h("h2", {}, "Test"),
    h(
      ".tiles.wide",
      {},
      tile("Test accuracy", percent(summary.accuracy), interval(summary.interval)),
      tile("Baseline", percent(summary.baseline), "always the most common class"),
      tile("Test images", whole(summary.images)),
      pair
        ? tile(
            "Most often confused",
            [pair.true, h("span.muted", {}, " mistaken for "), pair.predicted],
            `${whole(pair.count)} of ${counted(pair.of)} of ${pair.true}`,
          )
        : null,
    ),
  );
}

/** Without test images nobody knows how good the model is on new ones. */
function untested(run) {
  return h(
    ".card",
    {},
    h("h2", {}, "Test"),
    h("p", {}, "This model was not tested, so its accuracy on new images is unknown."),
    h("a.button", {href: `#test/${seg(run)}`}, "Test it"),
  );
}

function tried(summary) {
  if (!summary.tried.length) return null;
  const several = summary.tried.filter((one) => one.state === "done").length > 1;
  return h(
    ".card",
    {},
    h("h2", {}, "What was tried"),
    sentence(summary.sentence),
    notes(summary.notes),
    candidateTable(summary.tried, several ? summary.why : ""),
    several && summary.why ? h("p.muted.small.below", {}, `Reason for the choice: ${summary.why}.`) : null,
  );
}

function next(run, summary, started) {
  if (!summary.advice.length) return null;
  return h(
    ".card",
    {},
    h("h2", {id: "next-steps", tabIndex: -1}, "What you can do next"),
    h(
      "ul.advice",
      {},
      summary.advice.map((step) => h("li", {}, h("p", {}, step.text), follow(run, step, started))),
    ),
  );
}

function follow(run, step, started) {
  if (!step.recipe && !step.settings) return step.command ? h("pre", {}, step.command) : null;
  const button = h(
    "button",
    {
      type: "button",
      onclick: async () => {
        button.disabled = true;
        try {
          started(await again(run, step));
        } catch (error) {
          note(error.message);
          button.disabled = false;
        }
      },
    },
    "Apply and train again",
  );
  return h(
    ".row.middle",
    {},
    button,
    h(
      "span.muted.small",
      {},
      step.recipe
        ? recipeTitle(step.recipe)
        : Object.entries(step.settings)
            .map(([name, value]) => `${labelOf(name)}: ${value}`)
            .join(", "),
    ),
  );
}

/** The same training with what the advice changes; the form shows the new values too. */
async function again(run, step) {
  const {task} = await call(`runs/${seg(run)}`);
  const plain = (values) =>
    Object.fromEntries(
      Object.entries(values).filter(([name, value]) => value !== null && name !== "format_version"),
    );
  const planned = task.recipe && task.recipe !== "none";
  const hyper = {...(step.recipe && !planned ? {} : plain(task.hyper)), ...step.settings};
  const recipe = step.recipe ?? task.recipe ?? "none";
  const minutes = step.recipe ? null : (task.minutes ?? null);
  const options = {
    recipe,
    validation: task.validation,
    ...(minutes === null ? {} : {minutes}),
    ...(task.from_model && !step.recipe ? {from_model: task.from_model} : {}),
  };
  const made = await call("runs", {body: {kind: "train", data: plain(task.data), hyper, options}});
  Object.assign(store, {
    recipe,
    minutes: minutes === null ? "" : String(minutes),
    hyper: typedAll(hyper),
    training: made.id,
  });
  changed("hyper", "recipe", "minutes", "training");
  check().catch(() => {});
  return made.id;
}
