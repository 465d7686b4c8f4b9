"""Functions of functions: `grad`, `vjp`, `jvp`, `linearize`, `jacrev`, `jacfwd`, `hessian`, `vmap`,
`functional_call`.

`derivatives.py` has what differentiates, `batching.py` has `vmap`, `modules.py` calls a module with other parameters.
Arguments may be tensors in nested tuples, lists and dictionaries (`trees.py`).

Source: https://pytorch.org/docs/stable/func.api.html
"""

from ..left_out import missing as _missing
from .batching import vmap
from .derivatives import grad, grad_and_value, hessian, jacfwd, jacrev, jvp, linearize, vjp
from .modules import functional_call, replace_all_batch_norm_modules_, stack_module_state

__all__ = [
    "functional_call", "grad", "grad_and_value", "hessian", "jacfwd", "jacrev", "jvp", "linearize",
    "replace_all_batch_norm_modules_", "stack_module_state", "vjp", "vmap",
]  # fmt: skip


def __getattr__(name: str):
    raise _missing("module 'torch.func'", name)
