// What is asked or shown over the page.

import {call, query} from "./api.js";
import {bars, fill, h, percent} from "./dom.js";

/** Show a dialog until it is closed; gives its `returnValue`. */
export function open(dialog) {
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((done) =>
    dialog.addEventListener(
      "close",
      () => {
        dialog.remove();
        done(dialog.returnValue);
      },
      {once: true},
    ),
  );
}

/** Ask yes or no. */
export async function confirmed(title, text, yes = "Delete") {
  const dialog = h(
    "dialog",
    {"aria-label": title},
    h("h2", {}, title),
    h("p", {}, text),
    h(
      "form",
      {method: "dialog"},
      h(".buttons", {}, h("button", {value: ""}, "Cancel"), h("button.danger", {value: "yes"}, yes)),
    ),
  );
  return (await open(dialog)) === "yes";
}

const TABLES = /\.(csv|tsv|npz)$/i;

/** Ask for a line of text; null when it was given up. `accept` is what the button says. */
export async function askText(title, label, value, help, accept = "Save") {
  const input = h("input", {id: "asked-text", value, maxLength: 120, autocomplete: "off"});
  const hint = h("p.help", {id: "asked-help"}, help);
  input.setAttribute("aria-describedby", hint.id);
  const form = h(
    "form",
    {method: "dialog"},
    h(".field", {}, h("label", {htmlFor: input.id}, label), input, hint),
    h(
      ".buttons",
      {},
      h("button", {value: "", formNoValidate: true}, "Cancel"),
      h("button.primary", {value: "yes"}, accept),
    ),
  );
  const dialog = h("dialog", {"aria-label": title}, h("h2", {}, title), form);
  // Enter takes the first button of a form, which is Cancel.
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    dialog.close("yes");
  });
  const answer = open(dialog);
  input.select();
  return (await answer) === "yes" ? input.value.trim() : null;
}

/**
 * A folder or a file of some types below the server's root; null when it was given up. `text` says what the
 * folder is for.
 */
export async function chooseFolder(title, start = "", {files = TABLES, folders = true, text = ""} = {}) {
  const list = h(".list", {role: "group", "aria-label": "Folders"});
  const place = h("p.muted", {"aria-live": "polite"});
  const take = h("button.primary", {value: "take"}, "Use this folder");
  const dialog = h(
    "dialog",
    {"aria-label": title},
    h("h2", {}, title),
    text ? h("p", {}, text) : null,
    place,
    list,
    h(
      "form",
      {method: "dialog"},
      h(".buttons", {}, h("button", {value: ""}, "Cancel"), folders ? take : null),
    ),
  );
  let here = "";
  async function go(path) {
    let found;
    try {
      found = await call(`folders${query({path})}`);
    } catch (error) {
      if (path) return go("");
      return fill(list, h("p.bad", {}, error.message));
    }
    here = found.path;
    place.textContent = here && here !== "." ? here : "The server's root folder";
    const up =
      found.parent === null ? null : h("button", {type: "button", onclick: () => go(found.parent)}, "↑ Up");
    const entries = found.entries.filter(
      (entry) => (entry.kind !== "run" || !folders) && (entry.kind !== "file" || files.test(entry.name)),
    );
    fill(
      list,
      up,
      entries.map((entry) =>
        h(
          "button",
          {type: "button", onclick: () => (entry.kind === "file" ? finish(entry.path) : go(entry.path))},
          entry.kind === "file" ? entry.name : `${entry.name} /`,
        ),
      ),
      entries.length ? null : h("p.muted.small", {}, folders ? " No folders here" : " No model files here"),
    );
  }
  let file = null;
  function finish(path) {
    file = path;
    dialog.close("take");
  }
  go(start || "");
  const answer = await open(dialog);
  return answer === "take" ? (file ?? here) : null;
}

/**
 * One image large, with what was said of it; `actions` make buttons from places for words and for pictures.
 */
export function showImage({src, title, lines = [], top = [], actions = []}) {
  const extra = h("div");
  const views = h(".views", {}, h(".view", {}, h("img", {src, alt: title})));
  const dialog = h(
    "dialog",
    {"aria-label": title},
    h("h2", {}, title),
    views,
    lines.map((line) => h("p", {}, line)),
    top.length ? bars(top.map((each) => [each.class, each.probability, percent(each.probability)])) : null,
    extra,
    h(
      "form",
      {method: "dialog"},
      h(
        ".buttons",
        {},
        actions.map((make) => make(extra, views)),
        h("button.primary", {value: ""}, "Close"),
      ),
    ),
  );
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  return open(dialog);
}

/** The token of the server. */
export function askToken() {
  const input = h("input", {type: "password", id: "token", autocomplete: "current-password", required: true});
  const wrong = h("p.fault.bad", {role: "alert"});
  const form = h(
    "form",
    {},
    h("label", {htmlFor: "token"}, "Token"),
    input,
    wrong,
    h("p.muted.small", {}, "The server printed it when it started."),
    h(".buttons", {}, h("button.primary", {}, "Open")),
  );
  const dialog = h(
    "dialog",
    {"aria-label": "This server requires a token"},
    h("h2", {}, "This server requires a token"),
    form,
  );
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      await call("login", {body: {token: input.value.trim()}});
      dialog.close("in");
    } catch (error) {
      wrong.textContent = error.message;
      input.select();
    }
  });
  return open(dialog);
}
