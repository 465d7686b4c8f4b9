"""How to read a layer's constructor arguments off the layer, for the layers that tensorkit and PyTorch share.

One table for both directions: the two libraries name the attributes alike.  Here is only what to read; `modules.py`
builds the layer of the other library from it.
"""

from collections.abc import Callable
from typing import Any

#: Class names, and the arguments that stand in attributes of the same name. The entries of `_READERS` and `_SPECIAL`
#: are read otherwise.
_PLAIN = """
    Linear LazyLinear                       in_features out_features bias
    Bilinear                                in1_features in2_features out_features bias
    NonDynamicallyQuantizableLinear         in_features out_features bias
    Identity Module Sequential ModuleList ModuleDict .
    Flatten                                 start_dim end_dim
    Unflatten                               dim unflattened_size
    Conv1d Conv2d Conv3d                    in_channels out_channels kernel_size stride padding dilation groups bias
                                            padding_mode
    ConvTranspose1d ConvTranspose2d ConvTranspose3d  in_channels out_channels kernel_size stride padding
                                            output_padding groups bias dilation padding_mode
    Fold                                    output_size kernel_size dilation padding stride
    Unfold                                  kernel_size dilation padding stride
    BatchNorm1d BatchNorm2d BatchNorm3d SyncBatchNorm InstanceNorm1d InstanceNorm2d InstanceNorm3d
                                            num_features eps momentum affine track_running_stats bias
    GroupNorm                               num_groups num_channels eps affine bias
    LayerNorm                               normalized_shape eps elementwise_affine bias
    RMSNorm                                 normalized_shape eps elementwise_affine
    LocalResponseNorm                       size alpha beta k
    Embedding                               num_embeddings embedding_dim padding_idx max_norm norm_type
                                            scale_grad_by_freq sparse
    EmbeddingBag                            num_embeddings embedding_dim max_norm norm_type scale_grad_by_freq mode
                                            sparse include_last_offset padding_idx
    RNN                                     input_size hidden_size num_layers nonlinearity bias batch_first dropout
                                            bidirectional
    GRU                                     input_size hidden_size num_layers bias batch_first dropout bidirectional
    LSTM                                    input_size hidden_size num_layers bias batch_first dropout bidirectional
                                            proj_size
    RNNCell                                 input_size hidden_size bias nonlinearity
    LSTMCell GRUCell                        input_size hidden_size bias
    MultiheadAttention                      embed_dim num_heads dropout bias add_bias_kv add_zero_attn kdim vdim
                                            batch_first
    TransformerEncoderLayer TransformerDecoderLayer  d_model nhead dim_feedforward dropout activation layer_norm_eps
                                            batch_first norm_first bias
    TransformerEncoder                      encoder_layer num_layers norm enable_nested_tensor mask_check
    TransformerDecoder                      decoder_layer num_layers norm
    Transformer                             d_model nhead custom_encoder custom_decoder batch_first
    ParameterList                           values
    ParameterDict                           parameters
    Dropout Dropout1d Dropout2d Dropout3d AlphaDropout FeatureAlphaDropout  p inplace
    ReLU ReLU6 SELU SiLU Mish Hardsigmoid Hardswish  inplace
    Sigmoid Tanh LogSigmoid Softsign Tanhshrink Softmax2d .
    ELU CELU                                alpha inplace
    LeakyReLU                               negative_slope inplace
    RReLU                                   lower upper inplace
    PReLU                                   num_parameters init
    Hardtanh                                min_val max_val inplace
    Threshold                               threshold value inplace
    Softplus                                beta threshold
    Hardshrink Softshrink                   lambd
    GELU                                    approximate
    GLU Softmax LogSoftmax Softmin          dim
    MaxPool1d MaxPool2d MaxPool3d           kernel_size stride padding dilation return_indices ceil_mode
    MaxUnpool1d MaxUnpool2d MaxUnpool3d     kernel_size stride padding
    AvgPool1d                               kernel_size stride padding ceil_mode count_include_pad
    AvgPool2d AvgPool3d                     kernel_size stride padding ceil_mode count_include_pad divisor_override
    LPPool1d LPPool2d LPPool3d              norm_type kernel_size stride ceil_mode
    AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d  output_size
    AdaptiveMaxPool1d AdaptiveMaxPool2d AdaptiveMaxPool3d  output_size return_indices
    FractionalMaxPool2d FractionalMaxPool3d  kernel_size output_size output_ratio return_indices _random_samples
    CircularPad1d CircularPad2d CircularPad3d ReflectionPad1d ReflectionPad2d ReflectionPad3d
    ReplicationPad1d ReplicationPad2d ReplicationPad3d ZeroPad1d ZeroPad2d ZeroPad3d  padding
    ConstantPad1d ConstantPad2d ConstantPad3d  padding value
    PixelShuffle                            upscale_factor
    PixelUnshuffle                          downscale_factor
    ChannelShuffle                          groups
    Upsample                                size scale_factor mode align_corners recompute_scale_factor
    UpsamplingBilinear2d UpsamplingNearest2d  size scale_factor
    CosineSimilarity                        dim eps
    PairwiseDistance                        p eps keepdim
    L1Loss MSELoss SoftMarginLoss MultiLabelMarginLoss  reduction
    SmoothL1Loss                            reduction beta
    HuberLoss                               reduction delta
    BCELoss MultiLabelSoftMarginLoss        weight reduction
    BCEWithLogitsLoss                       weight reduction pos_weight
    NLLLoss NLLLoss2d                       weight ignore_index reduction
    CrossEntropyLoss                        weight ignore_index reduction label_smoothing
    KLDivLoss                               reduction log_target
    GaussianNLLLoss                         full eps reduction
    PoissonNLLLoss                          log_input full eps reduction
    CTCLoss                                 blank reduction zero_infinity
    MarginRankingLoss HingeEmbeddingLoss CosineEmbeddingLoss  margin reduction
    MultiMarginLoss                         p margin weight reduction
    TripletMarginLoss                       margin p eps swap reduction
    TripletMarginWithDistanceLoss           distance_function margin swap reduction
    AdaptiveLogSoftmaxWithLoss              in_features n_classes cutoffs div_value head_bias
"""


