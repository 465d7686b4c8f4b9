"""A graph as SVG: the same bytes every time, for a stored notebook, a page, paper, and the live widget's canvas.

Here: the shapes, and how words, places and colours come together. The words are `describe.py`'s, the places
`layout.py`'s, the colours `palette.py`'s. Shapes tell the kinds apart: a leaf is a rounded box with a thick edge, a
constant an octagon with a dashed edge, a result a plain box with its operation as a circle or pill in front of it, a
folded block a stack of boxes with a plus; the root has a double edge.

For widgets: every node is `<g class="tk-node tk-leaf" data-node="n3">`, every edge `<g class="tk-edge"
data-source="n0" data-target="n3" data-slot="0">`. There are no `id` attributes and no style sheet, so that many
pictures fit in one page.
"""

from __future__ import annotations

from dataclasses import dataclass

from .describe import Face, face, headline
from .layout import Layout, Place, Size, arrange
from .model import BLOCK, CONSTANT, LEAF, OMITTED, Edge, Graph, GraphNode
from .palette import LIVE_STYLE, MONO, SANS, THEMES, columns, mono_width, rules, sans_width
from .snapshots import one_line
from .text import to_text

NOTEBOOK_WIDTH = 1000.0  # flows down instead of right from here on, if not told
DESCRIBED = 100  # nodes: a larger picture doesn't carry all of its text a second time
DIRECTIONS = ("auto", "right", "down")
MARGIN = 14.0
_PAD_X, _PAD_Y = 11.0, 8.0
_TITLE, _CAPTION, _ROW = 18.0, 15.0, 16.0
_HEAD, _LINK = 28.0, 9.0
_PORT = 9.0
_FOLD = 13.0  # the plus of a folded block


@dataclass(frozen=True, slots=True)
class Card:
    """A node's words and their extents: the box, and the operation's head in front of it (0 where there is none)."""

    face: Face
    width: float
    height: float
    terms: float
    head: float


def to_svg(graph: Graph, theme: str = "auto", direction: str = "auto") -> str:
    """Draw the graph; see `Graph.to_svg`."""
    if theme not in THEMES:
        raise ValueError(f"theme must be one of {', '.join(THEMES)}, but got {theme!r}")
    cards = [_card(face(graph, node), node.kind == BLOCK) for node in graph.nodes]
    down, layout = placed(graph, cards, direction)
    size = (layout.across, layout.along) if down else (layout.along, layout.across)
    notes = [line for note in graph.notes for line in _wrapped(note, max(size[0], 420.0))]
    width = max(size[0], max((sans_width(line, 12) for line in notes), default=0.0)) + 2 * MARGIN
    height = size[1] + 2 * MARGIN + (len(notes) * 17 + 6 if notes else 0)
    colours = THEMES[theme]
    ports = _ports(graph, layout)
    index = {node.id: number for number, node in enumerate(graph.nodes)}
    body = [_rect(0, 0, width, height, fill=colours["paper"])]
    shared = _shared(graph, layout) if len(graph.nodes) > DESCRIBED else {}
    for number, (edge, bends) in enumerate(zip(graph.edges, layout.bends, strict=True)):
        source, target = index[edge.source], index[edge.target]
        ends = (cards[source], layout.places[source]), (cards[target], layout.places[target])
        points = _way(*ends, bends, ports[edge.target, edge.slot], down)
        points = points[shared.get(number, 0) :]
        body.append(_edge(edge, cards[source].face, cards[target].face, points, down, colours, len(cards) <= DESCRIBED))
    for node, card, place in zip(graph.nodes, cards, layout.places, strict=True):
        body.append(_node(node, card, place, down, colours))
    for number, note in enumerate(notes):
        y = size[1] + 2 * MARGIN + 10 + 17 * number
        body.append(_text(note, MARGIN, y, f'font-family="{SANS}" fill="{colours["muted"]}"'))
    told = to_text(graph) if len(graph.nodes) <= DESCRIBED else headline(graph)  # each node says the rest itself
    style = f"max-width:100%;height:auto;{LIVE_STYLE if theme == 'live' else ''}"
    role = "group" if theme == "live" else "img"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_n(width)}" height="{_n(height)}" '
        f'viewBox="0 0 {_n(width)} {_n(height)}" role="{role}" aria-label="{escape(headline(graph))}" '
        f'class="tk-graph tk-{theme}" data-direction="{"down" if down else "right"}" '
        f'font-family="{MONO}" font-size="12" style="{escape(style)}">'
        f"<title>{escape(headline(graph))}</title><desc>{escape(told)}</desc>{rules(theme)}\n"
        + "\n".join(body)
        + "\n</svg>"
    )


