"""Call a module with other parameters than its own, as a pure function needs it.

Source: https://pytorch.org/docs/stable/generated/torch.func.functional_call.html
"""

from ..ops.join import stack


def replace_all_batch_norm_modules_(root):
    """The module, whose layers of batch normalisation use each batch's own statistics from now on, and keep none.

    >>> layer = torch.func.replace_all_batch_norm_modules_(torch.nn.BatchNorm1d(2))
    >>> layer.track_running_stats
    False
    """
    for part in root.modules():
        if hasattr(part, "track_running_stats") and hasattr(part, "num_batches_tracked"):
            part.running_mean = part.running_var = part.num_batches_tracked = None
            part.track_running_stats = False
    return root


def functional_call(module, parameter_and_buffer_dicts, args=None, kwargs=None, *, tie_weights: bool = True,
                    strict: bool = False):  # fmt: skip
    """What `module(*args, **kwargs)` would give with these parameters and buffers in place of its own.

    parameter_and_buffer_dicts  values by name ('0.weight'), or a tuple of such dictionaries; others stay as they are
    tie_weights                 a value given for one name of a shared parameter stands for its other names too
    strict                      raise RuntimeError for names that are missing or unknown

    >>> layer = torch.nn.Linear(2, 1)
    >>> weights = {"weight": torch.ones(1, 2), "bias": torch.zeros(1)}
    >>> torch.func.functional_call(layer, weights, torch.tensor([[3., 4.]]))
    tensor([[7.]])
    """
    if isinstance(parameter_and_buffer_dicts, dict):
        values = dict(parameter_and_buffer_dicts)
    else:
        values = {name: value for each in parameter_and_buffer_dicts for name, value in each.items()}
    places = {name: (part, table) for name, part, table in _places(module)}
    unknown = [name for name in values if name not in places]
    missing = [name for name in places if name not in values]
    if strict and (unknown or missing):
        raise RuntimeError(f"Error(s) in swapping: unexpected keys {unknown}, missing keys {missing}")
    if unknown:
        raise AttributeError(f"{type(module).__name__} has no parameter or buffer named {unknown[0]!r}")
    if tie_weights:
        by_tensor = {id(_get(places, name)): value for name, value in values.items()}
        values |= {name: by_tensor[id(own)] for name in missing if id(own := _get(places, name)) in by_tensor}
    own = {name: _get(places, name) for name in values}
    try:
        for name, value in values.items():
            _set(places, name, value)
        args = () if args is None else (args if isinstance(args, tuple) else (args,))
        return module(*args, **(kwargs or {}))
    finally:
        for name, value in own.items():
            _set(places, name, value)


def _places(module):
    """Every parameter and buffer: its full name, and the dictionary that holds it."""
    for prefix, part in module.named_modules(remove_duplicate=False):
        for table in (part._parameters, part._buffers):
            for name, value in table.items():
                if value is not None:
                    yield (f"{prefix}.{name}" if prefix else name), name, table


def _get(places: dict, name: str):
    own, table = places[name]
    return table[own]


def _set(places: dict, name: str, value) -> None:
    own, table = places[name]
    table[own] = value


def stack_module_state(models) -> tuple:
    """The parameters and the buffers of several like modules, stacked: two dictionaries by name, for `vmap`.

    >>> parameters, buffers = torch.func.stack_module_state([torch.nn.Linear(2, 1), torch.nn.Linear(2, 1)])
    >>> parameters["weight"].shape
    torch.Size([2, 1, 2])
    """
    models = list(models)
    if not models:
        raise RuntimeError("stack_module_state: Expected at least one model, got 0.")
    if any(type(each) is not type(models[0]) for each in models):
        raise RuntimeError("stack_module_state: Expected all models to be of the same class.")
    parameters = {
        name: stack([dict(each.named_parameters())[name].detach() for each in models]).requires_grad_(own.requires_grad)
        for name, own in models[0].named_parameters()
    }
    buffers = {
        name: stack([dict(each.named_buffers())[name] for each in models]).requires_grad_(False)
        for name, _ in models[0].named_buffers()
    }
    return parameters, buffers
