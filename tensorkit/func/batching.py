"""`vmap`: a function of one example becomes a function of a batch.

The function is called once for each example, and the results are stacked: right for every function, with gradients,
and as fast as the loop that it saves writing.

Source: https://pytorch.org/docs/stable/generated/torch.func.vmap.html
"""

from functools import wraps

from ..ops.join import stack
from ..random import default_generator
from ..tensor import Tensor
from .trees import leaves, rebuilt, spread

_RANDOM = (
    "vmap: called random operation while in randomness error mode. Please either use the 'same' or 'different' "
    "randomness "
    "flags on vmap or perform the randomness operation out of vmap"
)


def vmap(func, in_dims=0, out_dims=0, randomness: str = "error", *, chunk_size=None):
    """A function that applies `func` to every example of a batch.

    in_dims     the dimension of each argument that counts the examples; None for an argument that all examples share
    out_dims    where the results shall have that dimension
    randomness  'error': random numbers inside are refused; 'same': every example gets the same ones
    chunk_size  accepted: examples are taken one by one anyway

    >>> import tensorkit as torch
    >>> torch.func.vmap(torch.dot)(torch.ones(3, 2), torch.ones(3, 2))
    tensor([2., 2., 2.])
    """
    if randomness not in ("error", "different", "same"):
        raise RuntimeError(f"Only allowed values for randomness are 'error', 'different', or 'same'. Got {randomness}")
    if randomness == "different":
        raise NotImplementedError(
            "vmap(randomness='different') is not part of tensorkit: PyTorch draws for the whole batch at once, which "
            "a loop "
            "over the examples cannot follow. Draw the random numbers before vmap and pass them in."
        )

    @wraps(func)
    def wrapped(*args, **kwargs):
        count, examples = _examples(args, in_dims)
        state = default_generator.get_state()
        results = []
        for example in examples:
            if randomness == "same":
                default_generator.set_state(state)
            results.append(func(*example, **kwargs))
        if randomness == "error" and bool((default_generator.get_state() != state).any()):
            default_generator.set_state(state)
            raise RuntimeError(_RANDOM)
        return _stacked(results, out_dims)

    return wrapped


def _examples(args: tuple, in_dims) -> tuple:
    """How many examples there are, and the arguments of each."""
    if not args:
        raise ValueError(
            "vmap(f)(<inputs>): got no inputs. Maybe you forgot to add inputs, or you are trying to vmap over a "
            "function with no inputs. The latter is unsupported."
        )
    if not isinstance(in_dims, (int, tuple, list)):
        raise ValueError(
            f"vmap(f, in_dims={in_dims}, ...)(<inputs>): expected `in_dims` to be int or a (potentially nested) tuple "
            f"matching the structure of inputs, got: {type(in_dims)}."
        )
    values = leaves(args)
    dims = spread(in_dims, args, f"vmap(f, in_dims={in_dims}, ...)(<inputs>)")
    sizes = []
    for value, dim in zip(values, dims, strict=True):
        if dim is None:
            continue
        if not isinstance(value, Tensor):
            raise ValueError(
                f"vmap(f, in_dims={in_dims}, ...)(<inputs>): Got in_dim={dim} for an input but the input is of type "
                f"{type(value)}. We cannot vmap over non-Tensor arguments, please use None as the respective in_dim"
            )
        if not -value.dim() <= dim < value.dim():
            raise ValueError(
                f"vmap(f, in_dims={in_dims}, ...)(<inputs>): Got in_dim={dim} for some input, but that input is a "
                "Tensor of "
                f"dimensionality {value.dim()} so expected in_dim to satisfy -{value.dim()} <= in_dim < {value.dim()}."
            )
        sizes.append(value.size(dim))
    if not sizes:
        raise ValueError("vmap: at least one argument must have an in_dim that is not None")
    if len(set(sizes)) > 1:
        raise ValueError(
            f"vmap: Expected all tensors to have the same size in the mapped dimension, got sizes {sizes} for the "
            "mapped dimension"
        )
    pieces = [value if dim is None else value.unbind(dim) for value, dim in zip(values, dims, strict=True)]
    return sizes[0], [
        rebuilt(args, [piece if dim is None else piece[i] for piece, dim in zip(pieces, dims, strict=True)])
        for i in range(sizes[0])
    ]


def _stacked(results: list, out_dims):
    """The results of all examples as one."""
    if not results:
        raise ValueError("vmap: there are no examples (the mapped dimension has size 0)")
    for each in leaves(results[0]):
        if not isinstance(each, Tensor):
            raise ValueError(f"vmap(f, ...): `f` must only return Tensors, got type {type(each)}. Did you mean to set "
                             "out_dims= to None for output?")  # fmt: skip
    dims = spread(out_dims, results[0], f"vmap(f, ..., out_dims={out_dims})")
    columns = zip(*[leaves(each) for each in results], strict=True)
    joined = [column[0] if dim is None else stack(column, dim) for column, dim in zip(columns, dims, strict=True)]
    return rebuilt(results[0], joined)
