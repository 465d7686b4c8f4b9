"""Transformers: encoder and decoder layers, stacks of them, and the two together.

Source: Vaswani and others, Attention Is All You Need, https://arxiv.org/abs/1706.03762
"""

import copy
from warnings import warn

from . import functional as F
from . import init
from .attention import MultiheadAttention
from .containers import ModuleList
from .dropout import Dropout
from .errors import own
from .functional.attention import causal_mask
from .linear import Linear
from .module import Module
from .norm import LayerNorm


def _activation(given):
    if not isinstance(given, str):
        return given
    if given not in ("relu", "gelu"):
        raise RuntimeError(f"activation should be relu/gelu, not {given}")
    return F.relu if given == "relu" else F.gelu


def _is_causal(mask, given: bool | None, size: int | None) -> bool:
    """Whether a mask lets each place look at itself and those before it alone; what was said, if anything was."""
    if given is not None or mask is None:
        return given is True
    kind = mask.dtype if mask.is_floating_point() else None
    causal = causal_mask(size if size is not None else mask.size(-2), dtype=kind)
    return mask.size() == causal.size() and bool((mask == causal).all())


class _Layer(Module):
    """What encoder and decoder layers share: the parts, and how blocks are joined."""

    _attentions: tuple[str, ...]

    def __init__(self, d_model: int, nhead: int, dim_feedforward: int = 2048, dropout: float = 0.1, activation=F.relu,
                 layer_norm_eps: float = 1e-5, batch_first: bool = False, norm_first: bool = False, bias: bool = True,
                 device=None, dtype=None):  # fmt: skip
        super().__init__()
        for name in self._attentions:
            made = MultiheadAttention(
                d_model, nhead, dropout=dropout, bias=bias, batch_first=batch_first, device=device, dtype=dtype
            )
            setattr(self, name, made)
        self.linear1 = Linear(d_model, dim_feedforward, bias, device, dtype)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias, device, dtype)
        self.norm_first = norm_first
        blocks = range(1, len(self._attentions) + 2)
        for number in blocks:
            setattr(self, f"norm{number}", LayerNorm(d_model, layer_norm_eps, bias=bias, device=device, dtype=dtype))
        for number in blocks:
            setattr(self, f"dropout{number}", Dropout(dropout))
        self.activation = _activation(activation)

    def _feed_forward(self, x):
        return self.linear2(self.dropout(self.activation(self.linear1(x))))

    def _look(self, attention, dropout, x, memory, mask, padding, causal: bool):
        found = attention(x, memory, memory, attn_mask=mask, key_padding_mask=padding, is_causal=causal,
                          need_weights=False)[0]  # fmt: skip
        return dropout(found)

    def _joined(self, x, blocks):
        """Each block's result added to what it got, with the normalisation before the block or after the sum."""
        for norm, block in blocks:
            x = x + block(norm(x)) if self.norm_first else norm(x + block(x))
        return x


@own("__init__")
class TransformerEncoderLayer(_Layer):
    """Self-attention and a feed-forward network, each with a shortcut around it and a normalisation.

    d_model          the size of inputs and results
    nhead            how many heads the attention has
    dim_feedforward  the size inside the feed-forward network
    norm_first       normalise before each block, not after

    >>> torch.nn.TransformerEncoderLayer(4, 2, dim_feedforward=8)(torch.ones(5, 1, 4)).shape
    torch.Size([5, 1, 4])
    """

    _attentions = ("self_attn",)

    def forward(self, src, src_mask=None, src_key_padding_mask=None, is_causal: bool = False):
        """The encoded sequence.

        src                   length, batch, size (batch first with `batch_first`)
        src_mask              length, length: which places may not look at which
        src_key_padding_mask  batch, length: places that are padding
        """
        padding = F.attention._canonical_mask(
            src_key_padding_mask, "src_key_padding_mask", None if src_mask is None else src_mask.dtype, "src_mask",
            src.dtype,
        )  # fmt: skip
        mask = F.attention._canonical_mask(src_mask, "src_mask", None, "", src.dtype, check_other=False)
        return self._joined(src, (
            (self.norm1, lambda x: self._look(self.self_attn, self.dropout1, x, x, mask, padding, is_causal)),
            (self.norm2, lambda x: self.dropout2(self._feed_forward(x))),
        ))  # fmt: skip