def escape(text: str) -> str:
    """Text for SVG content and attribute values: markup characters become entities, forbidden characters a sign."""
    out = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    return "".join(char if char.isprintable() or char == "\n" else "\ufffd" for char in out.replace("'", "&#39;"))


def placed(graph: Graph, cards: list[Card], direction: str) -> tuple[bool, Layout]:
    """The layout, and whether it flows down; "auto" flows to the right while that fits a notebook's width."""
    if direction not in DIRECTIONS:
        raise ValueError(f"direction must be one of {', '.join(DIRECTIONS)}, but got {direction!r}")
    index = {node.id: number for number, node in enumerate(graph.nodes)}
    edges = [(index[edge.source], index[edge.target]) for edge in graph.edges]
    if direction != "down":
        layout = arrange([_size(card, False) for card in cards], edges)
        if direction == "right" or layout.along <= NOTEBOOK_WIDTH:
            return False, layout
    return True, arrange([_size(card, True) for card in cards], edges)


def _card(words: Face, folded: bool = False) -> Card:
    terms = max((sans_width(term, 11) for term, _ in words.rows), default=0.0)
    width = max(mono_width(words.heading, 13) + (_FOLD + 8 if folded else 0.0), sans_width(words.caption, 11))
    height = _TITLE + _CAPTION
    for _, text in words.rows:
        width = max(width, terms + 8 + max(mono_width(line, 12) for line in text))
        height += _ROW * len(text)
    head = 0.0
    if words.operation:
        head = _HEAD if words.sign else mono_width(words.operation, 12) + 20
    return Card(words, width + 2 * _PAD_X, height + 2 * _PAD_Y, terms, head)


def _size(card: Card, down: bool) -> Size:
    if down:
        head = _HEAD + _LINK if card.head else 0.0
        beside = sans_width(card.face.operation or "", 10) * 2 + 12 if card.face.sign else 0.0
        return Size(head + card.height, max(card.width, card.head + beside), head)
    head = card.head + _LINK if card.head else 0.0
    return Size(head + card.width, max(card.height, _HEAD + 30 if card.face.sign else 0.0), head)


def _ports(graph: Graph, layout: Layout) -> dict[tuple[str, int], float]:
    """How far from the middle of an operation's head each of its edges arrives: edges come in without crossing."""
    index = {node.id: number for number, node in enumerate(graph.nodes)}
    last = {}
    for edge, bends in zip(graph.edges, layout.bends, strict=True):
        last[edge.target, edge.slot] = bends[-1][2] if bends else layout.places[index[edge.source]].middle
    ports = {}
    for node in graph.nodes:
        slots = sorted((edge.slot for edge in graph.operands(node.id)), key=lambda slot: (last[node.id, slot], slot))
        step = min(_PORT, 20 / max(len(slots) - 1, 1))
        for number, slot in enumerate(slots):
            ports[node.id, slot] = (number - (len(slots) - 1) / 2) * step
    return ports


def _way(
    source: tuple[Card, Place],
    target: tuple[Card, Place],
    bends: tuple[tuple[float, float, float], ...],
    port: float,
    down: bool,
) -> list[tuple[float, float]]:
    """The points of an edge as (along, across) pairs: runs at constant `across`, joined by curves."""
    card, place = source
    end_card, end = target
    length = _size(card, down).along
    sideways = 0.0
    if end_card.face.sign:  # a circle: come in where it is
        radius = _HEAD / 2
        sideways = radius - (radius * radius - port * port) ** 0.5
    points = [(place.along + length, place.middle), (place.end, place.middle)]
    for start, stop, middle in bends:
        points += [(start, middle), (stop, middle)]
    return [*points, (end.start, end.middle + port), (end.along + sideways, end.middle + port)]


def _shared(graph: Graph, layout: Layout) -> dict[int, int]:
    """How many points each edge leaves to another one of the same source, which goes the same way and further.

    A parameter that a hundred operations use would else draw the same line a hundred times.
    """
    longest: dict[str, int] = {}
    for number, edge in enumerate(graph.edges):
        best = longest.setdefault(edge.source, number)
        if len(layout.bends[number]) > len(layout.bends[best]):
            longest[edge.source] = number
    return {
        number: 2 * len(layout.bends[number]) + 1
        for number, edge in enumerate(graph.edges)
        if longest[edge.source] != number and layout.bends[number]
    }


