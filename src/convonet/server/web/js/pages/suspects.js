// A search for suspicious labels: begun, watched, and what it found, worst first, to be marked.

import {beginPage} from "../begin.js";
import {call, pictureOf, seg} from "../api.js";
import {counted, fill, h, head, note, percent, whole} from "../dom.js";
import {showImage} from "../dialogs.js";
import {Grid} from "../grid.js";
import {Marks, markBar} from "../marks.js";
import {number} from "../options.js";
import {look, store} from "../store.js";
import {Working} from "../working.js";

export function suspectsPage(page) {
  if (!page.part) return begin(page);
  const working = new Working(page, {
    cancelled: "Stopped; Resume skips finished folds",
    interrupted: "Interrupted; Resume skips finished folds",
  });
  const top = head(
    "Suspicious labels",
    page.part,
    working.stop,
    working.resume,
    h("a.button", {href: "#runs"}, "All runs"),
  );
  const body = h("div");
  fill(page.place, top, body);
  working.addEventListener("end", () => working.progress.state === "done" && show());
  show();

  async function show() {
    try {
      const run = await call(`runs/${seg(page.part)}`, {signal: page.signal});
      if (run.state !== "done") {
        fill(body, working.element);
        return working.watch(page.part);
      }
      const found = await call(`runs/${seg(page.part)}/result`, {signal: page.signal});
      const data = Object.fromEntries(
        Object.entries(run.params.data).filter(
          ([name, value]) => value !== null && name !== "format_version" && name !== "result_dir",
        ),
      );
      await draw(found, await call("datasets", {body: {data}, signal: page.signal}));
    } catch (error) {
      if (error.name !== "AbortError")
        fill(
          body,
          h(".card", {role: "alert"}, h("h2.bad", {}, "There is nothing to show"), h("p", {}, error.message)),
        );
    }
  }

  async function draw(found, dataset) {
    const listed = found.suspects.length;
    const order =
      listed < found.images ? `the ${whole(listed)} most suspicious are listed` : "most suspicious first";
    top.lead(
      `${whole(found.likely)} of ${counted(found.images, "label")} ${found.likely === 1 ? "is" : "are"} probably wrong, ` +
        `according to models that were not trained on the image in question; ${order}`,
    );
    const marks = new Marks();
    const folder = dataset.sets.train.folder.replace(/\/?[^/]*\.(csv|tsv)$/i, "");
    const item = (row) => {
      const address = folder ? `${folder}/${row.path}` : row.path;
      return {
        row,
        address,
        src: pictureOf(address),
        mark: marks.said.get(address),
        alt:
          `${row.path}: labeled ${row.class}, predicted ${row.suggested} ` + `(${percent(row.p_suggested)})`,
        under: [row.suggested, ` ${percent(row.p_suggested)}`, `labeled ${row.class}`],
      };
    };
    const bar = markBar(
      marks,
      () => dataset,
      () => Promise.all([grid.renew(), look()]),
    );
    const selected = (items) => {
      if (items.length) document.getElementById("true-class").value = items.at(-1).row.suggested;
      bar.show(items);
    };
    const grid = new Grid(
      "Suspicious labels",
      async (offset, limit) => ({
        total: found.suspects.length,
        items: found.suspects.slice(offset, offset + limit).map(item),
      }),
      open,
      {tall: 146, selected},
    );
    bar.offer(dataset.classes);
    fill(body, h(".card", {}, grid.element, bar.element));
    await marks.read(dataset).catch((error) => note(error.message));
    await grid.reset();
  }

  function open({row, address}) {
    showImage({
      src: pictureOf(address, 512),
      title: row.path.split("/").pop(),
      lines: [
        `Labeled ${row.class}, to which the models give ${percent(row.p_class)}; ` +
          `they predict ${row.suggested} (${percent(row.p_suggested)}).`,
      ],
    });
  }
}

function begin(page) {
  beginPage(page, {
    kind: "suspects",
    title: "Suspicious labels",
    button: "Find suspicious labels",
    about: [
      "Each image is classified by networks that were not trained on it, each with its own seed. " +
        "If they confidently predict a class other than its label, the label is suspicious.",
      "The number of training runs is folds × repeats. They use the current hyperparameters.",
    ],
    fields: {
      folds: number("suspects-folds", "Folds", "5"),
      repeats: number("suspects-repeats", "Repeats", "3"),
    },
    said: () =>
      `${counted(store.dataset.sets.train.images, "training image")} in ${counted(store.dataset.classes.length, "class", "classes")}`,
  });
}
