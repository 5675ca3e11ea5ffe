// A target study: the epochs that each setting needed to each accuracy, or that it never got there.

import {call, fileOf, seg} from "../api.js";
import {empty, fill, h, head, note, percent, whole} from "../dom.js";

const LOOK_MS = 3000;
const LIVE = ["running", "waiting"];

export function studyPage(page) {
  const stop = h("button.danger", {type: "button", hidden: true, onclick: () => act("cancel")}, "Stop");
  const resume = h("button", {type: "button", hidden: true, onclick: () => act("resume")}, "Resume");
  const top = head("Target study", page.part, stop, resume, h("a.button", {href: "#runs"}, "All runs"));
  const body = h("div");
  fill(page.place, top, body);
  let timer = 0;
  page.leave(() => clearTimeout(timer));
  show();

  async function show() {
    clearTimeout(timer);
    try {
      const [found, {files}] = await Promise.all([call(`runs/${seg(page.part)}/trials`, {signal: page.signal}), call(`runs/${seg(page.part)}/files`, {signal: page.signal})]);
      stop.hidden = !LIVE.includes(found.state);
      resume.hidden = !["cancelled", "interrupted", "failed"].includes(found.state);
      draw(found, files);
      if (!stop.hidden) timer = setTimeout(show, LOOK_MS);
    } catch (error) {
      if (error.name !== "AbortError") fill(body, h(".card", {role: "alert"}, h("h2.bad", {}, "This study cannot be shown"), h("p", {}, error.message)));
    }
  }

  async function act(what) {
    await call(`runs/${seg(page.part)}/${what}`, {method: "POST"}).catch((error) => note(error.message));
    show();
  }

  function draw(found, files) {
    const rows = found.results;
    if (!rows.length) return fill(body, empty("No setting is finished yet", `This study is ${found.state}.`));
    const names = Object.keys(rows[0].params).filter((name) => new Set(rows.map((row) => JSON.stringify(row.params[name]))).size > 1 || rows.length === 1);
    const what = found.metric === "accuracy" ? "training accuracy" : "validation accuracy";
    const line = (row) => h("tr", {}, names.map((name) => h("td", {}, String(row.params[name]))),
      row.epochs_to.map(({epochs}) => (epochs === null ? h("td.n.muted", {}, "not reached") : h("td.n", {}, whole(epochs)))), h("td.n", {}, percent(row.best, 2)), h("td.n", {}, whole(row.epochs_trained)));
    const pictures = files.filter((file) => /^study.*\.png$/.test(file.name));
    fill(body, h(".card", {}, h("h2", {}, `Epochs until the ${what} was reached`), h(".scroll", {tabindex: 0, role: "region", "aria-label": "Epochs to each target"}, h("table", {},
      h("thead", {}, h("tr", {}, names.map((name) => h("th", {scope: "col"}, name.replaceAll("_", " "))), found.targets.map((target) => h("th.n", {scope: "col"}, percent(target, 0))), ["Best", "Epochs trained"].map((text) => h("th.n", {scope: "col"}, text)))),
      h("tbody", {}, rows.map(line))))),
    pictures.length ? h("details.card", {}, h("summary", {}, "Curves of each case"), h(".figures", {}, pictures.map((file) => h("img", {src: fileOf(page.part, file.name), alt: file.name.replaceAll("_", " ").replace(".png", ""), loading: "lazy"})))) : null);
  }
}
