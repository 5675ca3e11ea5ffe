// Light or dark: as the system says, until a person chooses.

import {h} from "./dom.js";

const KEY = "convonet-theme";
const WORDS = {auto: "Follow system", light: "Light", dark: "Dark"};
const MARKS = {auto: "◐", light: "☀", dark: "☾"};
const ORDER = Object.keys(WORDS);

/** Obey what was chosen in this browser. */
export function restoreTheme() {
  obey(localStorage.getItem(KEY) ?? "auto");
}

function obey(theme) {
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
}

/** A button that goes through the themes. */
export function themeButton() {
  const button = h("button.quiet.theme", {type: "button", onclick: next});
  show(localStorage.getItem(KEY) ?? "auto");
  return button;

  function show(theme) {
    const known = ORDER.includes(theme) ? theme : "auto";
    button.dataset.theme = known;
    button.textContent = MARKS[known];
    button.title = `Theme: ${WORDS[known]}`;
    button.setAttribute("aria-label", `Theme: ${WORDS[known]}`);
  }

  function next() {
    const theme = ORDER[(ORDER.indexOf(button.dataset.theme) + 1) % ORDER.length];
    if (theme === "auto") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
    obey(theme);
    show(theme);
  }
}
