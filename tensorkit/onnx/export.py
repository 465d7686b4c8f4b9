"""`export`: a module and example inputs in, an ONNX file out.

Source: https://docs.pytorch.org/docs/stable/onnx.html
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import hint, kind
from ..nn import Module
from ..tensor import Tensor, memory
from ..version import __version__
from .errors import OnnxExporterError, UnsupportedOperatorError
from .graph import Builder, Step
from .numbers import Axis, axes_of, check_constants, other_inputs
from .recording import Recording, run, tensors_in

DEFAULT_OPSET, OLDEST, NEWEST = 18, 17, 23

#: How many runs with other values look for what depends on them unnoticed.
CHECKS = 8


class ONNXProgram:
    """An exported model: `model_proto` is the `onnx.ModelProto`, `save` writes it to a file.

    >>> program = torch.onnx.export(torch.nn.Linear(2, 3), torch.randn(1, 2))  # doctest: +SKIP
    >>> program.save("model.onnx")  # doctest: +SKIP
    """

    def __init__(self, model_proto: Any) -> None:
        self.model_proto = model_proto

    def save(self, destination: Any) -> None:
        """Write the model to a path, or into a file that is open for bytes."""
        data = self.model_proto.SerializeToString()
        if hasattr(destination, "write"):
            destination.write(data)
        else:
            Path(destination).write_bytes(data)

    def __repr__(self) -> str:
        graph = self.model_proto.graph
        return f"<ONNXProgram: {len(graph.node)} nodes, {len(graph.initializer)} weights and constants>"


def export(
    model: Module,
    args: Any = (),
    f: Any = None,
    *,
    kwargs: Mapping[str, Any] | None = None,
    input_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
    opset_version: int | None = None,
    dynamic_axes: Mapping[str, Any] | None = None,
    keep_initializers_as_inputs: bool = False,
    verbose: bool | None = None,
    dynamo: bool = False,
    do_constant_folding: bool = True,
    external_data: bool = False,
) -> ONNXProgram:
    """Write a module in evaluation mode as an ONNX model.

    args           one example input, or a tuple of them; tensors in tuples, lists and dictionaries are inputs too. A
                   dictionary at the end of the tuple holds named arguments, as `kwargs` does
    f              a path, or a file that is open for bytes; None: only the result is wanted
    input_names    names of the inputs; default: those of the arguments of `forward`
    output_names   names of the outputs; default: `output`, or `output_0` and so on
    opset_version  the version of ONNX's operations, 17 to 23; default 18
    dynamic_axes   dimensions of inputs and outputs that may have other sizes than in the example:
                   `{"x": {0: "batch"}, "output": {0: "batch"}}`, or without names `{"x": [0]}`. Any other size is fixed

    Parameters and buffers keep their names. The last four arguments are PyTorch's and change nothing here: all that is
    known is one run of the model (others, with other sizes and values, check that nothing depends on them unnoticed).
    What Python decides in `forward` by values is therefore refused.

    Raises UnsupportedOperatorError, naming operation and module, for what has no translation; OnnxExporterError where
    the model cannot be followed; ImportError without the `onnx` package.

    >>> import tensorkit as torch
    >>> model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU())
    >>> torch.onnx.export(model, torch.randn(1, 2), "model.onnx", input_names=["x"],
    ...                   dynamic_axes={"x": {0: "batch"}})  # doctest: +SKIP
    <ONNXProgram: 2 nodes, 2 weights and constants>

    Source: https://docs.pytorch.org/docs/stable/onnx_torchscript.html
    """
    _onnx()
    if not isinstance(model, Module):
        raise TypeError(f"export(): argument 'model' must be a tensorkit Module, not {kind(model)}")
    opset = DEFAULT_OPSET if opset_version is None else opset_version
    if not OLDEST <= opset <= NEWEST:
        raise ValueError(f"opset_version must be {OLDEST} to {NEWEST}, but got {opset}")
    args, named = _arguments(args, kwargs)
    tensors = tensors_in([list(args), named])
    inputs = _input_names(model, args, named, input_names)
    dynamic = dict(dynamic_axes or {})
    unknown = set(dynamic) - {*inputs, *(output_names or ("output",))}
    if any(not name.startswith("output") for name in unknown):
        raise ValueError(f"dynamic_axes names {sorted(unknown)}, but the inputs are {inputs}")
    arrays = [np.array(memory(each)) for each in tensors]
    axes, places = axes_of([_axis_names(dynamic.get(name, {}), a) for name, a in zip(inputs, arrays, strict=True)],
                           arrays)  # fmt: skip
    with _evaluating(model):
        first, second = _two_runs(model, args, named, arrays, axes, places)
    builder = Builder(first, second, axes, inputs, _weights(model), opset)
    outputs = _translate(builder, output_names)
    program = ONNXProgram(_model(builder, inputs, arrays, outputs, dynamic, places, keep_initializers_as_inputs))
    if f is not None:
        program.save(f)
    return program


def _onnx() -> Any:
    try:
        import onnx
    except ImportError:
        raise ImportError("the onnx package is not installed here: pip install onnx") from None
    return onnx


# What goes in


def _arguments(args: Any, kwargs: Mapping[str, Any] | None) -> tuple[tuple, dict[str, Any]]:
    args = args if isinstance(args, tuple) else (args,)
    named = dict(kwargs or {})
    if args and isinstance(args[-1], dict):
        args, named = args[:-1], {**args[-1], **named}
    return args, named


def _input_names(model: Module, args: tuple, named: dict, given: Sequence[str] | None) -> list[str]:
    """A name for each input tensor; the tensors of a nested argument are numbered."""
    known = [p.name for p in inspect.signature(model.forward).parameters.values() if p.kind is not p.VAR_POSITIONAL]
    found = []
    for stem, value in [*zip([*known, *[f"input_{i}" for i in range(len(known), len(args))]], args, strict=False),
                        *named.items()]:  # fmt: skip
        count = len(tensors_in(value))
        found += [stem] if count == 1 else [f"{stem}_{i}" for i in range(count)]
    given = list(given or ())
    if len(given) > len(found):
        raise ValueError(f"{len(given)} input_names were given for {len(found)} inputs")
    return [*given, *found[len(given) :]]


def _axis_names(given: Any, array: np.ndarray) -> dict[int, str]:
    """Dimensions and their names, whether given as a dictionary or as a list."""
    names = dict(given) if isinstance(given, Mapping) else dict.fromkeys(given, "")
    return {dim % max(array.ndim, 1): name for dim, name in names.items()}


def _weights(model: Module) -> dict[str, Tensor]:
    return {**dict(model.named_parameters()), **dict(model.named_buffers())}


# Two runs


@contextmanager
def _evaluating(model: Module) -> Iterator[None]:
    """The model in evaluation mode; afterwards each module is in its own again."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode


