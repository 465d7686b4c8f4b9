// What every widget's page side begins with; `page.py` puts it before their own files.

function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.filter(Boolean));
  return element;
}

// The picture as an element, without the words that its label says too; `root` gets its colours.
function picture(source, root) {
  const svg = document.importNode(new DOMParser().parseFromString(source, "image/svg+xml").documentElement, true);
  for (const name of svg.style) if (name.startsWith("--tk-")) root.style.setProperty(name, svg.style.getPropertyValue(name));
  svg.querySelectorAll(":scope > title, :scope > desc").forEach((element) => element.remove());
  svg.style.minWidth = `${0.7 * Number(svg.getAttribute("width"))}px`; // on a narrow page it scrolls rather than shrinks
  return svg;
}
