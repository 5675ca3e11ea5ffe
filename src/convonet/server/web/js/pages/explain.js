// What a model looks at: heat maps with their check, filters and feature maps, what excites a channel,
// the kernel explorer.

import {ask, call, fileOf, seg} from "../api.js";
import {empty, fill, h, head, percent, short} from "../dom.js";
import {brought, explained, meaning, METHODS} from "../explaining.js";
import {imageChoice} from "../image_choice.js";
import {kernelBench} from "../kernel_bench.js";
import {isFile, modelChoice, modelOptions} from "../models.js";
import {number, pick} from "../options.js";
import {store} from "../store.js";

export function explainPage(page) {
  const state = {model: "", path: "", classes: [], layers: []};
  const top = head("Explain", "What the model looks at, and what its layers do");
  const picture = imageChoice(page, bring);
  const label = h("select", {id: "explained-class"});
  const body = h("div");
  const choice = h(".card", {}, h(".row", {}, modelChoice(page, use)));
  fill(page.place, top, choice, body);

  async function use(model) {
    state.model = model;
    if (!model) {
      const train = h("a.button", {href: "#train"}, "Train");
      return fill(
        body,
        empty("No model yet", "Train a network first. This page then shows what it looks at.", train),
        kernelBench(page, picture.path),
      );
    }
    fill(body, picture.element, heat(), layers(), dreams(), kernelBench(page, picture.path));
    await describe();
  }

  /** The classes and layers of the model, for the choices. */
  async function describe() {
    const {model} = state;
    const known = isFile(model)
      ? null
      : await call(`runs/${seg(model)}`, {signal: page.signal}).catch(() => null);
    if (state.model !== model) return;
    const classes = known?.data?.classes ?? store.dataset?.classes ?? [];
    fill(
      label,
      h("option", {value: ""}, "The predicted class"),
      classes.map((name) => h("option", {value: name}, name)),
    );
    const layer = document.getElementById("dream-layer");
    try {
      const found = await ask("summary", {options: {model}}, page.signal);
      if (state.model !== model) return;
      const names = found.layers
        .filter((row) => row.params || /conv|dense/i.test(row.type))
        .map((row) => row.name);
      fill(
        layer,
        names.reverse().map((name) => h("option", {value: name}, name)),
      );
    } catch (error) {
      if (error.name !== "AbortError") fill(layer, h("option", {value: ""}, error.message));
    }
  }

  async function bring(file) {
    return (await brought([file], page.signal))[0];
  }

  /** A card with fields and a button that runs a job and shows what it made. */
  function card(title, about, fields, text, make) {
    const place = h("div", {"aria-live": "polite"});
    const button = h("button.primary", {type: "button", onclick: run}, text);
    return h(".card", {}, h("h2", {}, title), h("p.muted", {}, about), h(".row", {}, fields, button), place);

    async function run() {
      button.disabled = true;
      fill(place, h("p.muted.below", {role: "status"}, "Working …"));
      try {
        fill(place, h("p"), await make());
      } catch (error) {
        if (error.name !== "AbortError") fill(place, h("p.bad.below", {role: "alert"}, error.message));
      }
      button.disabled = false;
    }
  }

  async function image() {
    const path = await picture.path();
    if (!path) throw new Error("Choose an image first");
    return path;
  }

  function heat() {
    const method = pick("method", "Method", METHODS);
    const faithful = h("input", {type: "checkbox", id: "faithful"});
    const fields = [
      method.element,
      h(".field", {}, h("label", {htmlFor: "explained-class"}, "Class"), label),
      h("label.tick", {}, faithful, "Check the heat map"),
    ];
    const about =
      "A heat map of the pixels that matter most for a class. " +
      "The check deletes them step by step; the probability should fall.";
    return card("Why this prediction", about, fields, "Explain", async () => {
      const options = {
        ...modelOptions(state.model),
        paths: [await image()],
        method: method.value(),
        faithful: faithful.checked,
      };
      if (label.value) options.label = label.value;
      const found = await explained(options, page.signal);
      const [one] = found.explanations;
      if (one.error) throw new Error(one.error);
      const said = `Prediction: ${one.predicted}, ${percent(one.confidence)} confident.`;
      const check = one.faithful?.sentence ?? one.check?.sentence;
      return [
        h("p", {}, `${said} ${meaning(found, one)}`),
        check ? h("p", {}, h("b", {}, check)) : null,
        h("img.wide-picture", {src: one.at("picture"), alt: `${found.title} for ${one.class}`}),
      ];
    });
  }

  function layers() {
    const withImage = h("input", {type: "checkbox", id: "with-image", checked: true});
    const fields = [h("label.tick", {}, withImage, "With the feature maps of the image")];
    const about = "The filters of the convolutions, and the feature maps of the image, layer by layer.";
    return card("Filters and feature maps", about, fields, "Show layers", async () => {
      const options = modelOptions(state.model);
      if (withImage.checked) options.image = await image();
      const found = await ask("layers", {options}, page.signal);
      const folder = found.folder.split(/[\\/]/).pop();
      const drawn = found.layers.map((row) => {
        const title = `${row.kind === "filters" ? "Filters of" : "After"} ${row.name}`;
        return h("img.wide-picture", {
          src: fileOf(found.asked, `${folder}/${row.file}`),
          alt: title,
          loading: "lazy",
        });
      });
      return h(".figures", {}, drawn);
    });
  }

  function dreams() {
    const layer = h("select", {id: "dream-layer"}, h("option", {value: ""}, "Loading layers …"));
    const channel = number("dream-channel", "Channel", "the first twelve");
    const steps = number("dream-steps", "Steps", "256");
    const fields = [
      h(".field", {}, h("label", {htmlFor: "dream-layer"}, "Layer"), layer),
      channel.element,
      steps.element,
    ];
    const about =
      "Images that gradient ascent creates to activate a channel. In the last layer, each channel is a class.";
    return card("What activates a channel", about, fields, "Generate picture", async () => {
      const options = {...modelOptions(state.model), layer: layer.value};
      for (const [name, field] of Object.entries({channel, steps}))
        if (field.value()) options[name] = Number(field.value());
      const found = await ask("dream", {options}, page.signal);
      const names = found.dreams.map((one) => `${one.name}: ${short(one.reached)}`).join(", ");
      const source = fileOf(found.asked, found.path.split(/[\\/]/).pop());
      return [
        h("img.wide-picture", {src: source, alt: `What activates ${found.layer}`}),
        h("p.muted.small", {}, names),
      ];
    });
  }
}
