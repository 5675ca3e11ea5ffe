// The choice of the model that is tested, used and explained: a run that has one, or a model file.

import {call, query} from "./api.js";
import {fill, h} from "./dom.js";
import {changed, sameImages, store} from "./store.js";

const FILE = /\.(keras|h5|hdf5|onnx)$/i;

/** Whether a model is a file and no run: it answers through a worker. */
export const isFile = (model) => FILE.test(model);

const SCALINGS = [
  ["", "As in the file"],
  ["unit", "0 to 1"],
  ["symmetric", "−1 to 1"],
  ["imagenet", "ImageNet"],
  ["none", "None: 0 to 255"],
];

/** The model as an option of a task, with the pixel scaling that was chosen for a model file. */
export function modelOptions(model) {
  const scaling = isFile(model) ? store.scalings[model] : "";
  return scaling ? {model, scaling} : {model};
}

/** Make a model the one in use. */
export function takeModel(model) {
  if (store.model === model) return;
  store.model = model;
  changed("model");
}

/**
 * A labelled list of the runs with a model, those of the chosen images first; `use(id)` is called at
 * first and when
 * another is chosen. A model of other images is never taken by itself.
 */
export function modelChoice(page, use) {
  const select = h("select", {
    id: "model",
    onchange: () => {
      takeModel(select.value);
      told(select.value);
    },
  });
  const scaling = h("div");
  const field = h(".field.model", {}, h("label", {htmlFor: "model"}, "Model"), select, scaling);
  call(`runs${query({kind: "train", limit: 200})}`, {signal: page.signal})
    .then(({runs}) => offer(runs.filter((run) => ["done", "cancelled"].includes(run.state))))
    .catch((error) => error.name === "AbortError" || use(""));
  return field;

  function told(model) {
    fill(scaling);
    if (isFile(model)) offerScaling(model).catch(() => {});
    use(model);
  }

  /** A model that was made elsewhere does not say how its pixels are scaled. */
  async function offerScaling(model) {
    const {info} = await call(`models${query({path: model})}`, {signal: page.signal});
    if (!info?.classes?.length && select.value === model)
      fill(
        scaling,
        scalingChoice(model, () => use(model)),
      );
  }

  function offer(able) {
    const given =
      page.part && (isFile(page.part) || able.some((run) => run.id === page.part)) ? page.part : "";
    const kept = isFile(store.model) || able.some((run) => run.id === store.model) ? store.model : "";
    const mine = able.filter((run) => sameImages(run) !== false);
    const chosen = given || kept || (mine[0]?.id ?? "");
    const others = able.filter((run) => sameImages(run) === false);
    const option = (run) => h("option", {value: run.id, selected: run.id === chosen}, run.title);
    field.hidden = !able.length && !chosen;
    fill(
      select,
      chosen ? null : h("option", {value: "", selected: true}, "Choose a model"),
      isFile(chosen) ? h("option", {value: chosen, selected: true}, chosen) : null,
      mine.length
        ? h("optgroup", {label: store.dataset ? "Trained on these images" : "Trained"}, mine.map(option))
        : null,
      others.length ? h("optgroup", {label: "Trained on other images"}, others.map(option)) : null,
    );
    takeModel(chosen);
    told(chosen);
  }
}

/** How the pixels of a model file are scaled; `use()` is called after a choice. */
function scalingChoice(model, use) {
  const select = h(
    "select",
    {
      id: "model-scaling",
      onchange: () => {
        store.scalings[model] = select.value;
        changed("scaling");
        use();
      },
    },
    SCALINGS.map(([value, title]) =>
      h("option", {value, selected: value === (store.scalings[model] ?? "")}, title),
    ),
  );
  return h(
    ".field",
    {},
    h("label", {htmlFor: "model-scaling"}, "Pixel scaling"),
    select,
    h("p.help", {}, "This model was made elsewhere. Choose the scaling that it was trained with."),
  );
}
