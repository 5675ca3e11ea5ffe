// Why something cannot be done, in sentences.

import {wrongMinutes} from "./plan.js";
import {store} from "./store.js";

/** Why work on these images cannot begin; empty when it can. */
export function whyNotTrain() {
  if (wrongMinutes()) return wrongMinutes();
  if (Object.keys(store.faults.data).length || Object.keys(store.faults.hyper).length)
    return "A parameter has an invalid value";
  if (store.datasetError) return store.datasetError.message;
  const fault = store.dataset?.errors.train;
  if (fault) return imagesFault(fault);
  if (!store.dataset?.sets.train?.images) return "Choose training images first";
  return "";
}

/** Why a set cannot be used, in one or two sentences: what is wrong, where, and what was found there. */
export function imagesFault(fault) {
  const where = fault.where ? ` in ${below(fault.where)}` : "";
  const found = fault.received ? ` (found: ${fault.received})` : "";
  if (fault.what === "No images were found") return `There are no images${where}${found}`;
  if (fault.what === "There is only one class")
    return `There is only one class${where}${found}; training needs two or more`;
  return [fault.what, fault.where && below(fault.where), fault.received].filter(Boolean).join(" · ");
}

/** An absolute path as it stands below the server's folder. */
export function below(path) {
  const plain = path.replaceAll("\\", "/");
  const root = store.about.root.replaceAll("\\", "/");
  return plain === root
    ? "the server's root folder"
    : plain.startsWith(`${root}/`)
      ? plain.slice(root.length + 1)
      : plain;
}
