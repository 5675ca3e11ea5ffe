// What this software and this server are.

import {call} from "../api.js";
import {fill, h, head} from "../dom.js";
import {store} from "../store.js";

export function aboutPage(page) {
  const top = head(
    "About",
    "Convonet trains image classifiers on folders of images, tests them and explains their predictions, without code.",
  );
  const {version, versions, machine, root} = store.about;
  const {memory_bytes: memory, ...rest} = machine;
  const checked = h("div", {"aria-live": "polite"}, h("p.muted", {role: "status"}, "Checking this server …"));
  const card = (title, values) => h(".card", {}, h("h2", {}, title), table(values));
  fill(
    page.place,
    top,
    card("This server", {
      Version: version,
      Folder: root,
      ...rest,
      Memory: `${(memory / 2 ** 30).toFixed(1)} GiB`,
    }),
    h(".card", {}, h("h2", {}, "Features"), checked),
    card("Packages", versions),
    h(
      ".card",
      {},
      h("h2", {}, "Privacy and license"),
      h(
        "p",
        {},
        "Images, models and results stay on this server. Nothing is downloaded unless you ask for it.",
      ),
      h(
        "p",
        {},
        "MIT License. The API is described at ",
        h("a", {href: "openapi.json"}, "openapi.json"),
        ".",
      ),
      h("a.button", {href: "#guide"}, "First steps"),
    ),
  );
  call("doctor", {signal: page.signal}).then(
    (found) => fill(checked, table(plain(found))),
    (error) => error.name === "AbortError" || fill(checked, h("p.bad", {}, error.message)),
  );
}

/** Nested values as lines: lists of named parts become one line each. */
function plain(found) {
  const lines = {};
  for (const [name, value] of Object.entries(found)) {
    // These stand in the other cards.
    if (["versions", "machine"].includes(name)) continue;
    if (Array.isArray(value) && value.every((each) => each && typeof each === "object")) {
      for (const each of value)
        lines[each.name ?? each.title ?? each.part] =
          each.state ?? each.found ?? each.message ?? each.version ?? "";
    } else lines[name] = value;
  }
  return lines;
}

const title = (name) => `${name[0].toUpperCase()}${name.slice(1).replaceAll("_", " ")}`;

function table(values) {
  const text = (value) => {
    if (value === null || value === undefined) return "–";
    if (typeof value === "boolean") return value ? "yes" : "no";
    if (Array.isArray(value)) return value.join(", ");
    if (typeof value !== "object") return String(value);
    return Object.entries(value)
      .map(([name, each]) => `${name.replaceAll("_", " ")}: ${text(each)}`)
      .join("; ");
  };
  const row = ([name, value]) =>
    h("tr", {}, h("th", {scope: "row"}, title(name)), h("td.wrap", {}, text(value)));
  return h(".scroll", {}, h("table", {}, h("tbody", {}, Object.entries(values).map(row))));
}
