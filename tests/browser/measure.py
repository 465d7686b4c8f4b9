"""How fast the inspector is in JupyterLab: `python tests/browser/measure.py`. Prints medians; nothing is asserted.

first graph   from the end of the cell's run (its reply) until the picture is on the page and painted
all in all    from the start of the cell's run
click         from the click until the panel shows the node and is painted

Graphs are drawn whole. Last come a history of 100,000 operations, folded and as much of it as is drawn unfolded: how
long the kernel takes, and how much the page gets.
"""

import sys
from statistics import median

from lab import Lab

ROUNDS = 9
LARGE = 100_000
SETUP = """\
import tensorkit as torch
from tensorkit_widgets import GraphInspector
def graph(operations):
    x = torch.tensor(1., requires_grad=True)
    y = x
    for number in range(operations):
        y = y.tanh() if number % 3 else y * x
    return y"""
SIZES = """\
import json, time
result = graph({count})
for fold in ("auto", None):
    times = []
    for _ in range(5):
        start = time.perf_counter()
        inspector = GraphInspector(result, fold=fold)
        bundle = inspector._repr_mimebundle_()
        times.append(time.perf_counter() - start)
    state = {{name: value for name, value in inspector.get_state().items() if name not in ("_esm", "_css")}}
    page = len(json.dumps(state, ensure_ascii=False).encode())
    stored = len(inspector.graph.to_svg().encode()) + len(inspector.text.encode())
    print(f"{count:,} operations, fold={{fold}}: {{sorted(times)[2]:.2f}} s, page {{page / 1000:.0f}} kB, "
          f"stored {{stored / 1000:.0f}} kB; {{' '.join(inspector.graph.notes)}}")"""
FIRST_GRAPH = """async source => {
    const app = window.jupyterapp, { content } = app.shell.currentWidget;
    content.activeCellIndex = content.widgets.length - 1;
    await app.commands.execute('notebook:insert-cell-below');
    content.activeCell.model.sharedModel.setSource(source);
    const painted = () => new Promise(done => requestAnimationFrame(() => setTimeout(done)));
    const shown = () => document.querySelectorAll('.tk-inspector').length;
    const before = shown(), start = performance.now();
    let ran;
    app.commands.execute('notebook:run-cell').then(() => { ran = performance.now(); });
    while (shown() === before || !ran) await painted();
    await painted();
    const end = performance.now();
    return [end - ran, end - start];
}"""
CLICK = """async number => {
    const root = [...document.querySelectorAll('.tk-inspector')].at(-1);
    const nodes = root.querySelectorAll('.tk-node'), node = nodes[number * 7 % nodes.length];
    const panel = root.querySelector('.tk-panel'), old = panel.firstChild, start = performance.now();
    node.dispatchEvent(new MouseEvent('click', { bubbles: true }));
    while (panel.firstChild === old) await new Promise(done => setTimeout(done));
    await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
    return performance.now() - start;
}"""


def main(sizes: list[int]) -> None:
    with Lab() as lab:
        for size in sizes:
            with lab.open([SETUP]) as notebook:
                notebook.run_all()
                source = f"GraphInspector(graph({size - 1}), fold=None)"
                first = [notebook.page.evaluate(FIRST_GRAPH, source) for _ in range(ROUNDS)]
                clicks = [notebook.page.evaluate(CLICK, number) for number in range(ROUNDS)]
                after, whole = (median(times) for times in zip(*first, strict=True))
                times = f"first graph {after:4.0f} ms, all in all {whole:4.0f} ms, click {median(clicks):3.0f} ms"
                print(f"{size:4} nodes: {times}")
        with lab.open([SETUP]) as notebook:
            notebook.run_all()
            for output in notebook.run_cell(SIZES.format(count=LARGE)):
                print(output.get("text") or output, end="")


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [10, 50, 200])
