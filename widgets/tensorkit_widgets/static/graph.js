// The page side of GraphInspector: shows the traits `svg`, `details` and `text`; writes `selected`, `zoom` and `opened`,
// and asks by `asked` (finite differences) and `wondered` (why is .grad what it is?).
// All words come from Python and are set as text. There is one state, the model's; nothing here is remembered but
// where the keyboard is.

const KEYS = {
  right: { ArrowRight: "next", ArrowLeft: "before", ArrowUp: -1, ArrowDown: 1 },
  down: { ArrowDown: "next", ArrowUp: "before", ArrowLeft: -1, ArrowRight: 1 },
};

const quiet = (text) => text && make("p", { class: "tk-quiet" }, text);

const fraction = ([above, below]) =>
  make("span", { class: "tk-frac" }, make("span", {}, above), make("span", { class: "tk-said" }, "/"), make("span", {}, below));

function heatMap(heat, term) {
  if (!heat) return "";
  const numbered = heat.rows[0][0][1] !== "";
  const grid = make("div", { class: numbered ? "tk-heat tk-numbered" : "tk-heat", role: "img" });
  grid.setAttribute("aria-label", `${term}: ${heat.label}, ${heat.ends.join(" to ")}`);
  grid.style.gridTemplateColumns = `repeat(${heat.rows[0].length}, auto)`;
  for (const [level, text] of heat.rows.flat()) {
    const odd = level === null || Math.abs(level) > 100;
    const cell = make("span", { class: odd ? "tk-odd" : level < 0 ? "tk-below" : "tk-above" }, odd ? make("b", {}, text) : text);
    if (!odd) cell.style.setProperty("--tk-level", `${Math.abs(level) * 0.7}%`);
    grid.append(cell);
  }
  const [low, high] = heat.ends;
  const scale = numbered ? "" : make("div", { class: "tk-quiet tk-ends", "aria-hidden": "true" }, low, make("i", {}), high);
  return make("div", {}, grid, scale, quiet(heat.remark));
}

function card({ term, text, remark, of, heat }) {
  const number = make("div", { class: `tk-number${text.length > 9 ? " tk-long" : ""}${term === "value" ? "" : " tk-back"}` }, text);
  return make("div", { class: "tk-card" }, make("div", { class: "tk-term" }, term, of && " ", of && fraction(of)), number, heatMap(heat, term), quiet(remark));
}

function flow(word, entry, go) {
  const button = make("button", { type: "button" }, entry.name);
  button.addEventListener("click", () => go(entry.node));
  const local = entry.local && make("span", { class: "tk-code" }, fraction(entry.local), ...entry.equals.map((text) => ` = ${text}`));
  const rule = make("span", { class: "tk-code tk-back" }, entry.rule);
  return make("li", { class: "tk-flow" }, make("span", { class: "tk-quiet" }, word), button, make("div", {}, local, rule));
}

function asks(label, model, trait, id) { // a button that asks Python about a node
  const button = make("button", { type: "button" }, label);
  button.addEventListener("click", () => { model.set(trait, id); model.save_changes(); });
  return button;
}

function checked(id, model) { // finite differences: the sentence, or a button that asks for it
  const said = model.get("checks")[id];
  if (said || !model.get("checkable")) return quiet(said);
  return asks("Check by finite differences", model, "asked", id);
}

function explained(id, model, question) { // why .grad is what it is: the answer, or the question as a button
  const said = model.get("reasons")[id];
  if (!said) return model.get("askable") && question && asks(question, model, "wondered", id);
  const rows = said.map(([term, text]) => make("div", {}, term && make("span", { class: "tk-term" }, term), make("span", {}, text)));
  return make("div", { class: "tk-why tk-facts" }, ...rows);
}

function fill(panel, detail, go, answers, foldings) {
  if (!detail) return panel.replaceChildren(quiet("No node is selected. Click one, or press Tab and Enter."));
  const flows = (heading, word, entries, more) => {
    const where = [...new Set(entries.map((entry) => entry.g))].join("; ");
    const list = make("ul", {}, ...entries.map((entry) => flow(word, entry, go)));
    return entries.length && make("div", {}, make("h5", {}, heading), list, quiet(more), quiet(where && `where ${where}`));
  };
  const facts = detail.facts.map(([term, text]) => make("div", {}, make("span", { class: "tk-term" }, term), make("span", { class: text.length > 40 ? "" : "tk-code" }, text)));
  panel.replaceChildren(...[
    make("div", {},
      make("h4", {}, detail.title, detail.expression && make("span", {}, ` = ${detail.expression}`)),
      quiet(detail.kind),
      make("div", { class: "tk-cards" }, ...detail.cards.map(card)),
      make("div", { class: "tk-answers" }, detail.checkable && answers.check, answers.why, ...foldings)),
    flows("How its gradient came", "from", detail.arrives, detail.sum),
    flows("What it passes back", "to", detail.goes_on),
    make("div", { class: "tk-facts" }, ...facts, ...detail.notes.map(quiet)),
  ].filter(Boolean));
}