def _edge(
    edge: Edge,
    source: Face,
    target: Face,
    points: list[tuple[float, float]],
    down: bool,
    colours: dict[str, str],
    described: bool,
) -> str:
    flows = edge.flows
    tip_along, tip_across = points[-1]
    points = [*points[:-1], (max(tip_along - 6, points[-2][0] - 6), tip_across)]
    path = f"M{_at(*points[0], down)}"
    for run, ((a, b), (c, d)) in enumerate(zip(points, points[1:], strict=False), len(points) % 2):
        if run % 2 == 0:
            path += f"L{_at(c, d, down)}" if a != c else ""
        else:
            half = (a + c) / 2
            path += f"C{_at(half, b, down)} {_at(half, d, down)} {_at(c, d, down)}"
    tip = " ".join(
        _at(along, across, down)
        for along, across in [
            (tip_along, tip_across),
            (tip_along - 7, tip_across - 3.5),
            (tip_along - 7, tip_across + 3.5),
        ]
    )
    said = [f"{source.title} is operand {edge.operand} of {target.title}"]
    if flows and described:
        said += [sentence for sentence in target.back if sentence.startswith(f"back to {source.title}:")]
    dash = "" if flows else ' stroke-dasharray="4 3"'
    return (
        f'<g class="tk-edge" data-source="{edge.source}" data-target="{edge.target}" data-slot="{edge.slot}">'
        f"<title>{escape('; '.join(said))}</title>"
        f'<path d="{path}" fill="none" stroke="{colours["line"]}" stroke-width="1.4"{dash}/>'
        f'<path d="M{tip}Z" fill="{colours["line"]}"/></g>'
    )


def _node(node: GraphNode, card: Card, place: Place, down: bool, colours: dict[str, str]) -> str:
    words = card.face
    head = _size(card, down).head
    if down:
        x, y = MARGIN + place.middle - card.width / 2, MARGIN + place.along + head
    else:
        x, y = MARGIN + place.along + head, MARGIN + place.middle - card.height / 2
    parts = [_head(words, card, place, down, colours)] if words.operation else []
    parts.append(_outline(node, x, y, card.width, card.height, colours))
    parts += [_plus(x + card.width, y, colours)] if node.kind == BLOCK else []
    left, base = x + _PAD_X, y + _PAD_Y + 13
    parts.append(_title(words, left, base, colours))
    small, base = [_text(words.caption, left, base + _CAPTION)], base + _CAPTION + 17
    for term, lines in words.rows:
        small.append(_text(term, left, base))
        for line in lines:
            parts.append(
                _text(line, left + card.terms + 8, base, f'fill="{colours["ink" if term == "value" else "grad"]}"')
            )
            base += _ROW
    parts.append(f'<g font-family="{SANS}" font-size="11" fill="{colours["muted"]}">{"".join(small)}</g>')
    rows = "; ".join(f"{term} {one_line(lines)}" for term, lines in words.rows)
    made = f"by {words.operation}" if words.operation else ""
    label = "; ".join(part for part in (f"{words.heading}: {words.caption}", rows, made, *words.back) if part)
    return (
        f'<g class="tk-node tk-{node.kind}" data-node="{node.id}">'
        f"<title>{escape(label)}</title>" + "".join(parts) + "</g>"
    )


def _title(words: Face, x: float, y: float, colours: dict[str, str]) -> str:
    text = f'<tspan font-weight="700">{escape(words.title)}</tspan>'
    if words.expression:
        text += f"<tspan> = {escape(words.expression)}</tspan>"
    return f'<text x="{_n(x)}" y="{_n(y)}" font-size="13" fill="{colours["ink"]}">{text}</text>'


def _outline(node: GraphNode, x: float, y: float, w: float, h: float, colours: dict[str, str]) -> str:
    if node.kind == LEAF:
        shape = _rect(x, y, w, h, colours["leaf"], colours["leaf-line"], 2.2, radius=12)
    elif node.kind in (CONSTANT, OMITTED):
        cut = 9.0
        corners = [(x + cut, y), (x + w - cut, y), (x + w, y + cut), (x + w, y + h - cut)]
        corners += [(x + w - cut, y + h), (x + cut, y + h), (x, y + h - cut), (x, y + cut)]
        points = " ".join(f"{_n(a)},{_n(b)}" for a, b in corners)
        shape = (
            f'<polygon class="tk-box" points="{points}" fill="{colours["const"]}" stroke="{colours["const-line"]}" '
            f'stroke-width="1.2" stroke-dasharray="4 3"/>'
        )
    else:
        shape = _rect(x, y, w, h, colours["paper"], colours["ink"], 1.2, radius=2)
        shape = _sheets(x, y, w, h, colours) + shape if node.kind == BLOCK else shape
    if node.is_root:
        more = 14 if node.kind == BLOCK else 8
        shape += _rect(x - 4, y - 4, w + more, h + more, "none", colours["ink"], 1.2, radius=5, box=False)
    return shape


