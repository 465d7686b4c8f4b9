"""What goes wrong in an export, under PyTorch's names.

Source: https://docs.pytorch.org/docs/stable/onnx.html
"""

__all__ = ["OnnxExporterError", "UnsupportedOperatorError"]


class OnnxExporterError(RuntimeError):
    """A model cannot be exported.

    >>> issubclass(OnnxExporterError, RuntimeError)
    True
    """


class UnsupportedOperatorError(OnnxExporterError):
    """An operation of the model has no translation: the text names the operation and the module that carried it out.

    >>> issubclass(UnsupportedOperatorError, OnnxExporterError)
    True
    """