def _two_runs(model: Module, args: tuple, named: dict, arrays: list[np.ndarray], axes: list[Axis],
              places: dict) -> tuple[Recording, Recording]:  # fmt: skip
    def call(inputs: list[Tensor]) -> Any:
        waiting = iter(inputs)
        return model(*_put(args, waiting), **_put(named, waiting))

    first = run(model, arrays, call)
    second = _again(first, model, call, other_inputs(arrays, places), axes)
    for seed in range(1, CHECKS):
        more = _again(first, model, call, other_inputs(arrays, places, seed), axes)
        check_constants(second, more)
    if not first.outputs:
        raise OnnxExporterError("the model returns no tensor")
    return first, second


def _again(first: Recording, model: Module, call: Callable[[list[Tensor]], Any], arrays: list[np.ndarray],
           axes: list[Axis]) -> Recording:  # fmt: skip
    """Another run, which must have carried out the same operations."""
    try:
        other = run(model, arrays, call)
    except Exception as error:
        larger = ", ".join(f"{axis.name} = {axis.second}" for axis in axes)
        raise OnnxExporterError(
            f"the model fails for other inputs than the example{f' ({larger})' if larger else ''}: {error}"
        ) from error
    if [node.op for node in first.nodes] != [node.op for node in other.nodes]:
        raise hint(
            OnnxExporterError("the model carries out other operations for other values or sizes of its inputs"),
            "what `if` and `for` decide by values in forward() is not part of an ONNX graph; use torch.where.",
        )
    return other


