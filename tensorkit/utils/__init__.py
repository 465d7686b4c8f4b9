"""Tools beside the library proper: `checkpoint` trades time for memory.  Parts load when someone asks for them."""

_PARTS = ("checkpoint", "data")


def __getattr__(name: str):
    if name in _PARTS:
        from importlib import import_module

        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module 'torch.utils' has no attribute '{name}'")
