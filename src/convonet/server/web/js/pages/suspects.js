// The suspicious labels that a run has found, worst first, to be marked.

import {call, pictureOf, seg} from "../api.js";
import {fill, h, head, note, percent, whole} from "../dom.js";
import {showImage} from "../dialogs.js";
import {Grid} from "../grid.js";
import {Marks, markBar} from "../marks.js";
import {look} from "../store.js";

export function suspectsPage(page) {
  const top = head("Suspicious labels", page.part, h("a.button", {href: "#runs"}, "All runs"));
  const body = h("div");
  fill(page.place, top, body);
  show();

  async function show() {
    try {
      const [run, found] = await Promise.all([call(`runs/${seg(page.part)}`, {signal: page.signal}), call(`runs/${seg(page.part)}/result`, {signal: page.signal})]);
      const data = Object.fromEntries(Object.entries(run.params.data).filter(([name, value]) => value !== null && name !== "format_version" && name !== "result_dir"));
      await draw(found, await call("datasets", {body: {data}, signal: page.signal}));
    } catch (error) {
      if (error.name !== "AbortError") fill(body, h(".card", {role: "alert"}, h("h2.bad", {}, "There is nothing to show yet"), h("p", {}, error.message)));
    }
  }

  async function draw(found, dataset) {
    top.lead(`${whole(found.likely)} of ${whole(found.images)} labels are probably wrong, say models that were trained without the image; ${found.suspects.length < found.images ? `the first ${whole(found.suspects.length)}, ` : ""}worst first`);
    const marks = new Marks();
    const folder = dataset.sets.train.folder.replace(/\/?[^/]*\.(csv|tsv)$/i, "");
    const item = (row) => {
      const address = folder ? `${folder}/${row.path}` : row.path;
      return {row, address, src: pictureOf(address), mark: marks.said.get(address), alt: `${row.path}: stands under ${row.class}, perhaps ${row.suggested}, ${percent(row.p_suggested)} sure`, under: [row.suggested, ` ${percent(row.p_suggested)}`, `stands under ${row.class}`]};
    };
    const bar = markBar(marks, () => dataset, () => Promise.all([grid.renew(), look()]));
    const selected = (items) => {
      if (items.length) document.getElementById("true-class").value = items.at(-1).row.suggested;
      bar.show(items);
    };
    const grid = new Grid("Suspicious labels", async (offset, limit) => ({total: found.suspects.length, items: found.suspects.slice(offset, offset + limit).map(item)}), open, {tall: 146, selected});
    bar.offer(dataset.classes);
    fill(body, h(".card", {}, grid.element, bar.element));
    await marks.read(dataset).catch((error) => note(error.message));
    await grid.reset();
  }

  function open({row, address}) {
    showImage({src: pictureOf(address, 512), title: row.path.split("/").pop(), lines: [`Stands under ${row.class}; the models say ${row.suggested}, ${percent(row.p_suggested)} sure (${percent(row.p_class)} for ${row.class}).`]});
  }
}
