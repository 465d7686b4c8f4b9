"""What PyTorch has and tensorkit leaves out, with the reason: told to whoever asks for such a name.

`hasattr(torch, 'jit')` is False, as it must be; the error says why, in a note.  `docs/operations.md` lists the same.
"""

#: Name, or the beginning of names (with `*`), and why it is not here.
REASONS = {
    "jit": "it compiles Python for a C++ runtime; tensorkit runs Python as it is. Leave the decorator out",
    "fx": "it rewrites programs for PyTorch's compiler. `tensorkit.graph` shows what was computed",
    "export": "it compiles for PyTorch's own runtime",
    "_dynamo": "there is no compiler behind tensorkit; `torch.compile` returns its argument",
    "_inductor": "there is no compiler behind tensorkit; `torch.compile` returns its argument",
    "compiler": "there is no compiler behind tensorkit; `torch.compile` returns its argument",
    "hub": "it downloads models; nothing here reaches for the network",
    "profiler": "it measures PyTorch's kernels; use cProfile or %prun, which see all there is here",
    "library": "it registers C++ kernels",
    "ops": "it reaches PyTorch's C++ kernels by name; call the public functions",
    "classes": "it loads C++ classes",
    "distributions": "draw with torch.multinomial, torch.normal or torch.bernoulli, and write log_prob by its formula",
    "rpc": "it calls functions on other machines; all_reduce and its kin work between processes",
    "futures": "it belongs to PyTorch's RPC",
    "nested": "nested tensors are an experiment of PyTorch's; pad, or use torch.nn.utils.rnn.pack_sequence",
    "masked": "masked tensors are an experiment of PyTorch's; use torch.where and masked_fill",
    "multiprocessing": "tensors are NumPy arrays here: Python's own multiprocessing shares them",
    "testing": "use numpy.testing.assert_allclose on the arrays, or torch.allclose",
    "sparse": "sparse layouts are a library of their own; scipy.sparse has them",
    "sparse_*": "sparse layouts are a library of their own; scipy.sparse has them",
    "to_sparse*": "sparse layouts are a library of their own; scipy.sparse has them",
    "to_dense": "every tensor here is dense",
    "quantize*": "quantised kernels belong to deployment, not to a first course",
    "quantized_*": "quantised kernels belong to deployment, not to a first course",
    "fake_quantize*": "quantised kernels belong to deployment, not to a first course",
    "ao": "quantised kernels belong to deployment, not to a first course",
    "quantization": "quantised kernels belong to deployment, not to a first course",
    "dequantize": "quantised kernels belong to deployment, not to a first course",
    "q_*": "quantised kernels belong to deployment, not to a first course",
    "stft": "Fourier transforms are NumPy's business: np.fft on the arrays",
    "istft": "Fourier transforms are NumPy's business: np.fft on the arrays",
    "fft": "Fourier transforms are NumPy's business: np.fft on the arrays",
    "*_window": "window functions are SciPy's business: scipy.signal.windows",
    "cudnn_*": "it is one of PyTorch's GPU kernels; call the public function",
    "mkldnn_*": "it is one of PyTorch's CPU kernels; call the public function",
    "miopen_*": "it is one of PyTorch's GPU kernels; call the public function",
    "fbgemm_*": "it is one of PyTorch's CPU kernels; call the public function",
    "native_*": "it is one of PyTorch's kernels; call the public function",
    "*_copy": "it is PyTorch's own building block; call the view operation and .clone()",
    "sym_*": "it belongs to PyTorch's compiler",
    "complex32": "NumPy has no complex numbers with parts of 16 bits; float16 with complex numbers is complex64 here",
    "chalf": "NumPy has no complex numbers with parts of 16 bits; float16 with complex numbers is complex64 here",
    "eig": "PyTorch itself removed it; use torch.linalg.eig",
    "symeig": "PyTorch itself removed it; use torch.linalg.eigh",
    "solve": "PyTorch itself removed it; use torch.linalg.solve",
    "lstsq": "PyTorch itself removed it; use torch.linalg.lstsq",
    "volatile": "PyTorch itself removed it; use torch.no_grad()",
    "reinforce": "PyTorch itself removed it; write the policy gradient as -(log_prob * reward).sum()",
    "lobpcg": "use torch.linalg.eigh, or scipy.sparse.linalg.lobpcg",
    "lu*": "use torch.linalg.solve, or scipy.linalg.lu",
    "igamma*": "incomplete gamma functions are SciPy's business: scipy.special.gammainc",
    # Names of torch.nn and its parts, torch.optim and torch.utils
    "Container": "PyTorch itself gave it up; use torch.nn.Module",
    "CrossMapLRN2d": "it is torch.nn.LocalResponseNorm under an older name",
    "LinearCrossEntropy*": "it saves memory of GPUs; cross_entropy(linear(x, w), target) is the same loss",
    "linear_cross_entropy": "it saves memory of GPUs; cross_entropy(linear(x, w), target) is the same loss",
    "factory_kwargs": "it is PyTorch's own helper",
    "*_with_indices": "call the function without this ending, with return_indices=True",
    "conv_tbc": "use conv1d on transposed axes",
    "*grouped_mm": "it is one of PyTorch's GPU kernels; use torch.bmm",
    "scaled_mm": "it is one of PyTorch's GPU kernels; use torch.mm",
    "ScalingType": "it belongs to one of PyTorch's GPU kernels",
    "SwizzleType": "it belongs to one of PyTorch's GPU kernels",
    "UninitializedTensorMixin": "it is how PyTorch makes lazy parameters; see tensorkit/nn/lazy.py",
    "convert_conv*_weight_memory_format": "weights have one order of memory here",
    "fuse_*": "it prepares a network for deployment",
    "skip_init": "make the module as usual, then load its state",
    "stateless": "use torch.func.functional_call",
    "prune": "register a parametrization that multiplies the weight by a mask: torch.nn.utils.parametrize",
    "orthogonal": "begin with torch.nn.init.orthogonal_, or write the map as a parametrization of your own",
    "transfer_parametrizations_and_params": "register the same parametrization on the other module",
    "Adafactor": "it saves memory of very large models; use torch.optim.Adam",
    "Muon": "it is made for very large models; use torch.optim.AdamW",
    "SparseAdam": "every gradient is dense here; use torch.optim.Adam",
    "swap_in_optimizer_params_and_state": "keep two optimizers, or load_state_dict",
    "*DataPipe": "PyTorch itself gave data pipes up; use torch.utils.data.IterableDataset",
    "functional_datapipe": "PyTorch itself gave data pipes up; use torch.utils.data.IterableDataset",
    "DataChunk": "PyTorch itself gave data pipes up; use torch.utils.data.IterableDataset",
    "*_determinism": "PyTorch itself gave data pipes up; use torch.utils.data.IterableDataset",
    "non_deterministic": "PyTorch itself gave data pipes up; use torch.utils.data.IterableDataset",
    "runtime_validation*": "PyTorch itself gave data pipes up; use torch.utils.data.IterableDataset",
    "argument_validation": "PyTorch itself gave data pipes up; use torch.utils.data.IterableDataset",
}

