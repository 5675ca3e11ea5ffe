// What a training shows while it runs and when it is done: its first model, candidates, curves,
// messages, summary.

import {call, fileOf, seg} from "./api.js";
import {Chart} from "./chart.js";
import {fill, h, interval, note, percent, short, tile} from "./dom.js";
import {SCORES} from "./follow.js";
import {takeModel} from "./models.js";
import {candidateTable, summaryCards} from "./summary.js";

// What people read for the epoch and each of SCORES.
const METRICS = ["Epoch", "Loss", "Accuracy", "Validation loss", "Validation accuracy", "Learning rate"];

export class TrainingView {
  /** `started(run)` is called when a piece of advice has begun another training. */
  constructor(page, working, started) {
    Object.assign(this, {page, working, started});
    this.first = h("p.first", {hidden: true, role: "status"});
    this.charts = [new Chart("Accuracy"), new Chart("Loss")];
    this.curves = h(
      ".two",
      {},
      this.charts.map((chart) => chart.element),
    );
    this.tiles = h(".tiles");
    this.after = h(".buttons", {hidden: true});
    this.candidates = h(".card", {hidden: true});
    this.result = h("div");
    this.messages = h("ul.messages");
    this.warnings = h(".card", {hidden: true}, h("h2", {}, "Messages"), this.messages);
    this.table = h("div");
    this.metrics = h("details.card", {}, h("summary", {}, "All metrics"), this.table);
    this.known = "";
    working.below.append(this.first, this.tiles, this.after);
    const {result, candidates, curves, warnings, metrics} = this;
    this.element = h("div", {hidden: true}, working.element, result, candidates, curves, warnings, metrics);
    working.addEventListener("change", () => this.draw());
    working.addEventListener("end", () => this.end());
  }

  /** Show a training from its beginning; nothing of the one before stays. */
  watch(run) {
    this.known = "";
    this.element.hidden = false;
    fill(this.result);
    fill(this.messages);
    const report = {href: fileOf(run, "report.html"), target: "_blank", rel: "noopener"};
    fill(
      this.after,
      h("a.button.primary", {href: "#use"}, "Use the model"),
      h("a.button", {href: "#test"}, "See mistakes"),
      h("a.button", {href: "#use/export"}, "Export"),
      h("a.button", {href: `#train/${seg(run)}`, onclick: (event) => this.improve(event)}, "Improve"),
      h("a.button", report, "Report"),
    );
    this.working.watch(run);
    this.draw();
  }

  /** Nothing is shown any more. */
  clear() {
    this.working.forget();
    this.element.hidden = true;
    fill(this.result);
  }

  /** To the advice where there is some, else to the search for better values. */
  improve(event) {
    event.preventDefault();
    const advice = this.result.querySelector("#next-steps");
    if (!advice) return (location.hash = "tune");
    advice.scrollIntoView({block: "start"});
    advice.focus({preventScroll: true});
  }

  async end() {
    const {run, progress} = this.working;
    if (["done", "cancelled"].includes(progress.state)) takeModel(run);
    this.draw();
    try {
      const asked = ["result", "history"].map((what) =>
        call(`runs/${seg(run)}/${what}`, {signal: this.page.signal}),
      );
      const [{summary}, history] = await Promise.all(asked);
      if (this.working.run !== run) return;
      // Events tell of one candidate after another; what is kept is the history of the chosen one.
      for (const name of SCORES) progress.history[name] = history[name] ?? [];
      progress.epochs = progress.history.loss.length;
      fill(this.result, summaryCards(run, summary, this.started));
      this.draw();
    } catch (error) {
      if (error.name !== "AbortError") note(error.message);
    }
  }

  draw() {
    const {live, progress} = this.working;
    this.after.hidden = live || progress.state !== "done";
    this.showFirst(progress, live);
    this.showCandidates(progress, live);
    this.showCurves(progress, live);
    this.warnings.hidden = !progress.messages.length;
    if (this.messages.children.length !== progress.messages.length) {
      fill(
        this.messages,
        progress.messages.map((text) => h("li", {}, text)),
      );
    }
  }

  /** A plan saves and tests its first model at once, so it can be used while others are trained. */
  showFirst({test, candidates}, live) {
    this.first.hidden = !live || !test || !candidates.length;
    if (this.first.hidden) return;
    const measured = `${percent(test.accuracy)} (${interval(test.accuracy_interval)})`;
    const text = `A first model is ready: test accuracy ${measured}. `;
    if (this.first.firstChild?.textContent === text) return;
    const use = h("a", {href: "#use", onclick: () => takeModel(this.working.run)}, "Use it now");
    fill(this.first, text, use, "; if a better candidate is found, it replaces this model.");
  }

  showCandidates({candidates, sentence, total}, live) {
    this.candidates.hidden = !candidates.length || (!live && this.result.children.length > 0);
    const key = JSON.stringify([candidates, sentence, total]);
    if (key === this.known) return;
    this.known = key;
    const done = candidates.filter((one) => one.state !== "running").length;
    const words = sentence ? h("p.muted", {}, sentence) : null;
    fill(
      this.candidates,
      h("h2", {}, `Candidates: ${done} of ${total} done`),
      words,
      candidateTable(candidates),
    );
  }

  showCurves({history, candidates, epochs, step}, live) {
    const last = (name) => history[name].at(-1);
    const done = history.loss.length;
    const planned = candidates.length > 0;
    // The head of a frozen backbone is fitted at once: one row is no curve.
    const flat = planned && (live ? epochs : done) < 2;
    const none = !live && !done;
    this.curves.hidden = this.metrics.hidden = flat || none;
    this.tiles.hidden = flat || none || (planned && !live);
    this.charts[0].show(history.accuracy, history.val_accuracy, epochs);
    this.charts[1].show(history.loss, history.val_loss, epochs);
    fill(
      this.tiles,
      tile("Epoch", `${done}${epochs ? ` of ${epochs}` : ""}`),
      tile("Accuracy", percent(step?.accuracy ?? last("accuracy"))),
      tile("Validation accuracy", percent(last("val_accuracy"))),
      tile("Loss", short(step?.loss ?? last("loss"))),
      tile("Validation loss", short(last("val_loss"))),
    );
    fill(this.table, metricsTable(history));
  }
}

function metricsTable(history) {
  const head = METRICS.map((title) => h("th.n", {scope: "col"}, title));
  const cells = (index) => SCORES.map((name) => h("td.n", {}, short(history[name][index])));
  const rows = history.loss.map((_, index) => h("tr", {}, h("td.n", {}, index + 1), cells(index)));
  const table = h("table", {}, h("thead", {}, h("tr", {}, head)), h("tbody", {}, rows));
  return h(".scroll", {tabindex: 0, role: "region", "aria-label": "All metrics"}, table);
}
