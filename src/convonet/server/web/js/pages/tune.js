// A search: begun with the values that have alternatives, its table while it grows, the best row taken over.

import {call, query, seg} from "../api.js";
import {empty, fill, h, head, note, percent, short} from "../dom.js";
import {chosen, number, pick, tellRefusal} from "../options.js";
import {changed, given, searchRecipe, store, takeHyper, whyNotTrain} from "../store.js";
import {Working} from "../working.js";

const SEARCHES = [["grid", "grid"], ["random", "random"], ["tpe", "tpe"]];
const GOALS = [["accuracy", "accuracy"], ["loss", "loss"], ["auc", "auc"], ["macro_f1", "macro f1"]];

export function tunePage(page) {
  const begin = h("button.primary", {type: "button", onclick: start}, "Search");
  const working = new Working(page, {cancelled: "Stopped; the table is kept", interrupted: "Interrupted; Resume repeats no finished trial"});
  const top = head("Tune", "", begin, working.stop, working.resume, h("a.button", {href: "#study"}, "Target study …"));
  const fields = {
    search: pick("tune-search", "Search", SEARCHES), objective: pick("tune-objective", "Goal", GOALS), folds: number("tune-folds", "Folds", "3"),
    trials: number("tune-trials", "Trials", "all of the grid"), repeats: number("tune-repeats", "Seeds a setting", "1"),
  };
  const table = h("div");
  const shown = h("div", {hidden: true}, working.element, h(".card", {}, table));
  const nothing = empty("No search yet", "Give a hyper parameter several values, such as 0.01, 0.001 for Learning rate; every combination is then tried.", h("a.button", {href: "#params"}, "Parameters"));
  fill(page.place, top, h(".card", {}, h(".form.tight", {}, Object.values(fields).map((field) => field.element))), nothing, shown);
  let asking = false;
  let seen = -1;
  page.on(store, "checked", ready);
  page.on(store, "dataset", ready);
  working.addEventListener("change", () => {
    begin.hidden = working.live;
    if (seen !== working.progress.trials) refresh();
    seen = working.progress.trials;
  });
  working.addEventListener("end", refresh);
  ready();
  first();

  function why() {
    return whyNotTrain() || (store.varied.length ? "" : "No hyper parameter has several values");
  }

  function ready() {
    begin.disabled = Boolean(why());
    begin.title = why();
    if (!working.run) top.lead(why() || `${store.varied.join(", ")} ${store.varied.length === 1 ? "is" : "are"} varied${store.combinations ? `: ${store.combinations} combinations` : ""}`);
  }

  async function first() {
    const {runs} = await call(`runs${query({kind: "tune", limit: 30})}`).catch(() => ({runs: []}));
    const latest = (page.part && runs.find((run) => run.id === page.part)) || runs.find((run) => ["running", "waiting"].includes(run.state)) || runs.find((run) => run.id === store.search) || runs[0];
    if (latest && !working.run) watch(latest.id);
  }

  async function start() {
    begin.disabled = true;
    try {
      const run = await call("runs", {body: {kind: "tune", data: given("data"), hyper: given("hyper"), recipe: searchRecipe(), options: chosen(fields)}});
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
    top.lead(run);
    working.watch(run);
    refresh();
  }

  async function refresh() {
    if (asking) return;
    asking = true;
    try {
      rows(await call(`runs/${seg(working.run)}/trials`, {signal: page.signal}));
    } catch (error) {
      if (error.name !== "AbortError") fill(table, h("p.muted", {}, error.message));
    }
    asking = false;
  }

  function rows(found) {
    if (!found.results.length) return fill(table, h("p.muted", {}, "No setting is finished yet."));
    const names = Object.keys(found.results[0].params);
    const best = found.best?.trial;
    fill(table, h(".row", {}, h("h2", {}, `${found.trials} of ${found.planned_trials ?? "…"} settings`)), h(".scroll", {tabindex: 0, role: "region", "aria-label": "Settings that were tried"}, h("table", {},
      h("thead", {}, h("tr", {}, names.map((name) => h("th", {scope: "col"}, name.replaceAll("_", " "))), ["Accuracy", "± ", "Loss", "Folds", "Seconds"].map((t) => h("th.n", {scope: "col"}, t)), h("th", {scope: "col"}, ""))),
      h("tbody", {}, found.results.map((row) => h(row.trial === best ? "tr.best" : "tr", {}, names.map((name) => h("td", {}, String(row.params[name] ?? ""))),
        h("td.n", {}, percent(row.mean_accuracy, 2)), h("td.n", {}, percent(row.std, 2)), h("td.n", {}, short(row.mean_loss)), h("td.n", {}, row.folds), h("td.n", {}, short(row.seconds)),
        h("td", {}, row.trial === best ? h("b.good", {}, "best ") : row.tied ? h("span.muted", {}, "tied ") : "", row.state === "done" ? h("button.quiet", {type: "button", "aria-label": `Use setting ${row.trial}`, onclick: () => adopt(row.trial)}, "Use") : row.state)))))));
  }

  async function adopt(trial) {
    try {
      const {hyper} = await call(`runs/${seg(working.run)}/best${query({trial})}`);
      takeHyper(hyper);
      note("Taken over into the hyper parameters");
      location.hash = "params";
    } catch (error) {
      note(error.message);
    }
  }
}
