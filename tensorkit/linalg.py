"""`torch.linalg`: linear algebra, under the names that NumPy has for it.

The operations are declared in `tensorkit/ops`: systems in `linalg.py` and `leastsquares.py`, `determinants.py`,
decompositions in `decompose.py` and `lu.py`, norms in `norm.py`, products in `matmul.py` and `matrices.py`; this is
the namespace.

>>> import tensorkit as torch
>>> torch.linalg.norm(torch.tensor([3.0, 4.0]))
tensor(5.)

Source: https://pytorch.org/docs/stable/linalg.html
"""

from .errors import LinAlgError
from .left_out import missing as _missing
from .ops.cholesky import cholesky_ex
from .ops.cholesky import linalg_cholesky as cholesky
from .ops.decompose import eigvals, eigvalsh, svdvals
from .ops.decompose import linalg_eig as eig
from .ops.decompose import linalg_eigh as eigh
from .ops.decompose import linalg_qr as qr
from .ops.decompose import linalg_svd as svd
from .ops.determinants import det
from .ops.determinants import linalg_slogdet as slogdet
from .ops.householder import householder_product
from .ops.ldl import ldl_factor, ldl_factor_ex, ldl_solve
from .ops.leastsquares import lstsq, matrix_rank, pinv
from .ops.linalg import inv, inv_ex, matrix_exp, multi_dot, solve_ex, solve_triangular, tensorinv, tensorsolve
from .ops.linalg import linalg_solve as solve
from .ops.lu import linalg_lu as lu
from .ops.lu import linalg_lu_factor as lu_factor
from .ops.lu import linalg_lu_solve as lu_solve
from .ops.matmul import matmul
from .ops.matrices import linalg_cross as cross
from .ops.matrices import linalg_diagonal as diagonal
from .ops.matrices import linalg_vander as vander
from .ops.matrices import linalg_vecdot as vecdot
from .ops.norm import linalg_cond as cond
from .ops.norm import linalg_matrix_norm as matrix_norm
from .ops.norm import linalg_norm as norm
from .ops.norm import linalg_vector_norm as vector_norm
from .ops.products import matrix_power

__all__ = [
    "LinAlgError", "cholesky", "cholesky_ex", "cond", "cross", "det", "diagonal", "eig", "eigh", "eigvals",
    "eigvalsh", "householder_product", "inv", "inv_ex", "ldl_factor", "ldl_factor_ex", "ldl_solve", "lstsq", "lu",
    "lu_factor", "lu_solve", "matmul", "matrix_exp", "matrix_norm", "matrix_power", "matrix_rank", "multi_dot",
    "norm", "pinv", "qr", "slogdet", "solve", "solve_ex", "solve_triangular", "svd", "svdvals", "tensorinv",
    "tensorsolve", "vander", "vecdot", "vector_norm",
]  # fmt: skip


def __getattr__(name: str):
    raise _missing("module 'torch.linalg'", name)