#: Attributes of PyTorch's tensors that are left out.
OF_TENSORS = """
    chalf dequantize eig istft lstsq narrow_copy q_per_channel_axis q_per_channel_scales
    q_per_channel_zero_points q_scale q_zero_point reinforce solve sparse_dim sparse_mask sparse_resize_
    sparse_resize_and_clear_ stft symeig to_dense to_sparse to_sparse_bsc to_sparse_bsr to_sparse_coo to_sparse_csc
    to_sparse_csr volatile
""".split()

_HOME = "tensorkit leaves this out"


def reason(name: str) -> str | None:
    """Why `torch.<name>` (or a tensor's method of that name) is not here; None for a name that is just unknown.

    >>> reason("sparse_coo_tensor")
    'tensorkit leaves this out: sparse layouts are a library of their own; scipy.sparse has them.'
    """
    for pattern, why in REASONS.items():
        start, star, end = pattern.partition("*")
        if (
            (name.startswith(start) and name.endswith(end) and len(name) >= len(start + end))
            if star
            else name == pattern
        ):
            return f"{_HOME}: {why}."
    return None


def missing(owner: str, name: str) -> AttributeError:
    """Python's error for an attribute that is not there, with the reason in a note where there is one."""
    error = AttributeError(f"{owner} has no attribute '{name}'")
    why = reason(name)
    if why is not None:
        error.add_note(why)
    return error


class LeftOut:
    """Stands on a class for an attribute that is left out: asking for it is the error that says why.

    The class needs no `__getattr__` for that, with which Python would look up each of its attributes, those that are
    there too, in twice the time: `x + y` on scalars would take a tenth longer.
    """

    __slots__ = ("name",)

    def __init__(self, name: str):
        self.name = name

    def __get__(self, instance, owner):
        if instance is None:
            raise missing(f"type object '{owner.__name__}'", self.name)
        raise missing(f"'{type(instance).__name__}' object", self.name)
