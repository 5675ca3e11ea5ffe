// The choice of the model that is tested and used: a run that has one.

import {call, query} from "./api.js";
import {fill, h} from "./dom.js";
import {changed, store} from "./store.js";

/** A labelled list of the runs with a model; `use(id)` is called at first and when another is chosen. */
export function modelChoice(page, use) {
  const select = h("select", {id: "model", onchange: () => {
    store.model = select.value;
    changed("model");
    use(select.value);
  }});
  const field = h(".field", {}, h("label", {htmlFor: "model"}, "Model"), select);
  call(`runs${query({kind: "train", limit: 200})}`, {signal: page.signal}).then(({runs}) => {
    const able = runs.filter((run) => ["done", "cancelled"].includes(run.state));
    const chosen = able.find((run) => run.id === page.part) ?? able.find((run) => run.id === store.model) ?? able[0];
    field.hidden = !able.length;
    fill(select, able.map((run) => h("option", {value: run.id, selected: run === chosen}, run.id)));
    if (store.model !== (chosen?.id ?? "")) {
      store.model = chosen?.id ?? "";
      changed("model");
    }
    use(store.model);
  }).catch((error) => error.name === "AbortError" || use(""));
  return field;
}
