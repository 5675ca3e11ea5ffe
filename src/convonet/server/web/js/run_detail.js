// All that is known of one run: its scores, parameters and files, and what can be done with it.

import {ask, call, fileOf, seg, sentence} from "./api.js";
import {labelOf, valueText} from "./comparing.js";
import {askText, confirmed} from "./dialogs.js";
import {h, interval, note, percent, short, stateLabel, whole} from "./dom.js";
import {takeModel} from "./models.js";
import {withImages} from "./moving.js";
import {SPLITS} from "./sets.js";
import {isLong, isRepeatable} from "./work.js";

const MOST_FILES = 60;
const RENAME_HELP = "If empty, the name is the data set, network and date.";
const REPORT_HELP =
  "If empty, the title is the name of the run. The report explains the worst mistakes, which takes a few " +
  "seconds.";
const DELETE_TEXT =
  "The run's folder, with its model, curves and scores, will be removed from the server. " +
  "This cannot be undone.";

/**
 * The card of a run. `row` is its row of the list; `changed()` is called when its name or state may be
 * another, `gone()` when it was deleted.
 */
export async function runDetail(page, row, {changed, gone}) {
  const [run, {files}] = await Promise.all([
    call(`runs/${seg(row.id)}`, {signal: page.signal}),
    call(`runs/${seg(row.id)}/files`, {signal: page.signal}),
  ]);
  const title = h("h2", {}, run.title);
  const badge = h(`span.badge.${run.state}`, {}, stateLabel(run.state));
  const rename = h("button.quiet", {type: "button", onclick: () => named(run, title, changed)}, "Rename …");
  const advice = (run.advice ?? []).map((one) => h("li", {}, one.text));
  return h(
    ".card",
    {},
    h(".row.middle", {}, title, badge, rename),
    run.id === run.title ? null : h("p.muted.small", {}, run.id),
    run.error ? h("p.bad", {}, sentence(run.error)) : null,
    advice.length ? h("ul.messages", {}, advice) : null,
    h(".buttons", {}, actions(page, run, files, {changed, gone})),
    evaluations(row),
    h("p"),
    h(
      ".two",
      {},
      h("div", {}, h("h3", {}, "Parameters"), values({...run.params.data, ...run.params.hyper})),
      h("div", {}, h("h3", {}, "Files"), fileList(run, files)),
    ),
  );
}

async function named(run, title, changed) {
  const text = await askText("Rename the run", "Name", run.title, RENAME_HELP);
  if (text === null) return;
  try {
    const renamed = await call(`runs/${seg(run.id)}`, {method: "PATCH", body: {title: text}});
    run.title = title.textContent = renamed.title;
    changed();
  } catch (error) {
    note(error.message);
  }
}

function actions(page, run, files, {changed, gone}) {
  const ended = !["running", "waiting"].includes(run.state);
  const model = run.kind === "train" && ended;
  const link = (name, text) =>
    h("a.button", {href: `#${name}/${seg(run.id)}`, onclick: () => model && takeModel(run.id)}, text);
  const stop = () =>
    call(`runs/${seg(run.id)}/cancel`, {method: "POST"}).then(changed, (error) => note(error.message));
  return [
    isLong(run.kind) ? link(run.kind, "Open") : null,
    model ? [link("test", "Test"), link("use", "Use"), link("explain", "Explain")] : null,
    run.state === "done" && isRepeatable(run.kind) ? verify(page, run) : null,
    ended ? report(page, run, files) : null,
    ended
      ? h("button.danger", {type: "button", onclick: () => remove(run, gone)}, "Delete …")
      : h("button.danger", {type: "button", onclick: stop}, "Stop"),
  ];
}

/** What was measured of the run's model, also by evaluations with a run of their own. */
function evaluations({evaluations: found}) {
  if (!found?.length) return null;
  const titles = ["Set", "Data set"].map((text) => h("th", {scope: "col"}, text));
  const numbers = ["Images", "Accuracy", "95% CI"].map((text) => h("th.n", {scope: "col"}, text));
  const line = (one) =>
    h(
      "tr",
      {},
      h("td", {}, SPLITS[one.split]),
      h("td", {title: one.run}, one.data_set),
      h("td.n", {}, whole(one.images)),
      h("td.n", {}, percent(one.accuracy)),
      h("td.n", {}, interval(one.accuracy_interval).replace("95% CI ", "") || "–"),
    );
  const table = h("table", {}, h("thead", {}, h("tr", {}, titles, numbers)), h("tbody", {}, found.map(line)));
  const region = {tabindex: 0, role: "region", "aria-label": "Evaluations"};
  return [h("h3.below", {}, "Evaluations"), h(".scroll", region, table)];
}

/** The report that is there, and a button that makes it with a title of one's own. */
function report(page, run, files) {
  if (!isLong(run.kind)) return null;
  const address = {href: fileOf(run.id, "report.html"), target: "_blank", rel: "noopener"};
  const link = h("a.button", address, "Report");
  link.hidden = !files.some((file) => file.name === "report.html");
  const button = h("button", {type: "button", onclick: make}, "Create a report …");
  return [link, button];

  async function make() {
    const title = await askText("Create a report", "Title of the report", run.title, REPORT_HELP, "Create");
    if (title === null) return;
    Object.assign(button, {disabled: true, textContent: "Creating the report …"});
    try {
      // A report that is there already is replaced.
      await ask("report", {options: {run: run.id, heading: title || null}}, page.signal);
      link.hidden = false;
      note("The report is ready");
    } catch (error) {
      if (error.name !== "AbortError") note(error.message);
    }
    Object.assign(button, {disabled: false, textContent: "Create a report …"});
  }
}

/** Repeats a run and says whether every number is the same. */
function verify(page, run) {
  const button = h("button", {type: "button", onclick: repeat}, "Verify");
  return button;

  async function repeat() {
    Object.assign(button, {disabled: true, textContent: "Repeating the run …"});
    try {
      const options = {run: run.id};
      const found = await withImages((data) => ask("verify", {data, options}, page.signal));
      note(
        found.equal ? "The repeated run gave the same numbers" : "The repeated run gave different numbers",
      );
    } catch (error) {
      if (error.name !== "AbortError") note(error.message);
    }
    Object.assign(button, {disabled: false, textContent: "Verify"});
  }
}

async function remove(run, gone) {
  if (!(await confirmed(`Delete ${run.title}?`, DELETE_TEXT))) return;
  try {
    await call(`runs/${seg(run.id)}`, {method: "DELETE"});
    gone();
  } catch (error) {
    note(error.message);
  }
}

function values(given) {
  const rows = Object.entries(given).filter(([name, value]) => name !== "format_version" && value !== null);
  const line = ([name, value]) =>
    h("tr", {}, h("th", {scope: "row"}, labelOf(name)), h("td.wrap", {}, valueText(name, value)));
  return h("table", {}, h("tbody", {}, rows.map(line)));
}

function fileList(run, files) {
  const link = (file) =>
    h("a", {href: fileOf(run.id, file.name), target: "_blank", rel: "noopener"}, file.name);
  const line = (file) => h("li", {}, link(file), h("span.muted.small", {}, ` ${size(file.bytes)}`));
  const more = files.length - MOST_FILES;
  return [
    h("ul.messages", {}, files.slice(0, MOST_FILES).map(line)),
    more > 0 ? h("p.muted.small", {}, `and ${whole(more)} more in the run's folder`) : null,
  ];
}

function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 2 ** 20 ? `${short(Math.round(bytes / 1024))} KiB` : `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
