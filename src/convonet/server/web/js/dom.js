// Elements, and numbers as people read them.

const SVG = "http://www.w3.org/2000/svg";

/**
 * An element: `h("button.primary", {onclick}, "Train")`. Unknown properties become attributes; null is left
 * out.
 */
export function h(tag, props = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name || "div");
  if (classes.length) element.className = classes.join(" ");
  return filled(element, props, children);
}

/** The same for SVG. */
export function svg(tag, props = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), props, children, true);
}

function filled(element, props, children, plain = false) {
  for (const [key, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (!plain && key in element && !key.includes("-") && key !== "list") element[key] = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  append(element, children);
  return element;
}

function append(element, children) {
  for (const child of children.flat(3)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
}

/** Put other children into an element. */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
  return element;
}

/** Write a text only when it is another one, so that screen readers and layout are left in peace. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

let quiet = 0;
/** A short sentence at the foot of the page. */
export function note(text) {
  const place = document.getElementById("said");
  place.textContent = text;
  place.classList.add("on");
  clearTimeout(quiet);
  quiet = setTimeout(() => place.classList.remove("on"), 4000);
}

export const whole = (value) => (value ?? 0).toLocaleString("en");
/** A count with its words, such as `1 image`, `2,000 images` or `3 classes`. The plural ends in s if none is given. */
export const counted = (total, one = "image", many = `${one}s`) =>
  `${whole(total)} ${total === 1 ? one : many}`;
export const percent = (value, digits = 1) =>
  value === null || value === undefined ? "–" : `${(100 * value).toFixed(digits)}%`;

/** The state of a run as people read it: the Stop button leaves a stopped run. */
export const stateLabel = (state) => (state === "cancelled" ? "stopped" : state);

/** A confidence interval of a share: `95% CI 96.8–99.4%`; empty for none. */
export const interval = (ends) => (ends ? `95% CI ${(100 * ends[0]).toFixed(1)}–${percent(ends[1])}` : "");

/** A number with four significant digits; a dash for none. */
export function short(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (value === 0 || (Math.abs(value) >= 0.001 && Math.abs(value) < 1e6))
    return String(Number(value.toPrecision(4)));
  return value.toExponential(2);
}

/** Such as `12 s`, `3 min`, `2 h 5 min`. */
export function duration(seconds) {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return "";
  if (seconds < 90) return `${Math.max(Math.round(seconds), 1)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export const timeLeft = (seconds) => (duration(seconds) ? `${duration(seconds)} left` : "");

/** A moment in the person's own time. */
export function moment(text) {
  return text ? new Date(text).toLocaleString([], {dateStyle: "medium", timeStyle: "short"}) : "";
}

/** One number over its name. */
export function tile(name, value, extra = "") {
  return h(".tile", {}, h(".name", {}, name), h(".value", {}, value), h(".small.muted", {}, extra));
}

/** Bars of shares 0..1; each `[name, share, text]`. */
export function bars(items, kind = "front") {
  return h(
    ".bars",
    {},
    items.map(([name, share, text]) =>
      h(
        ".bar",
        {},
        h("span.name", {title: name}, name),
        svg(
          "svg",
          {viewBox: "0 0 100 12", preserveAspectRatio: "none", "aria-hidden": "true"},
          svg("rect", {class: "back", width: 100, height: 12}),
          svg("rect", {class: kind, width: Math.max(0, Math.min(100, 100 * share)), height: 12}),
        ),
        h("span.value", {}, text),
      ),
    ),
  );
}

/** What is shown where nothing is yet. */
export function empty(title, text, ...buttons) {
  return h(".card.empty", {}, h("h2", {}, title), h("p", {}, text), h(".buttons", {}, buttons));
}

/** The head of a page: title, one sentence, buttons. */
export function head(title, lead, ...buttons) {
  const sentence = h("p.lead", {}, lead);
  const made = h(".head", {}, h(".words", {}, h("h1", {}, title), sentence), h(".buttons", {}, buttons));
  made.lead = (text) => say(sentence, text);
  return made;
}

/** Call `act` once things have been still for a while. */
export function later(act, wait = 250) {
  let timer = 0;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => act(...given), wait);
  };
}
