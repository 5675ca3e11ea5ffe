// Every run: opened, compared, deleted.

import {ask, call, fileOf, query, seg, sentence} from "../api.js";
import {comparison, labelOf} from "../comparing.js";
import {confirmed} from "../dialogs.js";
import {duration, empty, fill, h, head, moment, note, percent, short, whole} from "../dom.js";
import {takeModel} from "../models.js";
import {imagesOf, networkOf, titleOf} from "../names.js";

const PAGE = 50;
const EVERY_MS = 4000;
const MOST_FILES = 60;
const PAGES = {train: "train", tune: "tune", study: "study", suspects: "suspects"};
const KINDS = {train: "Training", tune: "Search", study: "Target study", suspects: "Suspicious labels"};

export function runsPage(page) {
  const compare = h("button", {type: "button", disabled: true, onclick: side}, "Compare");
  const top = head("Runs", "", compare);
  const [table, more, below] = [h("div"), h("div"), h("div", {id: "detail", tabindex: -1})];
  fill(page.place, top, table, more, below);
  const chosen = new Set();
  const titles = new Map();
  let shown = PAGE;
  let last = "";
  refresh().then(() => page.part && detail(page.part));
  const timer = setInterval(() => document.visibilityState === "visible" && refresh(), EVERY_MS);
  page.leave(() => clearInterval(timer));

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
    for (const run of found.runs) titles.set(run.id, titleOf(run));
    top.lead(`${whole(found.total)} ${found.total === 1 ? "run" : "runs"}, the newest first`);
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
    const text = "Every training and search leaves a run: its parameters, curves, model and scores.";
    return empty("No runs yet", text, h("a.button", {href: "#data"}, "Choose images"));
  }

  function runTable(runs) {
    const left = ["Run", "Images", "Kind", "State", "Started"].map((text) => h("th", {scope: "col"}, text));
    const right = ["Took", "Validation", "Test"].map((text) => h("th.n", {scope: "col"}, text));
    const head = h("tr", {}, h("th", {scope: "col"}, h("span.sr", {}, "Compare")), left, right);
    const region = {tabindex: 0, role: "region", "aria-label": "Runs"};
    return h(".scroll", region, h("table", {}, h("thead", {}, head), h("tbody", {}, runs.map(row))));
  }

  function row(run) {
    const take = () => {
      box.checked ? chosen.add(run.id) : chosen.delete(run.id);
      compare.disabled = chosen.size < 2;
    };
    const title = titles.get(run.id);
    const box = h("input", {
      type: "checkbox",
      id: `c-${run.id}`,
      checked: chosen.has(run.id),
      "aria-label": `Compare ${title}`,
      onchange: take,
    });
    const name = run.kind === "train" ? networkOf(run) || run.id : (KINDS[run.kind] ?? run.kind);
    const given = titleOf({...run, started: null, created: null, train_dir: null, kind: ""});
    const open = {type: "button", id: `r-${run.id}`, title: run.id, onclick: () => detail(run.id)};
    const waits = run.position ? ` (${run.position} before it)` : "";
    return h(
      "tr",
      {},
      h("td", {}, run.kind === "train" ? box : ""),
      h("td", {}, h("button.quiet", open, given || name)),
      h("td", {}, imagesOf(run)),
      h("td", {}, KINDS[run.kind] ?? run.kind),
      h("td", {}, h(`span.badge.${run.state}`, {}, run.state, waits)),
      h("td", {}, moment(run.started ?? run.created)),
      h("td.n", {}, duration(run.seconds)),
      h("td.n", {}, percent(run.scores.training?.val_accuracy)),
      h("td.n", {}, percent(run.scores.test?.accuracy)),
    );
  }

  async function detail(id) {
    try {
      const [run, {files}] = await Promise.all([call(`runs/${seg(id)}`), call(`runs/${seg(id)}/files`)]);
      const heading = h(
        ".row.middle",
        {},
        h("h2", {}, titleOf(run)),
        h(`span.badge.${run.state}`, {}, run.state),
      );
      const advice = run.advice?.length
        ? h(
            "ul.messages",
            {},
            run.advice.map((one) => h("li", {}, one.text ?? String(one))),
          )
        : null;
      const parameters = h(
        "div",
        {},
        h("h3", {}, "Parameters"),
        values({...run.params.data, ...run.params.hyper}),
      );
      fill(
        below,
        h(
          ".card",
          {},
          heading,
          h("p.muted.small", {}, run.id),
          run.error ? h("p.bad", {}, sentence(run.error)) : null,
          advice,
          h(".buttons", {}, actions(run, files)),
          h("p"),
          h(".two", {}, parameters, h("div", {}, h("h3", {}, "Files"), fileList(run, files))),
        ),
      );
      below.scrollIntoView({block: "nearest"});
      below.focus({preventScroll: true});
    } catch (error) {
      note(error.message);
    }
  }

  function actions(run, files) {
    const ended = !["running", "waiting"].includes(run.state);
    const model = run.kind === "train" && ended;
    const link = (name, text) =>
      h("a.button", {href: `#${name}/${seg(run.id)}`, onclick: () => model && takeModel(run.id)}, text);
    const stop = () =>
      call(`runs/${seg(run.id)}/cancel`, {method: "POST"}).then(refresh, (error) => note(error.message));
    return [
      PAGES[run.kind] ? link(PAGES[run.kind], "Open") : null,
      model ? [link("test", "Test"), link("use", "Use"), link("explain", "Explain"), verify(run)] : null,
      ended ? report(run, files) : null,
      ended
        ? h("button.danger", {type: "button", onclick: () => remove(run.id)}, "Delete …")
        : h("button.danger", {type: "button", onclick: stop}, "Stop"),
    ];
  }

  /** The report that is there, or a button that makes it. */
  function report(run, files) {
    const address = fileOf(run.id, "report.html");
    const link = h("a.button", {href: address, target: "_blank", rel: "noopener"}, "Report");
    if (files.some((file) => file.name === "report.html")) return link;
    const button = h("button", {type: "button", onclick: make}, "Make a report");
    return PAGES[run.kind] ? button : null;

    async function make() {
      button.disabled = true;
      try {
        await ask("report", {options: {run: run.id}}, page.signal);
        button.replaceWith(link);
      } catch (error) {
        if (error.name !== "AbortError") note(error.message);
        button.disabled = false;
      }
    }
  }

  /** Repeats a training and says whether every number is the same. */
  function verify(run) {
    const button = h("button", {type: "button", onclick: repeat}, "Verify");
    return button;

    async function repeat() {
      button.disabled = true;
      button.textContent = "Repeating the training …";
      try {
        const found = await ask("verify", {options: {run: run.id}}, page.signal);
        note(found.equal ? "The repetition gave the same numbers" : "The repetition gave different numbers");
      } catch (error) {
        if (error.name !== "AbortError") note(error.message);
      }
      Object.assign(button, {disabled: false, textContent: "Verify"});
    }
  }

  function values(given) {
    const rows = Object.entries(given).filter(([name, value]) => name !== "format_version" && value !== null);
    const text = (value) => (typeof value === "object" ? JSON.stringify(value) : String(value));
    const line = ([name, value]) =>
      h("tr", {}, h("th", {scope: "row"}, labelOf(name)), h("td.wrap", {}, text(value)));
    return h("table", {}, h("tbody", {}, rows.map(line)));
  }

  function fileList(run, files) {
    const link = (file) =>
      h("a", {href: fileOf(run.id, file.name), target: "_blank", rel: "noopener"}, file.name);
    const line = (file) => h("li", {}, link(file), h("span.muted.small", {}, ` ${size(file.bytes)}`));
    return h("ul.messages", {}, files.slice(0, MOST_FILES).map(line));
  }

  function size(bytes) {
    if (bytes < 1024) return `${bytes} B`;
    return bytes < 2 ** 20 ? `${short(Math.round(bytes / 1024))} KiB` : `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  }

  async function remove(id) {
    const text =
      "The folder with its model, curves and scores is removed from the server. This cannot be undone.";
    if (!(await confirmed(`Delete ${titles.get(id) ?? id}?`, text))) return;
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
      fill(below, comparison(found, titles));
      below.scrollIntoView({block: "nearest"});
    } catch (error) {
      note(error.message);
    }
  }
}
