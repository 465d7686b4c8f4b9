"""Ask PyTorch which public names its modules for networks have: `python tests/cases/record_names.py`.

Needs PyTorch 2.13 and writes `network_names.json`. `test_left_out.py` holds tensorkit to it: each name is there, or
`tensorkit.left_out` says why it is not.
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


def public(module: types.ModuleType) -> list[str]:
    """What a module offers: its `__all__`, or else the functions and classes that PyTorch defines."""
    listed = getattr(module, "__all__", None)
    if listed is not None:
        return sorted(name for name in listed if not name.startswith("_"))
    own = {
        name: value for name, value in vars(module).items()
        if not name.startswith("_") and isinstance(value, (type, types.FunctionType, types.BuiltinFunctionType))
    }  # fmt: skip
    # Beside its functions a module shows what it imports for annotations and for PyTorch's compiler.
    kept = [name for name, value in own.items() if (value.__module__ or "torch").startswith("torch")]
    foreign = ("handle_torch_function", "has_torch_function", "boolean_dispatch", "assert_int_or_pair", "Tensor")
    return sorted(name for name in kept if not name.startswith(foreign))


def main() -> None:
    import torch

    if not torch.__version__.startswith("2.13"):
        raise SystemExit(f"the names are those of PyTorch 2.13; this is {torch.__version__}")
    found = {name: public(importlib.import_module(f"torch.{name}")) for name in MODULES}
    FILE.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print({name: len(names) for name, names in found.items()})


if __name__ == "__main__":
    main()
