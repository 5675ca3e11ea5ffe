// A search: begun with the values that have alternatives, its table while it grows, the best row taken over.

import {call, fileOf, query, seg} from "../api.js";
import {labelOf, valueText, variedWords} from "../comparing.js";
import {counted, empty, fill, h, head, note, percent, short} from "../dom.js";
import {chosen, minutes, number, pick, tellRefusal} from "../options.js";
import {shownAs} from "../shown.js";
import {searchRecipe} from "../plan.js";
import {whyNotTrain} from "../reasons.js";
import {changed, given, sameImages, store, takeHyper} from "../store.js";
import {Working} from "../working.js";

const SEARCHES = [
  ["grid", "grid"],
  ["random", "random"],
  ["tpe", "TPE"],
];
const PRUNERS = [
  ["", "none"],
  ["median", "median"],
  ["hyperband", "Hyperband"],
];
const PLOTS = [
  ["importance.png", "Importance of parameters"],
  ["parallel_coordinates.png", "Parallel coordinates"],
  ["search_history.png", "Progress of the search"],
  ["accuracy_and_seconds.png", "Score and training time"],
];
const GOALS = [
  ["accuracy", "accuracy"],
  ["loss", "loss"],
  ["auc", "AUC"],
  ["macro_f1", "macro F1"],
];