@own("__init__")
class TransformerDecoderLayer(_Layer):
    """Self-attention, attention to an encoder's results, and a feed-forward network.

    >>> torch.nn.TransformerDecoderLayer(4, 2, dim_feedforward=8)(torch.ones(3, 1, 4), torch.ones(5, 1, 4)).shape
    torch.Size([3, 1, 4])
    """

    _attentions = ("self_attn", "multihead_attn")

    def forward(self, tgt, memory, tgt_mask=None, memory_mask=None, tgt_key_padding_mask=None,
                memory_key_padding_mask=None, tgt_is_causal: bool = False, memory_is_causal: bool = False):  # fmt: skip
        """The decoded sequence.

        tgt     target length, batch, size (batch first with `batch_first`)
        memory  source length, batch, size: the encoder's results
        """
        own = (tgt_mask, tgt_key_padding_mask, tgt_is_causal)
        other = (memory_mask, memory_key_padding_mask, memory_is_causal)
        return self._joined(tgt, (
            (self.norm1, lambda x: self._look(self.self_attn, self.dropout1, x, x, *own)),
            (self.norm2, lambda x: self._look(self.multihead_attn, self.dropout2, x, memory, *other)),
            (self.norm3, lambda x: self.dropout3(self._feed_forward(x))),
        ))  # fmt: skip


def _why_not_nested(layer) -> str:
    """Why PyTorch would not skip padding in this kind of layer (it says so in a warning); '' where it would."""
    if not isinstance(layer, TransformerEncoderLayer):
        return "encoder_layer was not TransformerEncoderLayer"
    if layer.norm_first:
        return "encoder_layer.norm_first was True"
    if not layer.self_attn.batch_first:
        return ("encoder_layer.self_attn.batch_first was not True"
                "(use batch_first for better inference performance)")  # fmt: skip
    if not layer.self_attn._qkv_same_embed_dim:
        return "encoder_layer.self_attn._qkv_same_embed_dim was not True"
    if layer.self_attn.in_proj_bias is None:
        return "encoder_layer.self_attn was passed bias=False"
    if layer.activation not in (F.relu, F.gelu):
        return "encoder_layer.activation_relu_or_gelu was not True"
    if layer.self_attn.num_heads % 2 == 1:
        return "encoder_layer.self_attn.num_heads is odd"
    return ""


class TransformerEncoder(Module):
    """Several copies of an encoder layer, one after the other.

    norm  a last normalisation

    >>> layer = torch.nn.TransformerEncoderLayer(4, 2, dim_feedforward=8, batch_first=True)
    >>> torch.nn.TransformerEncoder(layer, 2)(torch.ones(1, 5, 4)).shape
    torch.Size([1, 5, 4])
    """

    def __init__(self, encoder_layer, num_layers: int, norm=None, enable_nested_tensor: bool = True,
                 mask_check: bool = True):  # fmt: skip
        super().__init__()
        self.layers = ModuleList([copy.deepcopy(encoder_layer) for _ in range(num_layers)])
        self.num_layers = num_layers
        self.norm = norm
        self.enable_nested_tensor = enable_nested_tensor
        self.mask_check = mask_check
        reason = _why_not_nested(encoder_layer)
        self.use_nested_tensor = enable_nested_tensor and not reason
        if enable_nested_tensor and reason:
            warn(f"enable_nested_tensor is True, but self.use_nested_tensor is False because {reason}", stacklevel=2)

    def forward(self, src, mask=None, src_key_padding_mask=None, is_causal: bool | None = None):
        padding = F.attention._canonical_mask(
            src_key_padding_mask, "src_key_padding_mask", None if mask is None else mask.dtype, "mask", src.dtype
        )
        mask = F.attention._canonical_mask(mask, "mask", None, "", src.dtype, check_other=False)
        causal = _is_causal(mask, is_causal, _length(src, self.layers[0].self_attn.batch_first))
        x = src
        for layer in self.layers:
            x = layer(x, src_mask=mask, is_causal=causal, src_key_padding_mask=padding)
        return x if self.norm is None else self.norm(x)


