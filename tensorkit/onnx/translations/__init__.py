"""How each operation is written in ONNX: one function, or one row of a table, for each.

Where to read: `elementwise.py` (the simplest), `shapes.py`, `reductions.py`, `layers.py`.
"""

from . import elementwise, layers, reductions, shapes
from .table import TRANSLATIONS

__all__ = ["TRANSLATIONS"]
