// Names of runs as people tell them apart: the images, the network, and when it was begun.

import {moment} from "./dom.js";
import {store} from "./store.js";

const SPLITS = /^(train|training)$/i;

/** The folder of images of a run: the name above `train`. */
export function imagesOf(run) {
  const folder = run.train_dir ?? run.params?.data?.train_dir ?? "";
  const parts = folder.replaceAll("\\", "/").split("/").filter(Boolean);
  if (parts.length > 1 && SPLITS.test(parts.at(-1))) parts.pop();
  return parts.at(-1) ?? "";
}

/** The network of a training. */
export function networkOf(run) {
  const hyper = run.params?.hyper ?? run;
  const base = store.about.bases.find(({name}) => name === hyper.base);
  return base?.title ?? store.about.families.find(({name}) => name === hyper.family)?.title ?? "";
}

/** Such as `flowers · EfficientNet-Lite0 · 29 Nov 2026, 14:10`; a name that somebody gave comes first. */
export function titleOf(run) {
  const given = /^[a-z_]+-\d{8}T\d{6}Z-[0-9a-f]{4}$/.test(run.id) ? null : run.id;
  const network = run.kind === "train" ? networkOf(run) : "";
  return [given, imagesOf(run), network, moment(run.started ?? run.created)].filter(Boolean).join(" · ");
}
