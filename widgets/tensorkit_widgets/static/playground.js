// The page side of DescentPlayground: shows the traits `svg`, `text` and `now`, and writes `steps`, `lr` and
// `momentum`. The way is walked in Python; there is one state, the model's. All words are set as text.

const RUN = 20, MOST = 500;

const short = (value) => String(Number(value.toPrecision(2)));

function render({ model, el }) {
  const canvas = make("div", { class: "tk-chart-canvas" });
  const now = make("p", { class: "tk-now", role: "status" });
  const text = make("pre", { class: "tk-text", tabindex: "0" });
  const words = make("details", { class: "tk-words" }, make("summary", {}, "The way as text"), text);
  const buttons = make("div", { class: "tk-controls", role: "group", "aria-label": "Steps" });
  const sliders = make("div", { class: "tk-controls", role: "group", "aria-label": "Settings" });
  const root = make("div", { class: "tk-picture tk-playground", role: "group", "aria-label": "Gradient descent playground" }, canvas, now, buttons, sliders, words);
  const change = (name, value) => { model.set(name, value); model.save_changes(); };
  const possible = { Back: () => model.get("steps") > 0, Step: () => !model.get("ended"), Reset: () => model.get("steps") > 0 };
  possible[`Run ${RUN}`] = possible.Step;
  const to = { Back: (at) => at - 1, Step: (at) => at + 1, Reset: () => 0 };
  to[`Run ${RUN}`] = (at) => Math.min(MOST, at + RUN);

  for (const name of ["Back", "Step", `Run ${RUN}`, "Reset"]) {
    const button = make("button", { type: "button" }, name);
    button.addEventListener("click", () => possible[name]() && change("steps", to[name](model.get("steps"))));
    buttons.append(button);
  }

  // the learning rate in powers of ten: a slider of equal steps would have no room for the small ones
  const settings = {
    lr: { label: "learning rate", min: -3, max: 0.5, step: 0.05, value: (place) => Number((10 ** place).toPrecision(2)), place: (value) => Math.log10(value) },
    momentum: { label: "momentum", min: 0, max: 0.99, step: 0.01, value: (place) => place, place: (value) => value },
  };
  for (const [name, setting] of Object.entries(settings)) {
    const { label, min, max, step } = setting;
    setting.input = make("input", { type: "range", min, max, step, "aria-label": label });
    setting.output = make("output", { "aria-hidden": "true" });
    setting.input.addEventListener("input", () => change(name, setting.value(Number(setting.input.value))));
    sliders.append(make("label", {}, label, setting.input, setting.output));
  }

  root.addEventListener("keydown", (event) => { // else the notebook takes the key for a command
    if (!event.ctrlKey && !event.metaKey && !event.altKey && event.key !== "Escape" && event.key !== "Tab") event.stopPropagation();
  });

  function draw() {
    canvas.replaceChildren(picture(model.get("svg"), root));
    text.textContent = model.get("text");
    now.textContent = model.get("now");
  }

  function show() {
    for (const button of buttons.children) button.setAttribute("aria-disabled", String(!possible[button.textContent]()));
    for (const [name, { input, output, place }] of Object.entries(settings)) {
      const value = model.get(name);
      if (document.activeElement !== input) input.value = place(value);
      output.textContent = short(value);
      input.setAttribute("aria-valuetext", short(value));
    }
  }

  const listeners = { "change:svg": draw };
  for (const name of ["steps", "ended", "lr", "momentum"]) listeners[`change:${name}`] = show;
  for (const [name, listener] of Object.entries(listeners)) model.on(name, listener);
  el.append(root);
  draw();
  show();
  return () => { for (const [name, listener] of Object.entries(listeners)) model.off(name, listener); };
}

export default { render };