def _sheets(x: float, y: float, w: float, h: float, colours: dict[str, str]) -> str:
    """The boxes behind the one of a folded block: it is a stack."""
    behind = (colours["op"], colours["op-line"], 1.2, 2.0, False)
    return "".join(_rect(x + away, y + away, w, h, *behind) for away in (6, 3))


def _plus(right: float, top: float, colours: dict[str, str]) -> str:
    """The sign in a folded block's corner; a widget opens the block where it is clicked."""
    left, half = right - _FOLD - 6, _FOLD / 2
    box = _rect(left, top + 6, _FOLD, _FOLD, colours["op"], colours["op-line"], 1.2, 2.0, False)
    across = f"M{_n(left + 3)} {_n(top + 6 + half)}h{_n(_FOLD - 6)}"
    upright = f"M{_n(left + half)} {_n(top + 9)}v{_n(_FOLD - 6)}"
    sign = f'<path d="{across}{upright}" fill="none" stroke="{colours["ink"]}" stroke-width="1.6"/>'
    return f'<g class="tk-unfold">{box}{sign}</g>'


def _head(words: Face, card: Card, place: Place, down: bool, colours: dict[str, str]) -> str:
    """The operation: a circle with its sign, its name beside it, or a pill with its name; and the link to the box."""
    assert words.operation is not None
    if down:
        middle, top = MARGIN + place.middle, MARGIN + place.along
        x, y = middle - card.head / 2, top
        link = f"M{_n(middle)} {_n(top + _HEAD)}v{_n(_LINK)}"
    else:
        x, y = MARGIN + place.along, MARGIN + place.middle - _HEAD / 2
        link = f"M{_n(x + card.head)} {_n(y + _HEAD / 2)}h{_n(_LINK)}"
    shape = _rect(x, y, card.head, _HEAD, colours["op"], colours["op-line"], 1.6, radius=_HEAD / 2, box=False)
    size, text = (15, words.sign) if words.sign else (12, words.operation)
    if words.sign and columns(words.sign) > 1:
        size = 12
    centred = f'font-size="{size}" fill="{colours["ink"]}" text-anchor="middle"'
    drawn = shape + _text(text, x + card.head / 2, y + _HEAD / 2 + size * 0.36, centred)
    if words.sign:
        beside = (x + card.head + 4, y + 10, "start") if down else (x + card.head / 2, y + _HEAD + 11, "middle")
        small = f'font-family="{SANS}" font-size="10" fill="{colours["muted"]}" text-anchor="{beside[2]}"'
        drawn += _text(words.operation, beside[0], beside[1], small)
    return f'<g class="tk-op">{drawn}<path d="{link}" stroke="{colours["op-line"]}" stroke-width="1.6"/></g>'


def _rect(
    x: float,
    y: float,
    w: float,
    h: float,
    fill: str,
    stroke: str = "",
    line: float = 0.0,
    radius: float = 0.0,
    box: bool = True,
) -> str:
    kind = ' class="tk-box"' if box and stroke else ""
    edge = f' stroke="{stroke}" stroke-width="{_n(line)}"' if stroke else ""
    return (
        f'<rect{kind} x="{_n(x)}" y="{_n(y)}" width="{_n(w)}" height="{_n(h)}" rx="{_n(radius)}" fill="{fill}"{edge}/>'
    )


def _text(text: str, x: float, y: float, more: str = "") -> str:
    spaces = ' xml:space="preserve"' if "  " in text or text.startswith(" ") else ""
    return f'<text x="{_n(x)}" y="{_n(y)}"{spaces}{" " if more else ""}{more}>{escape(text)}</text>'


def _wrapped(text: str, width: float) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        if lines and sans_width(f"{lines[-1]} {word}", 12) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _at(along: float, across: float, down: bool) -> str:
    x, y = (across, along) if down else (along, across)
    return f"{_n(x + MARGIN)},{_n(y + MARGIN)}"


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
