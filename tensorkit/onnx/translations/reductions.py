"""Operations along dimensions: sums, means, extremes, norms, softmax.

Source: https://onnx.ai/onnx/operators/
"""

import numpy as np

from .table import translates

KINDS = {"sum": "ReduceSum", "mean": "ReduceMean", "amax": "ReduceMax", "amin": "ReduceMin", "max": "ReduceMax",
         "min": "ReduceMin", "prod": "ReduceProd", "logsumexp": "ReduceLogSumExp"}  # fmt: skip


def reduce(g, kind: str, x: str, dims, keep) -> str:
    """A reduction: the dimensions are an input since opset 18 (for sums, 13), an attribute before."""
    if g.opset >= 18 or kind == "ReduceSum":
        return g.emit(kind, x, *([] if dims is None else [g.ints(*dims)]), keepdims=int(keep))
    return g.emit(kind, x, axes=None if dims is None else list(dims), keepdims=int(keep))


def _dims(step):
    """The dimensions as a list; None stands for all."""
    dim = step["dim"]
    if dim is None or (isinstance(dim, (tuple, list)) and not dim):
        return None
    return [dim] if isinstance(dim, int) else list(dim)


@translates(*KINDS)
def _reduced(g, step):
    if not step.shape_of(0):
        return step.operand(0, step.dtype)
    return reduce(g, KINDS[step.op], step.operand(0, step.dtype), _dims(step), step["keepdim"])


@translates("linalg_vector_norm")
def _norm(g, step):
    kind = {1: "ReduceL1", 2: "ReduceL2"}.get(step["ord"])
    if kind is None:
        raise step.unsupported(f"only the norms 1 and 2 are, not {step['ord']}")
    return reduce(g, kind, step.operand(0, step.dtype), _dims(step), step["keepdim"])


@translates("var", "std")
def _spread(g, step):
    """The mean squared distance from the mean, times n / (n - correction)."""
    x, dims = step.operand(0), _dims(step)
    rest = g.emit("Sub", x, reduce(g, "ReduceMean", x, dims, True))
    found = reduce(g, "ReduceMean", g.emit("Mul", rest, rest), dims, step["keepdim"])
    correction = step["correction"]
    if correction:
        shape, other = step.shape_of(0), step.shape_of(0, True)
        over = range(len(shape)) if dims is None else dims
        if any(shape[d] != other[d] for d in over):
            raise step.unsupported("it goes over a dynamic axis with a correction")
        count = int(np.prod([shape[d] for d in over]))
        found = g.emit("Mul", found, g.constant(count / (count - correction), step.dtype))
    return found if step.op == "var" else g.emit("Sqrt", found)


@translates("softmax", "log_softmax")
def _softmax(g, step):
    kind = "Softmax" if step.op == "softmax" else "LogSoftmax"
    return g.emit(kind, step.operand(0, step.dtype), axis=step["dim"])


@translates("cumsum")
def _cumsum(g, step):
    return g.emit("CumSum", step.operand(0, step.dtype), g.constant(step["dim"], np.int64))


@translates("any", "all")
def _truth(g, step):
    """Of truth values as numbers the largest, or the smallest, is the answer."""
    kind = "ReduceMax" if step.op == "any" else "ReduceMin"
    return g.cast(reduce(g, kind, g.cast(step.operand(0, bool), np.int32), _dims(step), step["keepdim"]), bool)
