// Every run: opened, compared, deleted.

import {call, fileOf, query, seg, sentence} from "../api.js";
import {confirmed} from "../dialogs.js";
import {duration, empty, fill, h, head, moment, note, percent, short, whole} from "../dom.js";

const PAGE = 50;
const PAGES = {train: "train", tune: "tune", study: "study", suspects: "suspects"};

export function runsPage(page) {
  const compare = h("button", {type: "button", disabled: true, onclick: side}, "Compare");
  const top = head("Runs", "", compare);
  const [table, more, below] = [h("div"), h("div"), h("div", {id: "detail", tabindex: -1})];
  fill(page.place, top, table, more, below);
  const chosen = new Set();
  let shown = PAGE;
  refresh().then(() => page.part && detail(page.part));
  const timer = setInterval(() => document.visibilityState === "visible" && refresh(), 4000);
  page.leave(() => clearInterval(timer));
  let last = "";

  async function refresh() {
    let found;
    try {
      found = await call(`runs${query({limit: shown})}`, {signal: page.signal});
    } catch {
      return;
    }
    const text = JSON.stringify(found);
    if (text === last) return;
    last = text;
    top.lead(`${whole(found.total)} ${found.total === 1 ? "run" : "runs"}, the newest first`);
    if (!found.total) return fill(table, empty("No runs yet", "Every training and search leaves a run: its parameters, curves, model and scores.", h("a.button", {href: "#data"}, "Choose images")));
    const focused = document.activeElement?.id;
    fill(table, h(".card", {}, h(".scroll", {}, h("table", {}, h("caption.sr", {}, "Runs"), h("thead", {}, h("tr", {}, h("th", {scope: "col"}, h("span.sr", {}, "Compare")), ["Run", "Kind", "State", "Begun"].map((t) => h("th", {scope: "col"}, t)), ["Took", "Validation", "Test"].map((t) => h("th.n", {scope: "col"}, t)))),
      h("tbody", {}, found.runs.map(row))))));
    if (focused) document.getElementById(focused)?.focus({preventScroll: true});
    fill(more, found.total > shown ? h("button", {type: "button", onclick: () => { shown += PAGE; refresh(); }}, "Show more") : null);
  }

  function row(run) {
    const box = h("input", {type: "checkbox", id: `c-${run.id}`, checked: chosen.has(run.id), "aria-label": `Compare ${run.id}`, onchange: () => { box.checked ? chosen.add(run.id) : chosen.delete(run.id); compare.disabled = chosen.size < 2; }});
    const testing = run.scores.test?.accuracy;
    return h("tr", {}, h("td", {}, run.kind === "train" ? box : ""), h("td", {}, h("button.quiet", {type: "button", id: `r-${run.id}`, onclick: () => detail(run.id)}, run.id)), h("td", {}, run.kind), h("td", {}, h(`span.badge.${run.state}`, {}, run.state, run.position ? ` (${run.position} before it)` : "")),
      h("td", {}, moment(run.started ?? run.created)), h("td.n", {}, duration(run.seconds)), h("td.n", {}, percent(run.scores.training?.val_accuracy)), h("td.n", {}, percent(testing)));
  }

  async function detail(id) {
    try {
      const [run, {files}] = await Promise.all([call(`runs/${seg(id)}`), call(`runs/${seg(id)}/files`)]);
      const target = PAGES[run.kind];
      const ended = !["running", "waiting"].includes(run.state);
      fill(below, h(".card", {}, h(".row.middle", {}, h("h2", {}, run.id), h(`span.badge.${run.state}`, {}, run.state)), run.error ? h("p.bad", {}, sentence(run.error)) : null, run.advice?.length ? h("ul.messages", {}, run.advice.map((a) => h("li", {}, a.text ?? String(a)))) : null,
        h(".buttons", {}, target ? h("a.button", {href: `#${target}/${seg(run.id)}`}, "Open") : null, run.kind === "train" && ended ? h("a.button", {href: `#test/${seg(run.id)}`}, "Test") : null, run.kind === "train" && ended ? h("a.button", {href: `#use/${seg(run.id)}`}, "Use") : null,
          ended ? h("button.danger", {type: "button", onclick: () => remove(run.id)}, "Delete …") : h("button.danger", {type: "button", onclick: () => call(`runs/${seg(run.id)}/cancel`, {method: "POST"}).then(refresh, (e) => note(e.message))}, "Stop")), h("p"),
        h(".two", {}, h("div", {}, h("h3", {}, "Parameters"), values({...run.params.data, ...run.params.hyper})), h("div", {}, h("h3", {}, "Files"), h("ul.messages", {}, files.slice(0, 60).map((file) => h("li", {}, h("a", {href: fileOf(run.id, file.name), target: "_blank", rel: "noopener"}, file.name), h("span.muted.small", {}, ` ${size(file.bytes)}`)))))),
        files.some((file) => file.name === "report.html") ? h("p", {}, h("a", {href: fileOf(run.id, "report.html"), target: "_blank", rel: "noopener"}, "The report")) : null));
      below.scrollIntoView({block: "nearest"});
      below.focus({preventScroll: true});
    } catch (error) {
      note(error.message);
    }
  }

  function values(given) {
    const rows = Object.entries(given).filter(([name]) => name !== "format_version");
    return h("table", {}, h("tbody", {}, rows.map(([name, value]) => h("tr", {}, h("th", {scope: "row"}, name.replaceAll("_", " ")), h("td", {}, typeof value === "object" ? JSON.stringify(value) : String(value))))));
  }

  const size = (bytes) => (bytes < 1024 ? `${bytes} B` : bytes < 2 ** 20 ? `${short(Math.round(bytes / 1024))} KiB` : `${(bytes / 2 ** 20).toFixed(1)} MiB`);

  async function remove(id) {
    if (!(await confirmed(`Delete ${id}?`, "The folder with its model, curves and scores is removed from the server. This cannot be undone."))) return;
    try {
      await call(`runs/${seg(id)}`, {method: "DELETE"});
      chosen.delete(id);
      fill(below);
      refresh();
    } catch (error) {
      note(error.message);
    }
  }

  async function side() {
    try {
      const found = await call(`compare?${[...chosen].map((id) => `run=${seg(id)}`).join("&")}`);
      const names = found.runs.map((run) => run.id ?? run.run.split(/[\\/]/).pop());
      const scores = found.runs.map((run) => run.scores ?? {});
      const line = (title, cells) => h("tr", {}, h("th", {scope: "row"}, title), cells.map((cell) => h("td.n", {}, cell)));
      fill(below, h(".card", {}, h("h2", {}, "Side by side"), h(".scroll", {}, h("table", {}, h("thead", {}, h("tr", {}, h("td"), names.map((name) => h("th.n", {scope: "col"}, name)))),
        h("tbody", {}, line("test accuracy", scores.map((s) => percent(s.test?.accuracy))), line("validation accuracy", scores.map((s) => percent(s.training?.val_accuracy))), line("test loss", scores.map((s) => short(s.test?.loss))),
          Object.entries(found.differences).map(([name, each]) => line(name.replaceAll("_", " "), each.map((value) => (typeof value === "object" && value !== null ? JSON.stringify(value) : String(value ?? "–")))))))),
        found.pairs.map((pair) => h("p.small.muted", {}, pair.sentence ?? pair.text ?? ""))));
      below.scrollIntoView({block: "nearest"});
    } catch (error) {
      note(error.message);
    }
  }
}
