// A training: begun, watched, stopped, gone on with. Any browser can watch a training that another one began.

import {call, query, seg, sentence} from "../api.js";
import {Chart} from "../chart.js";
import {empty, fill, h, head, note, percent, say, short, tile, timeLeft, whole} from "../dom.js";
import {Follow} from "../follow.js";
import {changed, given, store, whyNotTrain} from "../store.js";

const CAN_RESUME = ["cancelled", "interrupted", "failed"];

export function trainPage(page) {
  const begin = h("button.primary", {type: "button", onclick: () => start({validation: true})}, "Train with validation");
  const all = h("button", {type: "button", onclick: () => start({validation: false})}, "Train on all");
  const stop = h("button.danger", {type: "button", hidden: true, onclick: () => act("cancel")}, "Stop");
  const resume = h("button", {type: "button", hidden: true, onclick: () => act("resume")}, "Resume");
  const top = head("Train", "", begin, all, stop, resume);
  const title = h("h2", {id: "doing", role: "status", "aria-live": "polite"});
  const bar = h("progress", {max: 1, value: 0, "aria-label": "Progress"});
  const left = h("p.muted", {}, "");
  const charts = [new Chart("Accuracy"), new Chart("Loss")];
  const tiles = h(".tiles");
  const messages = h("ul.messages");
  const said = h(".card", {hidden: true}, h("h2", {}, "What was said"), messages);
  const words = h("details.card", {ontoggle: () => words.open && shownAs()}, h("summary", {}, "The same as a command and in Python"), h("div"));
  const table = h("div");
  const shown = h("div", {hidden: true}, h(".card", {}, title, bar, left, tiles), h(".two", {}, charts.map((chart) => chart.element)), said,
    h("details.card", {}, h("summary", {}, "All numbers"), table));
  const nothing = empty("No training yet", "Choose images, then train: accuracy and loss are drawn here while it runs.", h("a.button", {href: "#data"}, "Choose images"));
  fill(page.place, top, nothing, shown, words);
  let follow = null;
  page.on(store, "dataset", ready);
  page.on(store, "checked", ready);
  page.on(store, "training", () => watch(store.training));
  page.leave(() => follow?.close());
  ready();
  first();

  async function first() {
    const {runs} = await call(`runs${query({kind: "train", limit: 30})}`).catch(() => ({runs: []}));
    const live = runs.find((run) => ["running", "waiting"].includes(run.state));
    const chosen = (page.part && runs.find((run) => run.id === page.part)) || live || runs.find((run) => run.id === store.training) || runs[0];
    if (page.part && !chosen) note("There is no such training");
    if (chosen && !follow) watch(chosen.id);
  }

  function ready() {
    const why = whyNotTrain();
    begin.disabled = all.disabled = Boolean(why);
    if (!follow) top.lead(why || "Ready");
    begin.title = all.title = why;
  }

  async function start(options) {
    begin.disabled = all.disabled = true;
    try {
      const run = await call("runs", {body: {kind: "train", data: given("data"), hyper: given("hyper"), options}});
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
    follow = new Follow(run);
    nothing.hidden = true;
    shown.hidden = false;
    top.lead(run);
    follow.addEventListener("change", draw);
    follow.addEventListener("end", ended);
    draw();
  }

  function ended() {
    const {state} = follow.progress;
    if (state === "done" || state === "cancelled") {
      store.model = follow.run;
      changed("model");
    }
    draw();
  }

  function draw() {
    const p = follow.progress;
    const over = follow.closed;
    const state = p.state || "waiting";
    const live = !over;
    stop.hidden = !live;
    resume.hidden = live || !CAN_RESUME.includes(state);
    begin.hidden = all.hidden = live;
    const ends = {done: "Done", cancelled: "Stopped; what was done is kept", failed: "It failed", interrupted: "Interrupted: the process that worked on it is gone. Resume goes on from its last checkpoint"};
    say(title, live ? p.title : ends[state] ?? state);
    title.className = state === "failed" ? "bad" : state === "interrupted" ? "warn" : "";
    if (live && p.share === null) bar.removeAttribute("value");
    else bar.value = live ? p.share : state === "done" ? 1 : 0;
    say(left, live ? [timeLeft(p.left), p.step && `${whole(Math.round(p.step.images_per_second))} images a second`].filter(Boolean).join(" · ") : state === "failed" ? sentence(p.error) : "\u00a0");
    const curves = p.history;
    charts[0].show(curves.accuracy, curves.val_accuracy, p.epochs);
    charts[1].show(curves.loss, curves.val_loss, p.epochs);
    const last = (name) => curves[name].at(-1);
    const done = curves.loss.length;
    fill(tiles, tile("Epoch", `${done}${p.epochs ? ` of ${p.epochs}` : ""}`), tile("Accuracy", percent(p.step?.accuracy ?? last("accuracy"))), tile("Validation accuracy", percent(last("val_accuracy"))), tile("Loss", short(p.step?.loss ?? last("loss"))), tile("Validation loss", short(last("val_loss"))));
    said.hidden = !p.messages.length;
    if (messages.children.length !== p.messages.length) fill(messages, p.messages.map((text) => h("li", {}, text)));
    const names = ["loss", "accuracy", "val_loss", "val_accuracy", "learning_rate"];
    fill(table, h(".scroll", {}, h("table", {}, h("thead", {}, h("tr", {}, ["epoch", ...names].map((name) => h("th.n", {scope: "col"}, name.replaceAll("_", " "))))),
      h("tbody", {}, curves.loss.map((_, place) => h("tr", {}, h("td.n", {}, place + 1), names.map((name) => h("td.n", {}, short(curves[name][place])))))))));
  }

  async function shownAs() {
    const place = words.lastElementChild;
    try {
      const found = await call("shown-as", {body: {kind: "train", data: given("data"), hyper: given("hyper"), options: {}}});
      fill(place, h("h3", {}, "Command"), h("pre", {}, found.command), h("p"), h("h3", {}, "Python"), h("pre", {}, found.python));
    } catch (error) {
      fill(place, h("p.muted", {}, error.message));
    }
  }
}
