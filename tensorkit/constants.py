"""The numbers that PyTorch has names for."""

from math import e, inf, nan, pi

newaxis = None

#: What PyTorch was built with, where NumPy decides here: its matrix library has LAPACK; transforms are left to it.
has_lapack, has_mkl, has_openmp, has_spectral = True, False, False, False

__all__ = ["e", "inf", "nan", "newaxis", "pi"]
