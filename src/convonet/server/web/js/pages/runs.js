// Every run by its name, with the evaluations of its model below it; opened, renamed, compared, deleted.

import {call, query, seg} from "../api.js";
import {comparison} from "../comparing.js";
import {
  counted,
  duration,
  empty,
  fill,
  h,
  head,
  interval,
  moment,
  note,
  percent,
  stateLabel,
} from "../dom.js";
import {runDetail} from "../run_detail.js";
import {SPLITS} from "../sets.js";
import {noun} from "../work.js";

const PAGE = 50;
const EVERY_MS = 4000;

export function runsPage(page) {
  const compare = h("button", {type: "button", disabled: true, onclick: side}, "Compare");
  const top = head("Runs", "", compare);
  const [table, more, below] = [h("div"), h("div"), h("div", {id: "detail", tabindex: -1})];
  fill(page.place, top, table, more, below);
  const chosen = new Set();
  const rows = new Map();
  let shown = PAGE;
  let last = "";
  refresh().then(() => page.part && detail(page.part));
  const timer = setInterval(() => document.visibilityState === "visible" && refresh(), EVERY_MS);
  page.leave(() => clearInterval(timer));

  async function refresh() {
    let found;
    try {
      found = await call(`runs${query({grouped: true, limit: shown})}`, {signal: page.signal});
    } catch {
      return;
    }
    const text = JSON.stringify(found);
    if (text === last) return;
    last = text;
    for (const run of found.runs) rows.set(run.id, run);
    top.lead(`${counted(found.total, "run")}, newest first`);
    if (!found.total) return fill(table, nothing());
    const focused = document.activeElement?.id;
    fill(table, h(".card", {}, runTable(found.runs)));
    if (focused) document.getElementById(focused)?.focus({preventScroll: true});
    const showMore = () => {
      shown += PAGE;
      refresh();
    };
    fill(more, found.total > shown ? h("button", {type: "button", onclick: showMore}, "Show more") : null);
  }

  function nothing() {
    const text = "Every training run and search is kept with its parameters, curves, model and scores.";
    return empty("No runs yet", text, h("a.button", {href: "#data"}, "Choose images"));
  }

  function runTable(runs) {
    const left = ["Name", "Data set", "Kind", "State"].map((text) => h("th", {scope: "col"}, text));
    const right = ["Validation", "Test", "Duration"].map((text) => h("th.n", {scope: "col"}, text));
    const began = h("th.when", {scope: "col"}, "Started");
    const titles = h("tr", {}, h("th", {scope: "col"}, h("span.sr", {}, "Compare")), left, right, began);
    const region = {tabindex: 0, role: "region", "aria-label": "Runs"};
    const lines = runs.map((run) => [row(run), evaluations(run)]);
    return h(".scroll", region, h("table", {}, h("thead", {}, titles), h("tbody", {}, lines)));
  }

  function row(run) {
    const take = () => {
      box.checked ? chosen.add(run.id) : chosen.delete(run.id);
      compare.disabled = chosen.size < 2;
    };
    const box = h("input", {
      type: "checkbox",
      id: `c-${run.id}`,
      checked: chosen.has(run.id),
      "aria-label": `Compare ${run.title}`,
      onchange: take,
    });
    const open = {type: "button", id: `r-${run.id}`, title: run.id, onclick: () => detail(run.id)};
    const waits = run.position ? ` (${run.position} ahead of it)` : "";
    return h(
      "tr",
      {},
      h("td", {}, run.kind === "train" ? box : ""),
      h("td.name", {}, h("button.quiet", open, run.title)),
      h("td", {}, run.data_set),
      h("td", {}, noun(run.kind)),
      h("td", {}, h(`span.badge.${run.state}`, {}, stateLabel(run.state), waits)),
      h("td.n", {}, percent(run.scores.training?.val_accuracy)),
      h("td.n", {}, percent(run.scores.test?.accuracy)),
      h("td.n", {}, run.seconds ? duration(run.seconds) : ""),
      h("td.when", {}, moment(run.started ?? run.created)),
    );
  }

  /** A line for each evaluation of a run's model that its own line does not have. */
  function evaluations(run) {
    const others = run.evaluations.filter((one) => one.run || one.split !== "test");
    return others.map((one) => {
      const own = rows.get(one.run ?? "");
      const words = `${SPLITS[one.split]} images`;
      return h(
        "tr.part",
        {},
        h("td"),
        h("td.name", {title: one.run ?? run.id}, words),
        h("td", {}, one.data_set),
        h("td", {}, noun("evaluate")),
        h("td", {}, own ? stateLabel(own.state) : ""),
        h("td.n", {colSpan: 2}, `${percent(one.accuracy)} ${interval(one.accuracy_interval)}`),
        h("td.n", {}, counted(one.images)),
        h("td.when"),
      );
    });
  }

  const created = (id) => rows.get(id)?.created ?? "";

  async function detail(id) {
    const gone = () => {
      chosen.delete(id);
      fill(below);
      refresh();
    };
    try {
      const known = rows.get(id) ?? (await call(`runs${query({run: id})}`)).runs[0] ?? {id};
      fill(below, await runDetail(page, known, {changed: refresh, gone}));
      below.scrollIntoView({block: "nearest"});
      below.focus({preventScroll: true});
    } catch (error) {
      if (error.name !== "AbortError") note(error.message);
    }
  }

  async function side() {
    // The earlier run first, whichever was chosen first: what changes is what came later.
    const ordered = [...chosen].sort((a, b) => (created(a) < created(b) ? -1 : 1));
    try {
      const found = await call(`compare?${ordered.map((id) => `run=${seg(id)}`).join("&")}`);
      fill(below, comparison(found));
      below.scrollIntoView({block: "nearest"});
    } catch (error) {
      note(error.message);
    }
  }
}
