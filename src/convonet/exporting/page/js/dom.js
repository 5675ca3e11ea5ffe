// Elements of the page.

/** The element with this id. */
export const byId = (id) => document.getElementById(id);

/** A new element; its children are elements or text, so text from files is never read as HTML. */
export function make(tag, className = "", ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

/** A probability as people read it. */
export const percent = (value) => `${(100 * value).toFixed(1)}%`;

/** The predicted class, its probability, and bars of the likeliest classes. */
export function answerParts({predicted, confidence, top, unknown}) {
  const bars = top.map(([name, probability]) => {
    const bar = make("span", "bar");
    bar.style.width = `${100 * probability}%`;
    const label = make("span", "label", name);
    label.title = name;
    return make("li", "", label, make("span", "track", bar), make("span", "number", percent(probability)));
  });
  const strong = make("strong", "predicted", unknown ? "None of these" : predicted);
  const rest = unknown ? ` (nearest: ${predicted}, ${percent(confidence)})` : ` ${percent(confidence)}`;
  return [make("p", "headline", strong, rest), make("ul", "bars", ...bars)];
}