class TransformerDecoder(Module):
    """Several copies of a decoder layer, one after the other.

    norm  a last normalisation

    >>> layer = torch.nn.TransformerDecoderLayer(4, 2, dim_feedforward=8)
    >>> torch.nn.TransformerDecoder(layer, 2)(torch.ones(3, 1, 4), torch.ones(5, 1, 4)).shape
    torch.Size([3, 1, 4])
    """

    def __init__(self, decoder_layer, num_layers: int, norm=None):
        super().__init__()
        self.layers = ModuleList([copy.deepcopy(decoder_layer) for _ in range(num_layers)])
        self.num_layers = num_layers
        self.norm = norm

    def forward(self, tgt, memory, tgt_mask=None, memory_mask=None, tgt_key_padding_mask=None,
                memory_key_padding_mask=None, tgt_is_causal: bool | None = None,
                memory_is_causal: bool = False):  # fmt: skip
        causal = _is_causal(tgt_mask, tgt_is_causal, _length(tgt, self.layers[0].self_attn.batch_first))
        x = tgt
        for layer in self.layers:
            x = layer(
                x, memory, tgt_mask=tgt_mask, memory_mask=memory_mask, tgt_key_padding_mask=tgt_key_padding_mask,
                memory_key_padding_mask=memory_key_padding_mask, tgt_is_causal=causal,
                memory_is_causal=memory_is_causal,
            )  # fmt: skip
        return x if self.norm is None else self.norm(x)


def _length(sequence, batch_first: bool) -> int:
    shape = sequence._array.shape
    return shape[0] if len(shape) == 2 else shape[1 if batch_first else 0]


class Transformer(Module):
    """An encoder and a decoder.

    >>> model = torch.nn.Transformer(4, 2, dim_feedforward=8, batch_first=True)
    >>> model(torch.ones(1, 5, 4), torch.ones(1, 3, 4)).shape
    torch.Size([1, 3, 4])
    """

    def __init__(self, d_model: int = 512, nhead: int = 8, num_encoder_layers: int = 6, num_decoder_layers: int = 6,
                 dim_feedforward: int = 2048, dropout: float = 0.1, activation=F.relu, custom_encoder=None,
                 custom_decoder=None, layer_norm_eps: float = 1e-5, batch_first: bool = False, norm_first: bool = False,
                 bias: bool = True, device=None, dtype=None):  # fmt: skip
        super().__init__()
        shape = (d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias,
                 device, dtype)  # fmt: skip

        def norm():
            return LayerNorm(d_model, eps=layer_norm_eps, bias=bias, device=device, dtype=dtype)

        if custom_encoder is not None:
            self.encoder = custom_encoder
        else:
            self.encoder = TransformerEncoder(TransformerEncoderLayer(*shape), num_encoder_layers, norm())
        if custom_decoder is not None:
            self.decoder = custom_decoder
        else:
            self.decoder = TransformerDecoder(TransformerDecoderLayer(*shape), num_decoder_layers, norm())
        for parameter in self.parameters():
            if parameter.ndim > 1:
                init.xavier_uniform_(parameter)
        self.d_model = d_model
        self.nhead = nhead
        self.batch_first = batch_first

    def forward(self, src, tgt, src_mask=None, tgt_mask=None, memory_mask=None, src_key_padding_mask=None,
                tgt_key_padding_mask=None, memory_key_padding_mask=None, src_is_causal: bool | None = None,
                tgt_is_causal: bool | None = None, memory_is_causal: bool = False):  # fmt: skip
        batch = 0 if self.batch_first else 1
        if src.ndim == 3 and src.size(batch) != tgt.size(batch):
            raise RuntimeError("the batch number of src and tgt must be equal")
        if src.size(-1) != self.d_model or tgt.size(-1) != self.d_model:
            raise RuntimeError("the feature number of src and tgt must be equal to d_model")
        memory = self.encoder(src, mask=src_mask, src_key_padding_mask=src_key_padding_mask, is_causal=src_is_causal)
        return self.decoder(
            tgt, memory, tgt_mask=tgt_mask, memory_mask=memory_mask, tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask, tgt_is_causal=tgt_is_causal,
            memory_is_causal=memory_is_causal,
        )  # fmt: skip

    @staticmethod
    def generate_square_subsequent_mask(sz: int, device=None, dtype=None):
        """-inf above the diagonal and 0 elsewhere: each place looks at itself and those before it."""
        return causal_mask(sz, dtype)
