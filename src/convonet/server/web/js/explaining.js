// Explanations of answers: heat maps of one image, asked for from any page.

import {ask, call, fileOf} from "./api.js";
import {fill, h} from "./dom.js";
import {modelOptions} from "./models.js";

export const METHODS = [
  ["grad_cam", "Grad-CAM"],
  ["saliency", "Saliency"],
  ["occlusion", "Occlusion"],
];

/** Bring image files to the server; gives the paths by which jobs find them. */
export async function brought(files, signal) {
  const form = new FormData();
  for (const file of files) form.append("files", file, file.name);
  return (await call("uploads", {body: form, signal})).paths;
}

/** Explain images; gives the job's answer, each explanation with `at(kind)`: the address of a file of it. */
export async function explained(options, signal) {
  const found = await ask("explain", {options}, signal);
  const folder = found.folder.split(/[\\/]/).pop();
  for (const one of found.explanations)
    one.at = (kind) => fileOf(found.asked, `${folder}/${one.files[kind]}`);
  return found;
}

/** What a heat map shows, in a sentence. */
export function meaning(found, one) {
  const by = one.layer ? `the feature maps of ${one.layer}` : "the pixels";
  return `Bright areas had the most influence on the score of ${one.class}, based on ${by} (${found.title}).`;
}

/**
 * A button “Why?” for `showImage`; `path()` gives the image's path on the server. `start`: as if it was
 * pressed.
 */
export function why(model, path, name, signal, {start = false} = {}) {
  return (place, views) => {
    const button = h("button", {type: "button", onclick: show}, "Why?");
    if (start) show();
    return button;

    async function show() {
      button.disabled = true;
      fill(place, h("p.muted", {role: "status"}, "Computing the heat map …"));
      try {
        const found = await explained({...modelOptions(model), paths: [await path()]}, signal);
        const [one] = found.explanations;
        if (one.error) throw new Error(one.error);
        views.append(h(".view", {}, h("img", {src: one.at("overlay"), alt: `Heat map over ${name}`})));
        fill(place, h("p.muted.small", {}, meaning(found, one)));
      } catch (error) {
        if (error.name === "AbortError") return;
        fill(place, h("p.bad", {role: "alert"}, error.message));
        button.disabled = false;
      }
    }
  };
}
