// A target study: begun, watched, and the epochs that each setting needed to each accuracy, or that it
// never got there.

import {beginPage} from "../begin.js";
import {call, fileOf, seg} from "../api.js";
import {labelOf, valueText, variedWords} from "../comparing.js";
import {fill, h, head, percent, short, whole} from "../dom.js";
import {number, percentages, pick} from "../options.js";
import {store} from "../store.js";
import {Working} from "../working.js";

const METRICS = [
  ["accuracy", "training images"],
  ["val_accuracy", "validation images"],
];

export function studyPage(page) {
  if (!page.part) return begin(page);
  const working = new Working(page, {
    cancelled: "Stopped; the table is kept",
    interrupted: "Interrupted; Resume skips finished settings",
  });
  const top = head(
    "Target study",
    page.part,
    working.stop,
    working.resume,
    h("a.button", {href: "#runs"}, "All runs"),
  );
  const body = h("div");
  fill(page.place, top, working.element, body);
  let seen = 0;
  working.addEventListener("change", () => {
    if (seen !== working.progress.trials) show();
    seen = working.progress.trials;
  });
  working.addEventListener("end", () => {
    working.element.hidden = working.progress.state === "done";
    show();
  });
  working.watch(page.part);
  show();

  async function show() {
    try {
      const [found, {files}] = await Promise.all([
        call(`runs/${seg(page.part)}/trials`, {signal: page.signal}),
        call(`runs/${seg(page.part)}/files`, {signal: page.signal}),
      ]);
      draw(found, files);
    } catch (error) {
      if (error.name !== "AbortError")
        fill(
          body,
          h(
            ".card",
            {role: "alert"},
            h("h2.bad", {}, "This study cannot be shown"),
            h("p", {}, error.message),
          ),
        );
    }
  }

  function draw(found, files) {
    const isOpen = body.querySelector("details")?.open ?? false;
    const rows = found.results;
    if (!rows.length) return fill(body, h("p.muted", {}, "No setting has finished yet."));
    const names = Object.keys(rows[0].params).filter(
      (name) => new Set(rows.map((row) => JSON.stringify(row.params[name]))).size > 1 || rows.length === 1,
    );
    const what = Object.fromEntries(METRICS)[found.metric];
    const line = (row) =>
      h(
        "tr",
        {},
        names.map((name) => h("td", {}, valueText(name, row.params[name]))),
        row.epochs_to.map(({epochs}) =>
          epochs === null ? h("td.n.muted", {}, "not reached") : h("td.n", {}, whole(epochs)),
        ),
        h("td.n", {}, percent(row.best, 2)),
        h("td.n", {}, whole(row.epochs_trained)),
      );
    const pictures = files.filter((file) => /^study.*\.png$/.test(file.name));
    fill(
      body,
      h(
        ".card",
        {},
        h("h2", {}, `Epochs to reach each target accuracy on ${what}`),
        h(
          ".scroll",
          {tabindex: 0, role: "region", "aria-label": "Epochs to reach each target"},
          h(
            "table",
            {},
            h(
              "thead",
              {},
              h(
                "tr",
                {},
                names.map((name) => h("th", {scope: "col"}, labelOf(name))),
                found.targets.map((target) => h("th.n", {scope: "col"}, `${short(100 * target)}%`)),
                ["Best", "Epochs trained"].map((text) => h("th.n", {scope: "col"}, text)),
              ),
            ),
            h("tbody", {}, rows.map(line)),
          ),
        ),
      ),
      pictures.length
        ? h(
            "details.card",
            {open: isOpen},
            h("summary", {}, "Curves for each target"),
            h(
              ".figures",
              {},
              pictures.map((file) =>
                h("img", {
                  src: fileOf(page.part, file.name),
                  alt: file.name.replaceAll("_", " ").replace(".png", ""),
                  loading: "lazy",
                }),
              ),
            ),
          )
        : null,
    );
  }
}

function begin(page) {
  beginPage(page, {
    kind: "study",
    title: "Target study",
    button: "Study",
    about: [
      "Each setting is trained until it reaches the highest target or the maximum number of epochs. " +
        "The table shows how many epochs each target took.",
      "The settings come from the hyperparameters: enter several values for at least one of them.",
    ],
    fields: {
      targets: percentages("study-targets", "Targets (%)", "90, 95, 99"),
      metric: pick("study-metric", "Measured on", METRICS),
      images: number("study-images", "Images", "all"),
    },
    said: () =>
      store.varied.length ? variedWords("settings") : "One setting: no hyperparameter has several values",
  });
}
