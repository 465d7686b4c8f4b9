// The page side of TensorView: shows the traits `svg` and `text` in the colours of the page. All words are set as text.

function render({ model, el }) {
  const text = make("pre", { class: "tk-text", tabindex: "0" });
  text.textContent = model.get("text");
  const words = make("details", { class: "tk-words" }, make("summary", {}, "The same as text"), text);
  const canvas = make("div", { class: "tk-chart-canvas" });
  const root = make("div", { class: "tk-picture tk-view" }, canvas, words);
  canvas.append(picture(model.get("svg"), root));
  el.append(root);
}

export default { render };
