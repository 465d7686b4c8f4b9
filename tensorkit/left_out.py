"""What PyTorch has and tensorkit leaves out, with the reason: told to whoever asks for such a name.

`hasattr(torch, 'jit')` is False, as it must be; the error says why, in a note.  `docs/operations.md` lists the same.
"""

#: Why names are not here, and the names; a `*` in one stands for any beginning or end.
_NAMES = {
    "it compiles Python for a C++ runtime; tensorkit runs Python as it is. Leave the decorator out": "jit",
    "it rewrites programs for PyTorch's compiler. `tensorkit.graph` shows what was computed": "fx",
    "it compiles for PyTorch's own runtime": "export",
    "there is no compiler behind tensorkit; `torch.compile` returns its argument": "_dynamo _inductor compiler",
    "it downloads models; nothing here reaches for the network": "hub",
    "it measures PyTorch's kernels; use cProfile or %prun, which see all there is here": """
        profiler BenchmarkConfig BenchmarkExecutionStats ProfilerActivity ProfilerConfig ProfilerEvent ProfilerState
        ThroughputBenchmark kineto_available profiler_allow_cudagraph_cupti_lazy_reinit_cuda12""",
    "it registers C++ kernels": "library",
    "it reaches PyTorch's C++ kernels by name; call the public functions": "ops",
    "it loads C++ classes": "classes",
    "draw with torch.multinomial, torch.normal or torch.bernoulli, and write log_prob by its formula": "distributions",
    "it calls functions on other machines; all_reduce and its kin work between processes": "rpc",
    "it belongs to PyTorch's RPC": "futures",
    "nested tensors are an experiment of PyTorch's; pad, or use torch.nn.utils.rnn.pack_sequence": """
        nested jagged to_padded_tensor""",
    "masked tensors are an experiment of PyTorch's; use torch.where and masked_fill": "masked",
    "tensors are NumPy arrays here: Python's own multiprocessing shares them": "multiprocessing",
    "use numpy.testing.assert_allclose on the arrays, or torch.allclose": "testing",
    "sparse layouts are a library of their own; scipy.sparse has them": """
        sparse sparse_* to_sparse* ccol_indices coalesce col_indices crow_indices dense_dim dsmm hsmm hspmm indices
        is_coalesced resize_as_sparse_ row_indices saddmm smm spmm sspaddmm values""",
    "every tensor here is dense": "to_dense",
    "quantised kernels belong to deployment, not to a first course": """
        quantize* quantized_* fake_quantize* ao quantization dequantize q_* per_* QInt32Storage QInt8Storage
        QUInt2x4Storage QUInt4x2Storage QUInt8Storage choose_qparams_optimized empty_quantized
        fused_moving_avg_obs_fake_quant int_repr qint32 qint8 qscheme quint2x4 quint4x2 quint8""",
    "Fourier transforms are NumPy's business: np.fft on the arrays": "stft istft fft",
    "window functions are SciPy's business: scipy.signal.windows": "*_window",
    "it is one of PyTorch's GPU kernels; call the public function": "cudnn_* miopen_*",
    "it is one of PyTorch's CPU kernels; call the public function": "mkldnn_* fbgemm_*",
    "it is one of PyTorch's kernels; call the public function": "native_*",
    "it is PyTorch's own building block; call the view operation and .clone()": "*_copy",
    "it belongs to PyTorch's compiler": "sym_* SymBool SymFloat SymInt Tag TorchDispatchMode",
    "NumPy has no complex numbers with parts of 16 bits; float16 with complex numbers is complex64 here": """
        complex32 chalf""",
    "PyTorch itself removed it; use torch.linalg.eig": "eig",
    "PyTorch itself removed it; use torch.linalg.eigh": "symeig",
    "PyTorch itself removed it; use torch.linalg.solve": "solve",
    "PyTorch itself removed it; use torch.linalg.lstsq": "lstsq",
    "PyTorch itself removed it; use torch.no_grad()": "volatile",
    "PyTorch itself removed it; write the policy gradient as -(log_prob * reward).sum()": "reinforce",
    "use torch.linalg.eigh, or scipy.sparse.linalg.lobpcg": "lobpcg",
    "use torch.linalg.lu_factor, which checks": "lu_factor_ex",
    "write x[…]": "index",
    "PyTorch itself removed it; use torch.linalg.matrix_rank": "matrix_rank",
    "it prepares a tensor for one of PyTorch's CPU kernels": "to_mkldnn",
    "give torch.nn.functional.embedding a max_norm": "embedding_renorm_",
    "map the file with numpy.memmap, and make a tensor of that with torch.from_numpy": "from_file",
    "hash the bytes: hash(x.numpy().tobytes())": "hash_tensor",
    "use torch.Tensor.scatter_reduce with the number of each element's segment": "segment_reduce",
    "it is PyTorch's own building block; use slice_scatter": "slice_inverse",
    "use torch.where, or a loop over tolist()": "map2_",
    "it is how PyTorch moves parameters between devices; use copy_": "module_load",
    "it rewrites programs for PyTorch's compiler": "functionalize",
    "use permute and reshape, or the package einops": "rearrange",
    "put a hook on each tensor with register_hook, and let the last one act": "register_multi_grad_hook",
    "PyTorch itself gave it up; a tensor with requires_grad=True is one": "variable",
    "PyTorch itself gave it up; use torch.autograd.Function": "NestedIOFunction",
    "it belongs to torch.jit, which compiles Python for a C++ runtime": """
        *Type AliasDb Argument ArgumentSpec Block BufferDict CallStack Capsule Code CompilationUnit CompleteArgumentSpec
        ConcreteModuleTypeBuilder DeepCopyMemoTable DeserializationStorageContext ErrorReport ExecutionPlan FileCheck
        FunctionSchema Future Gradient Graph GraphExecutorState IODescriptor JITException LiteScriptModule ModuleDict
        Node OperatorInfo ParameterDict PyTorchFileReader PyTorchFileWriter ScriptClass ScriptClassFunction ScriptDict
        ScriptDictIterator ScriptDictKeyIterator ScriptFunction ScriptList ScriptListIterator ScriptMethod ScriptModule
        ScriptModuleSerializer ScriptObject ScriptObjectProperty SerializationStorageContext StaticModule TracingState
        Type Use Value fork import_ir_module import_ir_module_from_buffer merge_type_from_type_comment parse_ir
        parse_schema parse_type_comment unify_type_list wait""",
    "PyTorch itself gave it up; use torch.nn.Module": "Container",
    "it is torch.nn.LocalResponseNorm under an older name": "CrossMapLRN2d",
    "it saves memory of GPUs; cross_entropy(linear(x, w), target) is the same loss": """
        LinearCrossEntropy* linear_cross_entropy""",
    "it is PyTorch's own helper": "factory_kwargs",
    "call the function without this ending, with return_indices=True": "*_with_indices",
    "use conv1d on transposed axes": "conv_tbc",
    "it is one of PyTorch's GPU kernels; use torch.bmm": "*grouped_mm",
    "it is one of PyTorch's GPU kernels; use torch.mm": "scaled_mm",
    "it belongs to one of PyTorch's GPU kernels": "ScalingType SwizzleType",
    "it is how PyTorch makes lazy parameters; see tensorkit/nn/lazy.py": "UninitializedTensorMixin",
    "it prepares a network for deployment": "fuse_*",
    "make the module as usual, then load its state": "skip_init",
    "use torch.func.functional_call": "stateless",
    "register a parametrization that multiplies the weight by a mask: torch.nn.utils.parametrize": "prune",
    "begin with torch.nn.init.orthogonal_, or write the map as a parametrization of your own": "orthogonal",
    "register the same parametrization on the other module": "transfer_parametrizations_and_params",
    "it saves memory of very large models; use torch.optim.Adam": "Adafactor",
    "it is made for very large models; use torch.optim.AdamW": "Muon",
    "every gradient is dense here; use torch.optim.Adam": "SparseAdam",
    "keep two optimizers, or load_state_dict": "swap_in_optimizer_params_and_state",
    "PyTorch itself gave data pipes up; use torch.utils.data.IterableDataset": """
        *DataPipe functional_datapipe DataChunk *_determinism non_deterministic runtime_validation*
        argument_validation""",
    "it is a part of PyTorch's C++ machinery": """
        AVG AggregationType DispatchKey DispatchKeySet DisableTorchFunction DisableTorchFunctionSubclass
        ExcludeDispatchKeyGuard FatalError LockingLogger LoggerBase NoopLogger PRIVATE_OPS SUM StorageBase SavedTensor
        USE_GLOBAL_DEPS USE_RTLD_GLOBAL_WITH_LIBTORCH classproperty compiled_with_cxx11_abi get_file_path
        legacy_contiguous_format prepare_multiprocessing_environment debug_unwrap enforce_grad_layout_policy
        thread_safe_generator""",
    "NumPy has no numbers of this size, and PyTorch computes nothing with them": """
        bit bits16 bits1x8 bits2x4 bits4x2 bits8 int1 int2 int3 int4 int5 int6 int7 uint1 uint2 uint3 uint4 uint5 uint6
        uint7""",
    "numbers of 8 bits and less are for GPUs; use bfloat16 or float16": """
        float4_e2m1fn_x2 float8_e4m3fn float8_e4m3fnuz float8_e5m2 float8_e5m2fnuz float8_e8m0fnu""",
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
REASONS = {name: why for why, names in _NAMES.items() for name in names.split()}

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
