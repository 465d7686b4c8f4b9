// The page side of TrainingMonitor: shows the traits `svg` and `text`. All words are set as text.
// When the context is left, its picture stands below once more, for the notebook to keep: then the first view hides.

export default () => {
  const views = []; // of this monitor, in the order of their cells' outputs

  const settle = (model) => views.forEach((root, place) => {
    root.hidden = place === 0 && views.length > 1 && model.get("finished");
  });

  function render({ model, el }) {
    const canvas = make("div", { class: "tk-chart-canvas" });
    const text = make("pre", { class: "tk-text", tabindex: "0" });
    const said = make("div", { class: "tk-said", role: "status" });
    const words = make("details", { class: "tk-words" }, make("summary", {}, "The numbers as text"), text);
    const root = make("div", { class: "tk-picture", role: "group", "aria-label": "Training monitor" }, canvas, words, said);

    function draw() {
      canvas.replaceChildren(picture(model.get("svg"), root));
      text.textContent = model.get("text");
    }

    function finish() { // said once at the end, not with every redraw
      said.textContent = model.get("finished") ? model.get("text") : "";
      settle(model);
    }

    const listeners = { "change:svg": draw, "change:finished": finish };
    for (const [name, listener] of Object.entries(listeners)) model.on(name, listener);
    el.append(root);
    views.push(root);
    draw();
    settle(model);
    return () => {
      views.splice(views.indexOf(root), 1);
      for (const [name, listener] of Object.entries(listeners)) model.off(name, listener);
      settle(model);
    };
  }

  return { render };
};
