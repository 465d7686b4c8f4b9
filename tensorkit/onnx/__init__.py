"""Export to ONNX, by which other runtimes carry a model out: `torch.onnx.export`, PyTorch's name and arguments.

Where to read: `recording.py` (a model is run and noted), `numbers.py` (run again with other sizes), `graph.py` (the
ONNX graph in the making), `translations/` (how each operation is written). The `onnx` package is an extra,
`pip install ".[onnx]"` in the checkout; nothing imports it before `export` is called.
"""

from .errors import OnnxExporterError, UnsupportedOperatorError
from .export import ONNXProgram, export

__all__ = ["ONNXProgram", "OnnxExporterError", "UnsupportedOperatorError", "export"]