export function tunePage(page) {
  const begin = h("button.primary", {type: "button", onclick: start}, "Tune");
  const working = new Working(page, {
    cancelled: "Stopped; the table is kept",
    interrupted: "Interrupted; Resume skips finished trials",
  });
  const top = head(
    "Tune",
    "",
    begin,
    working.stop,
    working.resume,
    h("a.button", {href: "#study"}, "Target study …"),
  );
  const fields = {
    search: pick("tune-search", "Search", SEARCHES),
    objective: pick("tune-objective", "Objective", GOALS),
    folds: number("tune-folds", "Folds", "3"),
    trials: number("tune-trials", "Trials", "all of a grid, else 20"),
    repeats: number("tune-repeats", "Repeats", "1"),
    pruner: pick("tune-pruner", "Pruner", PRUNERS),
    time_limit: minutes("tune-time", "Time limit (min)", "none"),
    images: number("tune-images", "Images", "up to 10,000"),
  };
  const table = h("div");
  const plots = h("div");
  const shown = h("div", {hidden: true}, working.element, h(".card", {}, table), plots);
  const nothing = empty(
    "No search yet",
    "Choose Expert on the Parameters page and enter several values in a field, such as 0.01, 0.001 for the learning rate.",
    h("a.button", {href: "#params"}, "Parameters"),
  );
  fill(
    page.place,
    top,
    h(
      ".card",
      {},
      h(
        ".form.tight",
        {},
        Object.values(fields).map((field) => field.element),
      ),
    ),
    nothing,
    shown,
    shownAs(request),
  );
  let asking = false;
  let stale = false;
  let seen = -1;
  page.on(store, "checked", ready);
  page.on(store, "dataset", ready);
  working.addEventListener("change", () => {
    begin.hidden = working.live;
    if (seen !== working.progress.trials) refresh();
    seen = working.progress.trials;
  });
  working.addEventListener("end", () => {
    refresh();
    showPlots();
  });
  ready();
  first();

  function why() {
    return whyNotTrain() || (store.varied.length ? "" : "No hyperparameter has several values");
  }

  function request() {
    const options = Object.fromEntries(Object.entries(chosen(fields)).filter(([, value]) => value !== ""));
    return {kind: "tune", data: given("data"), hyper: given("hyper"), recipe: searchRecipe(), options};
  }

  function ready() {
    begin.disabled = Boolean(why());
    begin.title = why();
    if (!working.run) top.lead(why() || variedWords("settings"));
  }

  async function first() {
    const {runs} = await call(`runs${query({kind: "tune", limit: 30})}`).catch(() => ({runs: []}));
    const latest =
      (page.part && runs.find((run) => run.id === page.part)) ||
      runs.find((run) => ["running", "waiting"].includes(run.state)) ||
      runs.find((run) => run.id === store.search) ||
      runs.find((run) => sameImages(run) !== false);
    if (latest && !working.run) watch(latest.id);
  }

  async function start() {
    begin.disabled = true;
    try {
      const run = await call("runs", {body: request()});
      store.search = run.id;
      changed();
      for (const field of Object.values(fields)) field.tell("");
      watch(run.id);
    } catch (error) {
      tellRefusal(fields, error);
    }
    ready();
  }

  function watch(run) {
    nothing.hidden = true;
    shown.hidden = false;
    begin.hidden = true;
    seen = -1;
    fill(table);
    fill(plots);
    working.watch(run);
    refresh();
    call(`runs/${seg(run)}`, {signal: page.signal}).then(
      (record) => working.run === run && top.lead(record.title),
      () => {},
    );
  }

  /** One request at a time; what changed meanwhile is asked for after it, so the last table is whole. */
  async function refresh() {
    stale = true;
    if (asking) return;
    asking = true;
    while (stale) {
      stale = false;
      try {
        rows(await call(`runs/${seg(working.run)}/trials`, {signal: page.signal}));
      } catch (error) {
        if (error.name !== "AbortError") fill(table, h("p.muted", {}, error.message));
      }
    }
    asking = false;
  }

  /** The pictures that a search leaves when it ends. */
  async function showPlots() {
    const {run} = working;
    const {files} = await call(`runs/${seg(run)}/files`, {signal: page.signal}).catch(() => ({files: []}));
    const drawn = PLOTS.filter(([name]) => files.some((file) => file.name === name));
    if (working.run !== run || !drawn.length) return;
    const pictures = drawn.map(([name, title]) =>
      h("img", {src: fileOf(run, name), alt: title, loading: "lazy"}),
    );
    fill(plots, h(".card", {}, h("h2", {}, "Plots"), h(".figures", {}, pictures)));
  }

  function rows(found) {
    if (!found.results.length) return fill(table, h("p.muted", {}, "No setting has finished yet."));
    const names = Object.keys(found.results[0].params);
    const best = found.best?.trial;
    const planned = found.planned_trials ? counted(found.planned_trials, "setting") : "… settings";
    fill(
      table,
      h(".row", {}, h("h2", {}, `${found.trials} of ${planned}`)),
      h(
        ".scroll",
        {tabindex: 0, role: "region", "aria-label": "Settings that were tried"},
        h(
          "table",
          {},
          h(
            "thead",
            {},
            h(
              "tr",
              {},
              names.map((name) => h("th", {scope: "col"}, labelOf(name))),
              ["Accuracy", "± ", "Loss", "Folds", "Seconds"].map((t) => h("th.n", {scope: "col"}, t)),
              h("th", {scope: "col"}, ""),
            ),
          ),
          h(
            "tbody",
            {},
            found.results.map((row) =>
              h(
                row.trial === best ? "tr.best" : "tr",
                {},
                names.map((name) => h("td", {}, valueText(name, row.params[name]))),
                h("td.n", {}, percent(row.mean_accuracy, 2)),
                h("td.n", {}, percent(row.std, 2)),
                h("td.n", {}, short(row.mean_loss)),
                h("td.n", {}, row.folds),
                h("td.n", {}, short(row.seconds)),
                h(
                  "td",
                  {},
                  row.trial === best
                    ? h("b.good", {}, "best ")
                    : row.tied
                      ? h("span.muted", {}, "tied ")
                      : "",
                  row.state === "done"
                    ? h(
                        "button.quiet",
                        {
                          type: "button",
                          "aria-label": `Use setting ${row.trial}`,
                          onclick: () => adopt(row.trial),
                        },
                        "Use these values",
                      )
                    : row.state,
                ),
              ),
            ),
          ),
        ),
      ),
    );
  }

  async function adopt(trial) {
    try {
      const {hyper} = await call(`runs/${seg(working.run)}/best${query({trial})}`);
      takeHyper(hyper);
      note("The parameters now have these values");
      location.hash = "params";
    } catch (error) {
      note(error.message);
    }
  }
}
