// A search: begun with the values that have alternatives, its table while it grows, the best row taken over.

import {call, query, seg, sentence} from "../api.js";
import {empty, fill, h, head, note, percent, say, short, timeLeft} from "../dom.js";
import {Follow} from "../follow.js";
import {changed, given, store, takeHyper, whyNotTrain} from "../store.js";

const CAN_RESUME = ["cancelled", "interrupted", "failed"];
const CHOICES = {search: ["grid", "random", "tpe"], objective: ["accuracy", "loss", "auc", "macro_f1"]};

export function tunePage(page) {
  const begin = h("button.primary", {type: "button", onclick: start}, "Search");
  const stop = h("button.danger", {type: "button", hidden: true, onclick: () => act("cancel")}, "Stop");
  const resume = h("button", {type: "button", hidden: true, onclick: () => act("resume")}, "Resume");
  const top = head("Tune", "", begin, stop, resume);
  const inputs = {
    search: pick("search", "Search"), objective: pick("objective", "Goal"), folds: number("folds", "Folds", "3"), trials: number("trials", "Trials", "all of the grid"),
    repeats: number("repeats", "Seeds a setting", "1"),
  };
  const title = h("h2", {role: "status", "aria-live": "polite"});
  const bar = h("progress", {max: 1, value: 0, "aria-label": "Progress"});
  const left = h("p.muted");
  const table = h("div");
  const shown = h("div", {hidden: true}, h(".card", {}, title, bar, left), h(".card", {}, table));
  const nothing = empty("No search yet", "Give a hyper parameter several values, such as 32, 64 for Filters; every combination is then tried.", h("a.button", {href: "#params"}, "Parameters"));
  fill(page.place, top, h(".card", {}, h(".form.tight", {}, Object.values(inputs).map((input) => input.element))), nothing, shown);
  let follow = null;
  let asking = false;
  page.on(store, "checked", ready);
  page.on(store, "dataset", ready);
  page.leave(() => follow?.close());
  ready();
  first();

  function pick(name, label) {
    const element = h("select", {id: `tune-${name}`}, CHOICES[name].map((each) => h("option", {value: each}, each.replaceAll("_", " "))));
    return {element: h(".field", {}, h("label", {htmlFor: element.id}, label), element), get value() { return element.value; }};
  }

  function number(name, label, placeholder) {
    const element = h("input", {id: `tune-${name}`, inputMode: "numeric", placeholder});
    return {element: h(".field", {}, h("label", {htmlFor: element.id}, label), element), get value() { return element.value.trim() === "" ? undefined : Number(element.value); }};
  }

  function why() {
    return whyNotTrain() || (store.varied.length ? "" : "No hyper parameter has several values");
  }

  function ready() {
    begin.disabled = Boolean(why());
    begin.title = why();
    if (!follow) top.lead(why() || `${store.varied.join(", ")} ${store.varied.length === 1 ? "is" : "are"} varied${store.combinations ? `: ${store.combinations} combinations` : ""}`);
  }

  async function first() {
    const {runs} = await call(`runs${query({kind: "tune", limit: 30})}`).catch(() => ({runs: []}));
    const chosen = (page.part && runs.find((run) => run.id === page.part)) || runs.find((run) => ["running", "waiting"].includes(run.state)) || runs.find((run) => run.id === store.search) || runs[0];
    if (chosen && !follow) watch(chosen.id);
  }

  async function start() {
    const options = Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.value]).filter(([, value]) => value !== undefined));
    begin.disabled = true;
    try {
      const run = await call("runs", {body: {kind: "tune", data: given("data"), hyper: given("hyper"), options}});
      store.search = run.id;
      changed();
      watch(run.id);
    } catch (error) {
      note(error.message);
    }
    ready();
  }

  async function act(what) {
    try {
      await call(`runs/${seg(follow.run)}/${what}`, {method: "POST"});
      if (what === "resume") watch(follow.run);
    } catch (error) {
      note(error.message);
    }
  }

  function watch(run) {
    follow?.close();
    follow = new Follow(run);
    nothing.hidden = true;
    shown.hidden = false;
    top.lead(run);
    let seen = -1;
    follow.addEventListener("change", () => {
      draw();
      if (seen !== follow.progress.trials) refresh();
      seen = follow.progress.trials;
    });
    follow.addEventListener("end", refresh);
    draw();
    refresh();
  }

  function draw() {
    const p = follow.progress;
    const live = !follow.closed;
    stop.hidden = !live;
    begin.hidden = live;
    resume.hidden = live || !CAN_RESUME.includes(p.state);
    say(title, live ? p.title : {done: "Done", cancelled: "Stopped; the table is kept", failed: "It failed", interrupted: "Interrupted; Resume repeats no finished trial"}[p.state] ?? p.state);
    if (live && p.share === null) bar.removeAttribute("value");
    else bar.value = live ? p.share : p.state === "done" ? 1 : 0;
    say(left, p.state === "failed" ? sentence(p.error) : live ? timeLeft(p.left) || "\u00a0" : "\u00a0");
  }

  async function refresh() {
    if (asking) return;
    asking = true;
    try {
      rows(await call(`runs/${seg(follow.run)}/trials`, {signal: page.signal}));
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
      const {hyper} = await call(`runs/${seg(follow.run)}/best${query({trial})}`);
      takeHyper(hyper);
      note("Taken over into the hyper parameters");
      location.hash = "params";
    } catch (error) {
      note(error.message);
    }
  }
}