def _read_table(text: str) -> dict[str, tuple[str, ...]]:
    """Class names begin with a capital, arguments do not; '.' stands for none."""
    table: dict[str, tuple[str, ...]] = {}
    classes: list[str] = []
    in_arguments = False
    for word in text.split():
        if word[0].isupper():
            if in_arguments:
                classes, in_arguments = [], False
            classes.append(word)
            table[word] = ()
        else:
            in_arguments = True
            for name in classes:
                table[name] += (word,) if word != "." else ()
    return table


def _has_bias(module) -> bool:
    """Recurrent layers note it as a bool; for the others it is whether the parameter is there."""
    if hasattr(module, "in_proj_bias"):
        return module.in_proj_bias is not None
    found = getattr(module, "bias", None)
    return found if isinstance(found, bool) else found is not None


#: Arguments that are not noted under their names, whatever the class.
_READERS: dict[str, Callable[[Any], Any]] = {
    "bias": _has_bias,
    "add_bias_kv": lambda module: module.bias_k is not None,
    "encoder_layer": lambda module: module.layers[0],
    "decoder_layer": lambda module: module.layers[0],
    "enable_nested_tensor": lambda module: module.use_nested_tensor,  # otherwise building it would warn again
    "custom_encoder": lambda module: module.encoder,
    "custom_decoder": lambda module: module.decoder,
    "values": list,
    "parameters": lambda module: dict(module.items()),
    "n_classes": lambda module: module.n_classes,
    "cutoffs": lambda module: list(module.cutoffs[:-1]),
    "d_model": lambda module: module.d_model if hasattr(module, "d_model") else module.linear1.in_features,
    "nhead": lambda module: module.nhead if hasattr(module, "nhead") else module.self_attn.num_heads,
    "dim_feedforward": lambda module: module.linear1.out_features,
    "layer_norm_eps": lambda module: module.norm1.eps,
}

#: Arguments that one class notes otherwise than the rest.
_SPECIAL: dict[tuple[str, str], Callable[[Any], Any]] = {
    ("PairwiseDistance", "p"): lambda module: module.norm,
    **{
        (f"Transformer{kind}Layer", name): reader
        for kind in ("Encoder", "Decoder")
        for name, reader in {
            "batch_first": lambda module: module.self_attn.batch_first,
            "dropout": lambda module: module.dropout.p,
            "bias": lambda module: module.linear1.bias is not None,
        }.items()
    },
}

#: The argument names of every class that can be rebuilt, by class name.
ARGUMENTS = _read_table(_PLAIN)


def arguments_of(name: str, module) -> dict[str, Any]:
    """The arguments that make a module like `module`, of the class called `name` in both libraries.

    >>> from tensorkit import nn
    >>> arguments_of("Linear", nn.Linear(2, 3, bias=False))
    {'in_features': 2, 'out_features': 3, 'bias': False}
    """
    found = {}
    for argument in ARGUMENTS[name]:
        reader = _SPECIAL.get((name, argument)) or _READERS.get(argument)
        found[argument] = getattr(module, argument) if reader is None else reader(module)
    return found
