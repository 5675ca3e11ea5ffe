// Pretrained backbones as cards: how large, how fast, and whether their weights are on this server.

import {fill, h, whole} from "./dom.js";
import {changed, check, look, store} from "./store.js";

/** The field for the backbone; choosing one sets the image size and the channels that it was trained with. */
export function backboneField() {
  const place = h("fieldset.backbones");
  const bases = store.about.bases;
  const least = Math.min(...bases.map((base) => base.macs));
  const element = h(".field.wide", {}, place);
  element.refresh = show;
  show();
  return element;

  function chosen() {
    return (store.hyper.base || "").split(",")[0].trim();
  }

  function show() {
    const focused = place.contains(document.activeElement) ? document.activeElement.value : null;
    const sorted = [...bases].sort((one, other) => other.here - one.here || one.macs - other.macs);
    fill(place, h("legend", {}, "Backbone"), h(".backbone-cards", {}, sorted.map(card)));
    if (focused) place.querySelector(`input[value="${CSS.escape(focused)}"]`)?.focus();
  }

  function card(base) {
    const times = base.macs / least;
    const speed =
      times < 1.05
        ? "the fastest"
        : `about ${times < 10 ? times.toFixed(1) : whole(Math.round(times))}× the computation of the fastest`;
    return h(
      "label.choice",
      {},
      h("input", {
        type: "radio",
        name: "backbone",
        value: base.name,
        checked: base.name === chosen(),
        "aria-label": base.title,
        "aria-describedby": `base-${base.name}`,
        onchange: () => take(base),
      }),
      h("b", {}, base.title),
      h(
        "span.help",
        {id: `base-${base.name}`},
        `${(base.parameters / 1e6).toFixed(1)} million parameters, ${base.image_size} px; ${speed}. `,
        base.here
          ? h("span.good", {}, "Weights are on this server.")
          : h("span.warn", {}, "Weights are not on this server."),
      ),
    );
  }
}

function take(base) {
  store.hyper.base = base.name;
  store.data.image_size = String(base.image_size);
  store.data.channels = "3";
  changed("hyper", "data");
  check().catch(() => {});
  look().catch(() => {});
}
