"""Ask PyTorch which public names its modules have: `python tests/cases/record_names.py`.

Needs PyTorch 2.13 and writes `network_names.json` (networks, training, data) and `tensor_names.json` (tensors and
derivatives). `test_left_out.py` holds tensorkit to them: each name is there, or `tensorkit.left_out` says why not.
"""

from __future__ import annotations

import importlib
import json
import types
from pathlib import Path

FILE = Path(__file__).parent / "network_names.json"
MODULES = [
    "nn", "nn.functional", "nn.init", "nn.parameter", "nn.parallel", "nn.utils", "nn.utils.parametrizations",
    "nn.utils.parametrize", "nn.utils.rnn", "optim", "optim.lr_scheduler", "optim.swa_utils", "utils.data",
    "utils.checkpoint",
]  # fmt: skip
TENSOR_FILE = Path(__file__).parent / "tensor_names.json"
TENSOR_MODULES = [
    "", "Tensor", "autograd", "autograd.functional", "autograd.graph", "cuda", "func", "linalg", "nn.functional",
    "random", "special",
]  # fmt: skip

#: Beside its functions a module shows what it imports for annotations and for PyTorch's compiler.
FOREIGN = ("handle_torch_function", "has_torch_function", "boolean_dispatch", "assert_int_or_pair", "Tensor")
#: … and texts for its docstrings, tables for its own use, and the like.
LEFTOVERS = set(
    """
    TYPE_CHECKING common_args common_notes multi_dim_common reproducibility_notes tf32_notes DType BroadcastingList1
    BroadcastingList2 BroadcastingList3 GRID_SAMPLE_INTERPOLATION_MODES GRID_SAMPLE_PADDING_MODES is_tensor_like log
    DEVICE_REQUIREMENT PYTORCH_RELEASES_CODE_CC RemovableHandle lru_cache""".split()
)


def public(module: types.ModuleType) -> list[str]:
    """What a module offers: its `__all__`, or else the functions and classes that PyTorch defines."""
    listed = getattr(module, "__all__", None)
    if listed is not None:
        return sorted(name for name in listed if not name.startswith("_"))
    own = {
        name: value for name, value in vars(module).items()
        if not name.startswith("_") and isinstance(value, (type, types.FunctionType, types.BuiltinFunctionType))
    }  # fmt: skip
    kept = [name for name, value in own.items() if (value.__module__ or "torch").startswith("torch")]
    return sorted(name for name in kept if not name.startswith(FOREIGN))


def everything(owner) -> list[str]:
    """All that one sees by `dir`, but for modules and what was imported from elsewhere."""
    found = []
    for name in dir(owner):
        if name.startswith(("_", *FOREIGN[:4])) or name in LEFTOVERS:
            continue
        value = getattr(owner, name, None)
        home = getattr(value, "__module__", None) or "torch"
        imported = isinstance(home, str) and home.partition(".")[0] in ("typing", "typing_extensions", "collections",
                                                                        "weakref", "contextlib", "enum")  # fmt: skip
        if not isinstance(value, types.ModuleType) and not imported:
            found.append(name)
    return found


def main() -> None:
    import torch

    if not torch.__version__.startswith("2.13"):
        raise SystemExit(f"the names are those of PyTorch 2.13; this is {torch.__version__}")
    found = {name: public(importlib.import_module(f"torch.{name}")) for name in MODULES}
    FILE.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print({name: len(names) for name, names in found.items()})
    of_tensors = {}
    for name in TENSOR_MODULES:
        owner = torch
        for part in name.split(".") if name else []:
            owner = getattr(owner, part)
        of_tensors[name] = everything(owner)
    TENSOR_FILE.write_text(json.dumps(of_tensors, indent=1) + "\n", encoding="utf-8")
    print({name: len(names) for name, names in of_tensors.items()})


if __name__ == "__main__":
    main()