function render({ model, el }) {
  const canvas = make("div", { class: "tk-canvas" });
  const panel = make("section", { class: "tk-panel", "aria-label": "Details of the selected node", tabindex: "-1" });
  const said = make("div", { class: "tk-said", role: "status" });
  const text = make("pre", { class: "tk-text", tabindex: "0" });
  const all = make("button", { type: "button" });
  const bar = make("div", { class: "tk-bar", role: "group", "aria-label": "View" });
  const keys = make("span", { class: "tk-keys" });
  const words = make("details", { class: "tk-words" }, make("summary", {}, "The graph as text"), text);
  const stage = make("div", { class: "tk-stage" }, canvas, bar);
  const root = make("div", { class: "tk-inspector", role: "group", "aria-label": "Graph inspector" }, stage, panel, words, said);
  let svg, nodes, edges, here, came;

  const change = (name, value) => { model.set(name, value); model.save_changes(); };
  const select = (id) => change("selected", id);
  const setOpened = (ids, id) => { // the block that is opened or folded is selected, so that Python knows where to go on
    if (id) model.set("selected", id);
    change("opened", ids);
  };
  const unfold = (id) => setOpened([...model.get("opened"), id], model.get("details")[id] && id);
  const refold = (id) => setOpened(model.get("opened").filter((each) => each !== id));
  const nodeOf = (target) => target.closest?.(".tk-node")?.dataset.node;

  function draw() {
    svg = picture(model.get("svg"), root);
    svg.setAttribute("role", "listbox");
    svg.setAttribute("aria-orientation", "horizontal");
    edges = [...svg.querySelectorAll(".tk-edge")];
    nodes = new Map([...svg.querySelectorAll(".tk-node")].map((node) => [node.dataset.node, node]));
    edges.forEach((edge) => edge.setAttribute("aria-hidden", "true"));
    for (const node of nodes.values()) {
      node.setAttribute("role", "option");
      node.setAttribute("aria-label", node.querySelector("title").textContent);
    }
    const walking = canvas.contains(document.activeElement);
    canvas.replaceChildren(svg);
    const blocks = Object.keys(model.get("blocks")), folded = blocks.length > model.get("opened").length;
    all.hidden = !blocks.length || folded && !model.get("unfoldable");
    all.textContent = folded ? "Unfold all" : "Fold all";
    keys.textContent = `arrow keys follow the edges, Enter selects${blocks.length ? " and then unfolds, Backspace folds" : ""}, Esc clears`;
    all.onclick = () => setOpened(folded ? blocks : []);
    text.textContent = model.get("text");
    came = undefined;
    scale();
    show();
    if (walking) nodes.get(here).focus(); // the keyboard stays where it was
  }

  function scale() {
    const zoom = model.get("zoom"), width = Number(svg.getAttribute("width"));
    const styles = { width: `${zoom * 100}%`, maxWidth: `${zoom * width * 1.25}px`, minWidth: `${zoom * width * 0.7}px` };
    Object.assign(svg.style, styles);
    stage.style.flexBasis = `${Math.min(width, 1000) * 0.85}px`; // below that, the panel moves under the picture
  }

  function show(announce) { // a node may be selected a moment before the picture that it is in is drawn
    const id = model.get("selected");
    for (const [each, node] of nodes) node.setAttribute("aria-selected", String(each === id));
    near(id);
    reach(nodes.has(id) ? id : (nodes.has(here) ? here : [...nodes.keys()].at(-1)));
    const detail = model.get("details")[id], answers = id && detail && { check: checked(id, model), why: explained(id, model, detail.why) };
    fill(panel, detail, go, answers, detail ? foldings(detail) : []);
    if (nodes.has(id)) reveal(nodes.get(id));
    if (announce) said.textContent = id ? model.get("details")[id].said : "No node is selected";
  }

  function foldings({ opens, folds }) { // buttons that open the block, and fold those around the node again
    const button = (label, does) => {
      const made = make("button", { type: "button" }, label);
      made.addEventListener("click", () => { does(); panel.focus(); });
      return made;
    };
    const around = folds.map(([id, name]) => button(`Fold ${name}`, () => refold(id)));
    return opens ? [button("Unfold", () => unfold(opens)), ...around] : around;
  }

  function answered(answer) { // the answer takes the button's place, and the keyboard stays in the panel
    const inside = panel.contains(document.activeElement);
    show();
    if (inside) panel.focus();
    if (answer) said.textContent = answer;
  }
  const compared = () => answered(model.get("checks")[model.get("selected")]);
  const told = () => answered(model.get("reasons")[model.get("selected")]?.map((row) => row[1]).join(" "));

  const near = (id) => edges.forEach((edge) => edge.classList.toggle("tk-near", edge.dataset.source === id || edge.dataset.target === id));

  function reveal(node) { // scrolls the canvas, never the page
    const box = node.getBoundingClientRect(), frame = canvas.getBoundingClientRect();
    if (box.top < frame.top || box.bottom > frame.bottom) canvas.scrollTop += (box.top + box.bottom - frame.top - frame.bottom) / 2;
    if (box.left < frame.left || box.right > frame.right) canvas.scrollLeft += (box.left + box.right - frame.left - frame.right) / 2;
  }

  function reach(id) { // the one node that the Tab key comes to
    here = id;
    for (const [each, node] of nodes) node.setAttribute("tabindex", each === id ? "0" : "-1");
  }

  function focus(id) {
    reach(id);
    nodes.get(id).focus();
  }

  function go(id) { // a button of the panel: the panel is new then, so the keyboard goes to its beginning
    select(id);
    panel.focus();
  }

  function step(way) { // the node that an arrow key leads to
    const middle = (id) => {
      const box = nodes.get(id).querySelector(".tk-box").getBoundingClientRect();
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
      return svg.dataset.direction === "down" ? [y, x] : [x, y];
    };
    const [along, across] = middle(here);
    const [from, to] = way === "next" ? ["source", "target"] : ["target", "source"];
    const sideways = typeof way === "number";
    const ids = sideways ? [...nodes.keys()] : edges.filter((edge) => edge.dataset[from] === here).map((edge) => edge.dataset[to]);
    if (!sideways && ids.includes(came)) return came;
    const far = (id) => 3 * Math.abs(middle(id)[0] - along) * sideways + Math.abs(middle(id)[1] - across);
    return ids.filter((id) => !sideways || (middle(id)[1] - across) * way > 1).sort((a, b) => far(a) - far(b))[0];
  }

  function zoom(factor, x = canvas.clientWidth / 2, y = canvas.clientHeight / 2) {
    const before = svg.clientWidth;
    change("zoom", factor ? Math.min(8, Math.max(0.25, model.get("zoom") * factor)) : 1);
    const grown = svg.clientWidth / before;
    canvas.scrollLeft = (canvas.scrollLeft + x) * grown - x;
    canvas.scrollTop = (canvas.scrollTop + y) * grown - y;
  }

  canvas.addEventListener("click", (event) => {
    const id = nodeOf(event.target);
    if (!id) return;
    focus(id);
    if (event.target.closest(".tk-unfold")) unfold(id); else select(id);
  });
  canvas.addEventListener("dblclick", (event) => {
    const id = nodeOf(event.target);
    if (model.get("details")[id]?.opens) unfold(id);
  });
  canvas.addEventListener("pointerover", (event) => near(nodeOf(event.target) ?? model.get("selected")));
  canvas.addEventListener("focusin", (event) => near(nodeOf(event.target) ?? model.get("selected")));
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey && event.key !== "+") return;
    const id = nodeOf(event.target), way = KEYS[svg.dataset.direction][event.key];
    const all = [...nodes.keys()];
    const detail = model.get("details")[id], enter = () => detail?.opens && model.get("selected") === id ? unfold(id) : select(id);
    const does = {
      Enter: enter, Backspace: () => detail?.folds.length && refold(detail.folds.at(-1)[0]), " ": () => select(id), Escape: () => select(null),
      Home: () => focus(all[0]), End: () => focus(all.at(-1)),
      "+": () => zoom(1.25), "-": () => zoom(0.8), 0: () => zoom(),
    }[event.key];
    if (!id || !(way || does) || event.key === "Escape" && model.get("selected") === null) return;
    event.preventDefault();
    event.stopPropagation(); // else the notebook takes the key for a command
    if (does) return does();
    const next = step(way), last = here;
    if (next) { focus(next); came = last; }
  });
  canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return; // a plain wheel scrolls
    event.preventDefault();
    const box = canvas.getBoundingClientRect();
    zoom(Math.exp(-event.deltaY / 400), event.clientX - box.x, event.clientY - box.y);
  }, { passive: false });
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || event.pointerType !== "mouse" || nodeOf(event.target) || event.target === canvas && event.offsetY > canvas.clientHeight) return;
    canvas.setPointerCapture(event.pointerId);
    canvas.classList.add("tk-panning");
  });
  canvas.addEventListener("pointermove", (event) => {
    if (canvas.classList.contains("tk-panning")) canvas.scrollBy(-event.movementX, -event.movementY);
  });
  canvas.addEventListener("lostpointercapture", () => canvas.classList.remove("tk-panning"));
  for (const [label, factor] of [["Zoom in", 1.25], ["Zoom out", 0.8], ["Fit", 0]]) {
    const button = make("button", { type: "button" }, label);
    button.addEventListener("click", () => zoom(factor));
    bar.append(button);
  }
  bar.append(all, keys);

  const listeners = { "change:svg": draw, "change:details": draw, "change:checks": compared, "change:reasons": told, "change:selected": () => show(true), "change:zoom": scale };
  for (const [name, listener] of Object.entries(listeners)) model.on(name, listener);
  let placed = false;
  const sized = new ResizeObserver(() => { // as high as the picture is when it fits; zooming moves nothing else
    canvas.style.flexBasis = `min(44rem, ${Math.ceil(svg.clientHeight / model.get("zoom")) + 16}px)`;
    if (!placed && nodes.has(model.get("selected"))) reveal(nodes.get(model.get("selected")));
    placed = true;
  });
  sized.observe(canvas);
  el.append(root);
  draw();
  return () => { sized.disconnect(); for (const [name, listener] of Object.entries(listeners)) model.off(name, listener); };
}

export default { render };