def _put(value: Any, tensors: Iterator[Tensor]) -> Any:
    """The nest of arguments with other tensors in it."""
    if isinstance(value, Tensor):
        return next(tensors)
    if isinstance(value, dict):
        return {key: _put(each, tensors) for key, each in value.items()}
    if isinstance(value, (tuple, list)):
        found = [_put(each, tensors) for each in value]
        return type(value)(*found) if hasattr(value, "_fields") else type(value)(found)
    return value


# What comes out


def _translate(builder: Builder, output_names: Sequence[str] | None) -> list[str]:
    """Write all operations; the names of the outputs."""
    from .translations import TRANSLATIONS

    first, second = builder.recording, builder.second
    for node, other in zip(first.nodes, second.nodes, strict=True):
        step = Step(builder, node, other)
        translate = TRANSLATIONS.get(step.op)
        if translate is None:
            raise hint(step.unsupported(), "docs/pytorch.md lists what is; most of the rest can be written with it.")
        try:
            builder.values[id(node)] = translate(builder, step)
        except UnsupportedOperatorError:
            raise
        except OnnxExporterError as error:
            raise step.unsupported(str(error)) from error
    count = len(first.outputs)
    names = list(output_names or ()) or (["output"] if count == 1 else [f"output_{i}" for i in range(count)])
    if len(names) != count:
        raise ValueError(f"{len(names)} output_names were given for {count} outputs")
    for name, tensor, again in zip(names, first.outputs, second.outputs, strict=True):
        if name in builder.used:
            raise ValueError(f"the output name '{name}' is an input's or a parameter's already")
        builder.name_output(builder.value(tensor, again), name)
    return names


def _model(builder: Builder, inputs: list[str], arrays: list[np.ndarray], outputs: list[str],
           dynamic: Mapping[str, Any], places: dict, as_inputs: bool) -> Any:  # fmt: skip
    from onnx import helper, numpy_helper

    nodes = [
        helper.make_node(kind, given, made, name=f"{kind}_{number}", **attributes)
        for number, (kind, given, made, attributes) in enumerate(builder.needed(outputs))
    ]

    def info(name: str, array: Any, names: Mapping[int, str]) -> Any:
        shape = [names.get(dim) or size for dim, size in enumerate(array.shape)]
        return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), shape)

    given = [
        info(name, array, {dim: axis.name for (i, dim), axis in places.items() if i == number})
        for number, (name, array) in enumerate(zip(inputs, arrays, strict=True))
    ]
    made = [
        info(name, tensor._array, _output_axes(dynamic.get(name, {}), name, tensor, again))
        for name, tensor, again in zip(outputs, builder.recording.outputs, builder.second.outputs, strict=True)
    ]
    weights = [numpy_helper.from_array(np.array(a, order="C"), name) for name, a in builder.initializers.items()]
    if as_inputs:
        given += [info(name, array, {}) for name, array in builder.initializers.items()]
    graph = helper.make_graph(nodes, "main_graph", given, made, weights)
    opsets = [helper.make_opsetid("", builder.opset)]
    return helper.make_model(graph, opset_imports=opsets, producer_name="tensorkit", producer_version=__version__,
                             ir_version=helper.find_min_ir_version_for(opsets))  # fmt: skip


def _output_axes(given: Any, name: str, tensor: Tensor, again: Tensor) -> dict[int, str]:
    """Names for the dimensions of an output that change with the dynamic axes, whether they were named or not."""
    named = _axis_names(given, tensor._array)
    changing = [d for d, (a, b) in enumerate(zip(tensor.shape, again.shape, strict=True)) if a != b]
    return {dim: named.get(dim) or f"{name}_dynamic_axes_{dim}" for dim in changing}
