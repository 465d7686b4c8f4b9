"""Colours of the drawings, and the widths of their letters.

Four themes share one set of names. "static" is dark ink on white; "dark" is its opposite; "auto" is "static", and by
`AUTO` "dark" on a page that asks for dark, for pictures that are stored: JupyterLab shows them as images, into which
its colour scheme reaches (`prefers-color-scheme`), but none of its variables. "live" follows those, each with a
fallback, and mixes its accents with the ink so that they keep their contrast in any theme. Blue, orange and yellow stay
apart in every common kind of colour blindness, and shape and words say the same as the colours.
"""

from __future__ import annotations

import unicodedata

NAMES = ("paper", "ink", "muted", "line", "grad", "leaf", "leaf-line", "const", "const-line", "op", "op-line")


def _theme(*colours: str) -> dict[str, str]:
    return dict(zip(NAMES, colours, strict=True))


_STATIC = _theme(
    *("#ffffff", "#1b1f24", "#57606a", "#6e7781", "#a83c06", "#e9f2fc", "#1c6cb3"),
    *("#f2f3f5", "#7a828c", "#fff3cf", "#946800"),
)
_DARK = _theme(
    *("#16181c", "#eceff3", "#a4adb8", "#8a94a0", "#ffa066", "#17283b", "#68b0f2"),
    *("#23272d", "#8a94a0", "#33290d", "#dcae3c"),
)
_LIVE_DEFINITIONS = {
    "paper": "var(--jp-layout-color0,#fff)",
    "ink": "var(--jp-ui-font-color1,#1b1f24)",
    "muted": "color-mix(in srgb,var(--tk-ink) 72%,var(--tk-paper))",
    "line": "color-mix(in srgb,var(--tk-ink) 58%,var(--tk-paper))",
    "grad": "color-mix(in srgb,#e8590c 70%,var(--tk-ink))",
    "leaf": "color-mix(in srgb,#1c7ed6 13%,var(--tk-paper))",
    "leaf-line": "color-mix(in srgb,#1c7ed6 78%,var(--tk-ink))",
    "const": "color-mix(in srgb,var(--tk-ink) 7%,var(--tk-paper))",
    "const-line": "color-mix(in srgb,var(--tk-ink) 52%,var(--tk-paper))",
    "op": "color-mix(in srgb,#f0b400 20%,var(--tk-paper))",
    "op-line": "color-mix(in srgb,#c79400 72%,var(--tk-ink))",
}
_LIVE = {name: f"var(--tk-{name})" for name in NAMES}
THEMES = {"auto": _STATIC, "static": _STATIC, "dark": _DARK, "live": _LIVE}


def _darkened(name: str) -> str:
    # White text stands on dark squares, which stay as they are.
    what, light, dark = ":not(text)" if name == "paper" else "", _STATIC[name], _DARK[name]
    return f'.tk-auto {what}[fill="{light}"]{{fill:{dark}}}.tk-auto [stroke="{light}"]{{stroke:{dark}}}'


#: What an "auto" picture holds: rules count for more than attributes. Programs that know no such rules draw it light.
AUTO = f"<style>@media (prefers-color-scheme:dark){{{''.join(map(_darkened, NAMES))}}}</style>"


def rules(theme: str) -> str:
    """The style sheet inside of a picture of this theme."""
    return AUTO if theme == "auto" else ""


LIVE_STYLE = ";".join(f"--tk-{name}:{value}" for name, value in _LIVE_DEFINITIONS.items())

MONO = "ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace"
SANS = "system-ui,'DejaVu Sans',Helvetica,Arial,sans-serif"


def mono_width(text: str, size: float) -> float:
    """The width of text in a monospaced font of this size; East Asian wide letters count twice."""
    return columns(text) * size * 0.605


def sans_width(text: str, size: float) -> float:
    """An estimate, on the safe side, of the width of text in a proportional font of this size."""
    return columns(text) * size * 0.56


def columns(text: str) -> int:
    """How many monospaced columns a text takes."""
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
