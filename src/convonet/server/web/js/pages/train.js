// A training: planned, begun, watched, stopped, resumed. Any browser can watch a training that another one began.

import {call, fileOf, query, seg, sentence} from "../api.js";
import {Chart} from "../chart.js";
import {empty, fill, h, head, interval, note, percent, say, short, tile, timeLeft, whole} from "../dom.js";
import {Follow, SCORES} from "../follow.js";
import {planWords, recipeFields} from "../recipe.js";
import {changed, given, recipeOptions, store, usedRecipe, whyNotTrain} from "../store.js";
import {candidateTable, summaryCards} from "../summary.js";

const CAN_RESUME = ["cancelled", "interrupted", "failed"];
const ENDS = {
  done: "Done", cancelled: "Stopped; what was done is kept", failed: "Training failed",
  interrupted: "Interrupted: the process that worked on it is gone. Resume continues from the last checkpoint",
};

export function trainPage(page) {
  const begin = h("button.primary", {type: "button", onclick: () => start({validation: true})}, "Train");
  const all = h("button", {type: "button", onclick: () => start({validation: false})}, "Train without validation");
  const stop = h("button.danger", {type: "button", hidden: true, onclick: () => act("cancel")}, "Stop");
  const resume = h("button", {type: "button", hidden: true, onclick: () => act("resume")}, "Resume");
  const top = head("Train", "", begin, all, stop, resume);
  const unplanned = h("p.muted", {}, "Trains one network with the values of ", h("a", {href: "#params"}, "Parameters"), ".");
  const plan = h(".card", {}, h(".row.start", {}, recipeFields(page)), planWords(page), unplanned);
  const title = h("h2", {id: "doing", role: "status", "aria-live": "polite"});
  const bar = h("progress", {max: 1, value: 0, "aria-label": "Progress"});
  const left = h("p.muted", {}, "");
  const first = h("p.first", {hidden: true, role: "status"});
  const charts = [new Chart("Accuracy"), new Chart("Loss")];
  const curves = h(".two", {}, charts.map((chart) => chart.element));
  const tiles = h(".tiles");
  const after = h(".buttons", {hidden: true});
  const candidates = h(".card", {hidden: true});
  const result = h("div");
  const messages = h("ul.messages");
  const said = h(".card", {hidden: true}, h("h2", {}, "Messages"), messages);
  const words = h("details.card", {ontoggle: () => words.open && shownAs()}, h("summary", {}, "The same as a command and in Python"), h("div"));
  const table = h("div");
  const metrics = h("details.card", {}, h("summary", {}, "All metrics"), table);
  const shown = h("div", {hidden: true}, h(".card", {}, title, bar, left, first, tiles, after), result, candidates, curves, said, metrics);
  const nothing = empty("No training yet", "Choose images, then train: accuracy and loss are drawn here while it runs.", h("a.button", {href: "#data"}, "Choose images"));
  fill(page.place, top, plan, nothing, shown, words);
  let follow = null;
  let shownCandidates = "";
  page.on(store, "dataset", ready);
  page.on(store, "checked", ready);
  for (const name of ["minutes", "recipe", "hyper", "plan"]) page.on(store, name, ready);
  page.on(store, "training", () => watch(store.training));
  page.leave(() => follow?.close());
  ready();
  latest();

  async function latest() {
    const {runs} = await call(`runs${query({kind: "train", limit: 30})}`).catch(() => ({runs: []}));
    const live = runs.find((run) => ["running", "waiting"].includes(run.state));
    const chosen = (page.part && runs.find((run) => run.id === page.part)) || live || runs.find((run) => run.id === store.training) || runs[0];
    if (page.part && !chosen) note("There is no such training");
    if (chosen && !follow) watch(chosen.id);
  }

  function ready() {
    const why = whyNotTrain() || (usedRecipe() !== "none" && store.planError ? "This training cannot be planned" : "");
    begin.disabled = all.disabled = Boolean(why);
    unplanned.hidden = usedRecipe() !== "none" || Boolean(why);
    if (!follow) top.lead(why || "Ready");
    begin.title = all.title = why;
    say(nothing.querySelector("p"), store.dataset?.sets.train?.images ? "Press Train: what is tried, accuracy and loss are shown here while it runs." : "Choose images, then train: accuracy and loss are drawn here while it runs.");
    nothing.querySelector("a").hidden = Boolean(store.dataset?.sets.train?.images);
  }

  async function start(options) {
    begin.disabled = all.disabled = true;
    try {
      const run = await call("runs", {body: {kind: "train", data: given("data"), hyper: given("hyper"), options: {...options, ...recipeOptions()}}});
      store.training = run.id;
      changed("training");
    } catch (error) {
      note(error.message);
    }
    ready();
  }

  async function act(what) {
    const run = follow?.run;
    if (!run) return;
    try {
      await call(`runs/${seg(run)}/${what}`, {method: "POST"});
      if (what === "resume") watch(run);
    } catch (error) {
      note(error.message);
    }
  }

  function watch(run) {
    if (!run || (follow?.run === run && !follow.closed)) return;
    follow?.close();
    const mine = follow = new Follow(run);
    nothing.hidden = true;
    shown.hidden = false;
    shownCandidates = "";
    fill(result);
    fill(after, h("a.button", {href: "#use"}, "Use the model"), h("a.button", {href: "#test"}, "Show mistakes"), h("a.button", {href: fileOf(run, "report.html"), target: "_blank", rel: "noopener"}, "Report"));
    top.lead(run);
    mine.addEventListener("change", () => follow === mine && draw());
    mine.addEventListener("end", () => follow === mine && ended());
    draw();
  }

  async function ended() {
    const mine = follow;
    const {state} = mine.progress;
    if (state === "done" || state === "cancelled") {
      store.model = mine.run;
      changed("model");
    }
    draw();
    try {
      const [{summary}, history] = await Promise.all(["result", "history"].map((what) => call(`runs/${seg(mine.run)}/${what}`, {signal: page.signal})));
      if (follow !== mine) return;
      // Events tell of one candidate after another; what is kept is the history of the chosen one.
      for (const name of SCORES) mine.progress.history[name] = history[name] ?? [];
      mine.progress.epochs = mine.progress.history.loss.length;
      draw();
      if (summary.tried.length) candidates.hidden = true;
      fill(result, summaryCards(mine.run, summary, (run) => watch(run)));
    } catch (error) {
      if (error.name !== "AbortError") note(error.message);
    }
  }

  function draw() {
    const p = follow.progress;
    const live = !follow.closed;
    const state = p.state || "waiting";
    stop.hidden = !live;
    resume.hidden = live || !CAN_RESUME.includes(state);
    begin.hidden = all.hidden = plan.hidden = live;
    const current = p.candidates.find((one) => one.state === "running");
    say(title, !live ? ENDS[state] ?? state : current ? `[${p.number}/${p.total}] ${current.title}` : p.title);
    title.className = state === "failed" ? "bad" : state === "interrupted" ? "warn" : "";
    if (live && p.share === null) bar.removeAttribute("value");
    else bar.value = live ? p.share : state === "done" ? 1 : 0;
    bar.hidden = !live && state === "done";
    const speed = p.step && `${whole(Math.round(p.step.images_per_second))} images/s`;
    say(left, live ? [current && p.title, timeLeft(p.left), speed].filter(Boolean).join(" · ") : state === "failed" ? sentence(p.error) : "\u00a0");
    left.hidden = !live && state !== "failed";
    after.hidden = live || state !== "done";
    showFirst(p, live);
    showCandidates(p, live);
    showCurves(p, live);
    said.hidden = !p.messages.length;
    if (messages.children.length !== p.messages.length) fill(messages, p.messages.map((text) => h("li", {}, text)));
  }

  /** A plan saves and tests its first model at once, so it can be used while others are trained. */
  function showFirst(p, live) {
    first.hidden = !live || !p.test || !p.candidates.length;
    if (first.hidden) return;
    const text = `A first model is ready: test accuracy ${percent(p.test.accuracy)} (${interval(p.test.accuracy_interval)}). `;
    if (first.firstChild?.textContent === text) return;
    fill(first, text, h("a", {href: "#use", onclick: () => { store.model = follow.run; changed("model"); }}, "Use it now"), "; a better candidate replaces it.");
  }

  function showCandidates(p, live) {
    candidates.hidden = !p.candidates.length || (!live && result.children.length > 0);
    const key = JSON.stringify([p.candidates, p.sentence, p.total]);
    if (key === shownCandidates) return;
    shownCandidates = key;
    fill(candidates, h("h2", {}, `Candidates: ${p.candidates.filter((one) => one.state !== "running").length} of ${p.total} done`), p.sentence ? h("p.muted", {}, p.sentence) : null, candidateTable(p.candidates));
  }

  function showCurves(p, live) {
    const scores = p.history;
    const planned = p.candidates.length > 0;
    charts[0].show(scores.accuracy, scores.val_accuracy, p.epochs);
    charts[1].show(scores.loss, scores.val_loss, p.epochs);
    const last = (name) => scores[name].at(-1);
    const done = scores.loss.length;
    // The head of a frozen backbone is fitted at once: one row is no curve.
    const flat = planned && (live ? p.epochs : done) < 2;
    curves.hidden = flat;
    metrics.hidden = flat;
    tiles.hidden = flat || (planned && !live);
    fill(tiles, tile("Epoch", `${done}${p.epochs ? ` of ${p.epochs}` : ""}`), tile("Accuracy", percent(p.step?.accuracy ?? last("accuracy"))), tile("Validation accuracy", percent(last("val_accuracy"))), tile("Loss", short(p.step?.loss ?? last("loss"))), tile("Validation loss", short(last("val_loss"))));
    const names = ["loss", "accuracy", "val_loss", "val_accuracy", "learning_rate"];
    fill(table, h(".scroll", {}, h("table", {}, h("thead", {}, h("tr", {}, ["epoch", ...names].map((name) => h("th.n", {scope: "col"}, name.replaceAll("_", " "))))),
      h("tbody", {}, scores.loss.map((_, index) => h("tr", {}, h("td.n", {}, index + 1), names.map((name) => h("td.n", {}, short(scores[name][index])))))))));
  }

  async function shownAs() {
    const place = words.lastElementChild;
    try {
      const found = await call("shown-as", {body: {kind: "train", data: given("data"), hyper: given("hyper"), options: recipeOptions()}});
      fill(place, h("h3", {}, "Command"), h("pre", {}, found.command), h("p"), h("h3", {}, "Python"), h("pre", {}, found.python));
    } catch (error) {
      fill(place, h("p.muted", {}, error.message));
    }
  }
}
