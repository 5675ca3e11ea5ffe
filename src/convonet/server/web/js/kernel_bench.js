// The kernel explorer: a kernel slid over the chosen image.

import {call} from "./api.js";
import {fill, h, short} from "./dom.js";
import {number, pick} from "./options.js";

/** A card; `path()` gives the path of the image. */
export function kernelBench(page, path) {
  const kernel = h("input", {
    id: "kernel",
    list: "kernel-names",
    value: "edge",
    autocomplete: "off",
    spellcheck: false,
  });
  kernel.setAttribute("list", "kernel-names");
  const names = h("datalist", {id: "kernel-names"});
  const stride = number("kernel-stride", "Stride", "1");
  const padding = pick("kernel-padding", "Padding", [
    ["same", "same"],
    ["valid", "valid"],
  ]);
  const relu = h("input", {type: "checkbox", id: "kernel-relu"});
  const place = h("div", {"aria-live": "polite"});
  const button = h("button.primary", {type: "button", onclick: apply}, "Apply the kernel");
  const help = "A name, rows such as -1 0 1 / -1 0 1 / -1 0 1, or color:1,1,-1 for a color detector.";
  call("kernels", {signal: page.signal})
    .then((found) =>
      fill(
        names,
        found.kernels.map((one) => h("option", {value: one.name}, one.about)),
      ),
    )
    .catch(() => {});
  return h(
    ".card",
    {},
    h("h2", {}, "Kernel explorer"),
    h("p.muted", {}, "The image after one convolution."),
    h(
      ".row",
      {},
      h(".field.kernel", {}, h("label", {htmlFor: "kernel"}, "Kernel"), kernel, names, h("p.help", {}, help)),
      stride.element,
      padding.element,
      h("label.tick", {}, relu, "ReLU"),
      button,
    ),
    place,
  );

  async function apply() {
    button.disabled = true;
    try {
      const image = await path();
      if (!image) throw new Error("Choose an image first");
      const wish = {path: image, kernel: kernel.value, padding: padding.value(), relu: relu.checked};
      if (stride.value()) wish.stride = Number(stride.value());
      show(await call("kernels", {body: wish, signal: page.signal}));
    } catch (error) {
      if (error.name !== "AbortError") fill(place, h("p.bad.below", {role: "alert"}, error.message));
    }
    button.disabled = false;
  }

  function show(found) {
    const rows = found.rows.map((row) =>
      h(
        "tr",
        {},
        row.map((value) => h("td.n", {}, short(value))),
      ),
    );
    const shapes = [found.input_shape, found.output_shape].map((shape) => shape.join(" × ")).join(" → ");
    const sizes = `${shapes}; values from ${short(found.min)} to ${short(found.max)}.`;
    fill(
      place,
      h(
        ".kernel-result",
        {},
        h("table.kernel-rows", {}, h("caption.sr", {}, "Weights"), h("tbody", {}, rows)),
        h("img", {src: `data:image/png;base64,${found.picture}`, alt: `The image after ${found.name}`}),
      ),
      h("p.muted.small.below", {}, `${found.about} ${sizes}`),
    );
  }
}
