"""`torch.special`: special functions of each element, under the names that SciPy has for them.

They are declared in `tensorkit/ops/special.py`; this is the namespace.

>>> import tensorkit as torch
>>> torch.special.expit(torch.tensor(0.0))
tensor(0.5000)

Source: https://pytorch.org/docs/stable/special.html
"""

from .ops.activation import log_softmax, sigmoid, softmax
from .ops.exponential import exp2, expm1, log1p
from .ops.reduce import logsumexp
from .ops.rounding import round
from .ops.special import (
    digamma,
    entr,
    erf,
    erfc,
    erfcx,
    erfinv,
    i0,
    i0e,
    i1,
    i1e,
    igamma,
    igammac,
    lgamma,
    log_ndtr,
    logit,
    mvlgamma,
    ndtr,
    ndtri,
    polygamma,
    sinc,
    xlog1py,
    xlogy,
    zeta,
)  # fmt: skip

expit, gammaln, multigammaln, psi = sigmoid, lgamma, mvlgamma, digamma
gammainc, gammaincc = igamma, igammac

__all__ = [
    "digamma", "entr", "erf", "erfc", "erfcx", "erfinv", "exp2", "expit", "expm1", "gammainc", "gammaincc", "gammaln",
    "i0", "i0e", "i1", "i1e", "log1p", "log_ndtr", "log_softmax", "logit", "logsumexp", "multigammaln", "ndtr",
    "ndtri", "polygamma", "psi", "round", "sinc", "softmax", "xlog1py", "xlogy", "zeta",
]  # fmt: skip
