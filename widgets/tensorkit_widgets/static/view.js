// The page side of TensorView: shows the traits `svg` and `text` in the colours of the page. All words are set as text.

function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function render({ model, el }) {
  const parsed = new DOMParser().parseFromString(model.get("svg"), "image/svg+xml");
  const svg = document.importNode(parsed.documentElement, true);
  const text = make("pre", { class: "tk-text", tabindex: "0" });
  text.textContent = model.get("text");
  const words = make("details", { class: "tk-words" }, make("summary", {}, "The same as text"), text);
  const root = make("div", { class: "tk-picture tk-view" }, make("div", { class: "tk-chart-canvas" }, svg), words);
  for (const name of svg.style) if (name.startsWith("--tk-")) root.style.setProperty(name, svg.style.getPropertyValue(name));
  svg.querySelectorAll(":scope > title, :scope > desc").forEach((element) => element.remove()); // the label names it
  svg.style.minWidth = `${0.7 * Number(svg.getAttribute("width"))}px`; // on a narrow page it scrolls rather than shrinks
  el.append(root);
}

export default { render };
