"""`DataParallel`: in PyTorch one batch on several GPUs of one process; where there are none it is just the network."""

from ..module import Module


class DataParallel(Module):
    """Holds a module as `module` and calls it: without GPUs there is nothing to split a batch over.

    State dicts have the prefix `module.`, as PyTorch's have, and so load in both.

    >>> import tensorkit as torch
    >>> list(torch.nn.DataParallel(torch.nn.Linear(2, 1)).state_dict())
    ['module.weight', 'module.bias']
    """

    def __init__(self, module: Module, device_ids=None, output_device=None, dim: int = 0):
        super().__init__()
        self.module = module
        self.device_ids: list[int] = []

    def forward(self, *inputs, **kwargs):
        return self.module(*inputs, **kwargs)


def data_parallel(module: Module, inputs, device_ids=None, output_device=None, dim: int = 0, module_kwargs=None):
    """`module(*inputs)`: the function behind `DataParallel`.

    >>> data_parallel(torch.nn.ReLU(), tensor([-1., 2.]))
    tensor([0., 2.])
    """
    return module(*(inputs if isinstance(inputs, tuple) else (inputs,)), **(module_kwargs or {}))
