// The ways to training images: a folder of the server, an upload, a sample set.

import {call} from "./api.js";
import {chooseFolder, open} from "./dialogs.js";
import {counted, h, note, percent, say} from "./dom.js";
import {store, takeImages} from "./store.js";
import {uploadFolder, uploadZip} from "./upload.js";

const SAMPLES = [
  ["digits", "Handwritten digits (1,797 images, no download)"],
  ["mnist", "MNIST (70,000 digits, downloaded)"],
  ["fashion_mnist", "Fashion-MNIST (70,000 articles of clothing, downloaded)"],
  ["cifar10", "CIFAR-10 (60,000 photographs, downloaded)"],
  ["cifar100", "CIFAR-100 (60,000 photographs, downloaded)"],
];

/** Choose a folder below the server's root. */
export async function chooseOnServer() {
  const folder = await chooseFolder("Training images", store.data.train_dir);
  if (folder !== null) await takeImages(folder);
}

/** Ask for a folder or an archive of this computer, and upload it. */
export async function upload() {
  const ending = new AbortController();
  const bar = h("progress", {max: 1, value: 0, "aria-label": "Uploaded"});
  const words = h("p.muted", {role: "status"});
  const fault = h("p.bad", {role: "alert"});
  const progress = h("div", {hidden: true}, words, bar);
  const folder = input("Folder", {webkitdirectory: true, multiple: true}, (files) =>
    run(files, uploadFolder),
  );
  const archive = input("Zip file", {accept: ".zip,application/zip"}, (files) => run(files[0], uploadZip));
  const buttons = [button("Folder …", folder), button("Zip file …", archive)];
  const dialog = h(
    "dialog",
    {"aria-label": "Upload images"},
    h("h2", {}, "Upload images"),
    h("p", {}, "One folder of images per class. The class folders may be inside train and test folders."),
    h(
      "p.muted.small",
      {},
      "The images are sent only to this server. An interrupted upload continues where it stopped.",
    ),
    h(".row.tools", {}, buttons, folder, archive),
    progress,
    fault,
    h("form", {method: "dialog"}, h(".buttons", {}, h("button", {value: ""}, "Cancel"))),
  );
  const closed = open(dialog).then((answer) => {
    ending.abort(new DOMException("Closed", "AbortError"));
    return answer;
  });
  return closed;

  function input(label, props, act) {
    const made = h("input", {type: "file", hidden: true, "aria-label": label, ...props});
    made.addEventListener("change", () => made.files.length && act([...made.files]));
    return made;
  }

  function button(text, file) {
    return h("button.primary", {type: "button", onclick: () => file.click()}, text);
  }

  async function run(given, send) {
    for (const each of buttons) each.disabled = true;
    progress.hidden = false;
    say(fault, "");
    try {
      const found = await send(given, told, ending.signal);
      dialog.close("done");
      const left = found.skipped_count;
      const reason = found.skipped[0]?.reason;
      const refused =
        left === 1
          ? `; 1 file skipped: ${reason}`
          : left
            ? `; ${counted(left, "file")} skipped (reason for the first: ${reason})`
            : "";
      note(`${counted(found.images)} uploaded${refused}`);
      await takeImages(found.train_dir);
    } catch (error) {
      if (error.name === "AbortError") return;
      progress.hidden = true;
      say(fault, error.message);
      for (const each of buttons) each.disabled = false;
    }
  }

  function told(share) {
    bar.value = share;
    say(words, share < 1 ? `Uploading: ${percent(share, 0)}` : "Checking the images …");
  }
}

/** A list of sample sets; choosing one writes it on the server and takes it. */
export function sampleChoice() {
  const select = h(
    "select",
    {id: "samples", "aria-label": "Sample sets", onchange: take},
    h("option", {value: ""}, "Sample sets …"),
    SAMPLES.map(([name, title]) => h("option", {value: name}, title)),
  );
  return select;

  async function take() {
    const name = select.value;
    if (!name) return;
    select.disabled = true;
    note(name === "digits" ? "Saving the images …" : "Downloading the images; this takes a few minutes …");
    try {
      const {train_dir: folder, test_dir: test} = await call("samples", {body: {name}});
      await takeImages(folder, {test_dir: test});
    } catch (error) {
      note(error.message);
    }
    Object.assign(select, {disabled: false, value: ""});
  }
}
