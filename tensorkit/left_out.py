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
    "lu_factor_ex": "use torch.linalg.lu_factor, which checks",
    "index": "write x[…]",
    "matrix_rank": "PyTorch itself removed it; use torch.linalg.matrix_rank",
    "to_mkldnn": "it prepares a tensor for one of PyTorch's CPU kernels",
    "per_*": "quantised kernels belong to deployment, not to a first course",
    "embedding_renorm_": "give torch.nn.functional.embedding a max_norm",
    "from_file": "map the file with numpy.memmap, and make a tensor of that with torch.from_numpy",
    "hash_tensor": "hash the bytes: hash(x.numpy().tobytes())",
    "segment_reduce": "use torch.Tensor.scatter_reduce with the number of each element's segment",
    "slice_inverse": "it is PyTorch's own building block; use slice_scatter",
    "map2_": "use torch.where, or a loop over tolist()",
    "module_load": "it is how PyTorch moves parameters between devices; use copy_",
    "functionalize": "it rewrites programs for PyTorch's compiler",
    "rearrange": "use permute and reshape, or the package einops",
    "register_multi_grad_hook": "put a hook on each tensor with register_hook, and let the last one act",
    "variable": "PyTorch itself gave it up; a tensor with requires_grad=True is one",
    "NestedIOFunction": "PyTorch itself gave it up; use torch.autograd.Function",
    "*Type": "it belongs to torch.jit, which compiles Python for a C++ runtime",
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

#: Whole families of names that have one reason.
_FAMILIES = {
    "it belongs to torch.jit, which compiles Python for a C++ runtime": """
        AliasDb Argument ArgumentSpec Block BufferDict CallStack Capsule Code CompilationUnit CompleteArgumentSpec
        ConcreteModuleTypeBuilder DeepCopyMemoTable DeserializationStorageContext ErrorReport ExecutionPlan FileCheck
        FunctionSchema Future Gradient Graph GraphExecutorState IODescriptor JITException LiteScriptModule ModuleDict
        Node OperatorInfo ParameterDict PyTorchFileReader PyTorchFileWriter ScriptClass ScriptClassFunction ScriptDict
        ScriptDictIterator ScriptDictKeyIterator ScriptFunction ScriptList ScriptListIterator ScriptMethod ScriptModule
        ScriptModuleSerializer ScriptObject ScriptObjectProperty SerializationStorageContext StaticModule TracingState
        Type Use Value fork import_ir_module import_ir_module_from_buffer merge_type_from_type_comment parse_ir
        parse_schema parse_type_comment unify_type_list wait""",
    "it belongs to PyTorch's compiler": "SymBool SymFloat SymInt Tag TorchDispatchMode",
    "it is a part of PyTorch's C++ machinery": """
        AVG AggregationType DispatchKey DispatchKeySet DisableTorchFunction DisableTorchFunctionSubclass
        ExcludeDispatchKeyGuard FatalError LockingLogger LoggerBase NoopLogger PRIVATE_OPS SUM StorageBase
        SavedTensor USE_GLOBAL_DEPS USE_RTLD_GLOBAL_WITH_LIBTORCH classproperty compiled_with_cxx11_abi get_file_path
        legacy_contiguous_format prepare_multiprocessing_environment debug_unwrap enforce_grad_layout_policy
        thread_safe_generator""",
    "it measures PyTorch's kernels; use cProfile or %prun, which see all there is here": """
        BenchmarkConfig BenchmarkExecutionStats ProfilerActivity ProfilerConfig ProfilerEvent ProfilerState
        ThroughputBenchmark kineto_available
        profiler_allow_cudagraph_cupti_lazy_reinit_cuda12""",
    "quantised kernels belong to deployment, not to a first course": """
        QInt32Storage QInt8Storage QUInt2x4Storage QUInt4x2Storage QUInt8Storage choose_qparams_optimized
        empty_quantized fused_moving_avg_obs_fake_quant int_repr qint32 qint8 qscheme quint2x4 quint4x2 quint8""",
    "NumPy has no numbers of this size, and PyTorch computes nothing with them": """
        bit bits16 bits1x8 bits2x4 bits4x2 bits8 int1 int2 int3 int4 int5 int6 int7 uint1 uint2 uint3 uint4 uint5 uint6
        uint7""",
    "numbers of 8 bits and less are for GPUs; use bfloat16 or float16": """
        float4_e2m1fn_x2 float8_e4m3fn float8_e4m3fnuz float8_e5m2 float8_e5m2fnuz float8_e8m0fnu""",
    "sparse layouts are a library of their own; scipy.sparse has them": """
        ccol_indices coalesce col_indices crow_indices dense_dim dsmm hsmm hspmm indices is_coalesced
        resize_as_sparse_ row_indices saddmm smm spmm sspaddmm values""",
    "nested tensors are an experiment of PyTorch's; pad, or use torch.nn.utils.rnn.pack_sequence": """
        jagged to_padded_tensor""",
    "it is one of the kernels behind a recurrent layer: use torch.nn.RNN, GRU, LSTM or their cells": """
        gru gru_cell lstm lstm_cell rnn_relu rnn_relu_cell rnn_tanh rnn_tanh_cell""",
    "it is one of the kernels behind SyncBatchNorm; call torch.nn.functional.batch_norm": """
        batch_norm_backward_elemt batch_norm_backward_reduce batch_norm_elemt batch_norm_gather_stats
        batch_norm_gather_stats_with_counts batch_norm_stats batch_norm_update_stats""",
    "it belongs to a device that tensorkit has nothing for; 'cpu' works everywhere": """
        ipu mtia xpu get_autocast_ipu_dtype get_autocast_xla_dtype get_device_module is_autocast_ipu_enabled
        is_autocast_xla_enabled set_autocast_ipu_dtype set_autocast_ipu_enabled set_autocast_xla_dtype
        set_autocast_xla_enabled""",
    "it orders work on a GPU's streams, which tensorkit has one of": """
        Event Stream StreamObjType DeviceObjType record_stream set_override_stale_capture_stream
        set_warn_on_accumulate_grad_stream_mismatch region_activation_memory_budget""",
    "the backward pass runs in the thread that asks for it": """
        is_multithreading_enabled set_multithreading_enabled is_view_replay_enabled""",
}
REASONS |= {name: why for why, names in _FAMILIES.items() for name in names.split()}

#: Attributes of PyTorch's tensors that are left out.
OF_TENSORS = """
    ccol_indices chalf coalesce col_indices crow_indices dense_dim dequantize eig hash_tensor index indices int_repr
    ipu is_coalesced istft lstsq map2_ module_load mtia narrow_copy q_per_channel_axis q_per_channel_scales
    q_per_channel_zero_points q_scale q_zero_point qscheme record_stream reinforce resize_as_sparse_ row_indices
    slice_inverse smm solve sparse_dim sparse_mask sparse_resize_ sparse_resize_and_clear_ sspaddmm stft symeig
    to_dense to_mkldnn to_padded_tensor to_sparse to_sparse_bsc to_sparse_bsr to_sparse_coo to_sparse_csc
    to_sparse_csr values volatile xpu
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
