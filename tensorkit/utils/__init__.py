"""Tools around training: `utils.data` hands out batches; others are loaded when first asked for."""

_ON_DEMAND = {"data", "checkpoint", "dlpack"}


def __getattr__(name: str):
    if name in _ON_DEMAND:
        from importlib import import_module

        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module 'torch.utils' has no attribute '{name}'")


def __dir__():
    return sorted({*globals(), *_ON_DEMAND})
