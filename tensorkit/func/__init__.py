"""Functions of functions: `grad`, `vjp`, `jvp`, `jacrev`, `jacfwd`, `hessian`, `vmap`, `functional_call`.

`derivatives.py` has what differentiates, `batching.py` has `vmap`, `modules.py` calls a module with other parameters.
Arguments may be tensors in nested tuples, lists and dictionaries (`trees.py`).

Source: https://pytorch.org/docs/stable/func.api.html
"""

from .batching import vmap
from .derivatives import grad, grad_and_value, hessian, jacfwd, jacrev, jvp, vjp
from .modules import functional_call, stack_module_state

__all__ = [
    "functional_call", "grad", "grad_and_value", "hessian", "jacfwd", "jacrev", "jvp", "stack_module_state", "vjp",
    "vmap",
]  # fmt: skip


def __getattr__(name: str):
    if name in ("functionalize", "linearize", "debug_unwrap"):
        raise NotImplementedError(
            f"torch.func.{name} is not part of tensorkit: there is no compiler and no forward mode here"
        )
    raise AttributeError(f"module 'torch.func' has no attribute '{name}'")
