"""`TensorView`: a picture of tensors that follows the notebook's theme, with its words beside it.

Here: the widget around anything of `tensorkit.graph` that draws itself (`summarize`, `histogram`, `slices`,
`broadcast`, `product`), and what a notebook stores of it. Not here: the pictures, and the page side (`static/view.js`).
"""

from __future__ import annotations

from typing import Any

import anywidget
import traitlets

from .page import STATIC, script


class TensorView(anywidget.AnyWidget):
    """Shows what draws itself, in the colours of the page: a stored picture can't follow a notebook's theme.

    view  has `to_svg(theme)` and `to_text()`. AttributeError for anything else

    >>> import tensorkit as torch
    >>> from tensorkit_widgets import TensorView
    >>> view = TensorView(torch.graph.summarize(torch.arange(3.0), "x"))
    >>> view.text.splitlines()[1]
    'values [0, 1, 2], from 0 to 2, mean 1, std 1, no NaN'
    """

    _esm = script("view.js")
    _css = STATIC / "pictures.css"

    svg = traitlets.Unicode(help="the picture").tag(sync=True)
    text = traitlets.Unicode(help="the same as text").tag(sync=True)

    def __init__(self, view: Any, **more: Any) -> None:
        self.view = view
        super().__init__(svg=view.to_svg("live"), text=view.to_text(), **more)

    def __repr__(self) -> str:
        return f"TensorView({self.text.splitlines()[0]})"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """The widget; for a page without a kernel the picture, and for one without pictures the text."""
        found = super()._repr_mimebundle_(**kwargs)
        live, metadata = found if isinstance(found, tuple) else (found or {}, {})
        return {**live, "image/svg+xml": self.view.to_svg(), "text/plain": self.text}, metadata
