"""`MultiheadAttention`: queries look at keys in several heads, and get a mean of the values.

What it computes stands in `functional/attention.py`; layers built on it in `transformer.py`.
"""

from ..ops.create import empty
from . import functional as F
from . import init
from .linear import NonDynamicallyQuantizableLinear
from .module import Module
from .parameter import Parameter


class MultiheadAttention(Module):
    """Attention in `num_heads` heads.

    embed_dim    the size of queries and results; keys and values have it too, unless `kdim` or `vdim` are given
    dropout      the probability with which single attention weights are left out
    batch_first  inputs are batch, length, size instead of length, batch, size

    >>> output, weights = torch.nn.MultiheadAttention(4, 2)(*[torch.ones(3, 1, 4)] * 3)
    >>> output.shape, weights.shape
    (torch.Size([3, 1, 4]), torch.Size([1, 3, 3]))
    """

    def __init__(self, embed_dim: int, num_heads: int, dropout: float = 0.0, bias: bool = True,
                 add_bias_kv: bool = False, add_zero_attn: bool = False, kdim: int | None = None,
                 vdim: int | None = None, batch_first: bool = False, device=None, dtype=None):  # fmt: skip
        if embed_dim <= 0 or num_heads <= 0:
            raise ValueError(
                "embed_dim and num_heads must be greater than 0, got "
                f"embed_dim={embed_dim} and num_heads={num_heads} instead"
            )
        super().__init__()
        self.embed_dim = embed_dim
        self.kdim = kdim if kdim is not None else embed_dim
        self.vdim = vdim if vdim is not None else embed_dim
        self._qkv_same_embed_dim = self.kdim == embed_dim and self.vdim == embed_dim
        self.num_heads = num_heads
        self.dropout = dropout
        self.batch_first = batch_first
        self.head_dim = embed_dim // num_heads
        if self.head_dim * num_heads != embed_dim:
            raise AssertionError("embed_dim must be divisible by num_heads")
        self.add_zero_attn = add_zero_attn
        self._register_weights(bias, add_bias_kv, device, dtype)
        self._reset_parameters()

    def _register_weights(self, bias: bool, add_bias_kv: bool, device, dtype) -> None:
        size = self.embed_dim
        if self._qkv_same_embed_dim:
            shapes = {"in_proj_weight": (3 * size, size), "q_proj_weight": None, "k_proj_weight": None,
                      "v_proj_weight": None}  # fmt: skip
        else:
            shapes = {"q_proj_weight": (size, size), "k_proj_weight": (size, self.kdim),
                      "v_proj_weight": (size, self.vdim), "in_proj_weight": None}  # fmt: skip
        shapes["in_proj_bias"] = (3 * size,) if bias else None
        for name, shape in shapes.items():
            self.register_parameter(name, shape and Parameter(empty(*shape, device=device, dtype=dtype)))
        self.out_proj = NonDynamicallyQuantizableLinear(size, size, bias=bias, device=device, dtype=dtype)
        for name in ("bias_k", "bias_v"):
            made = Parameter(empty(1, 1, size, device=device, dtype=dtype)) if add_bias_kv else None
            self.register_parameter(name, made)

    def _reset_parameters(self) -> None:
        for name in ("in_proj_weight",) if self._qkv_same_embed_dim else ("q_proj_weight", "k_proj_weight",
                                                                          "v_proj_weight"):  # fmt: skip
            init.xavier_uniform_(self._parameters[name])
        if self.in_proj_bias is not None:
            init.constant_(self.in_proj_bias, 0.0)
            init.constant_(self.out_proj.bias, 0.0)
        for bias in (self.bias_k, self.bias_v):
            if bias is not None:
                init.xavier_normal_(bias)

    def forward(self, query, key, value, key_padding_mask=None, need_weights: bool = True, attn_mask=None,
                average_attn_weights: bool = True, is_causal: bool = False):  # fmt: skip
        """The result, and the attention weights (None unless `need_weights`).

        key_padding_mask  batch, source length: True for keys that nobody may look at
        attn_mask         length, source length: True where a query may not look; or numbers added to the scores
        """
        turned = self.batch_first and query.ndim == 3
        if turned:
            query, key, value = _turned(query, key, value)
        result, weights = F.multi_head_attention_forward(
            query, key, value, self.embed_dim, self.num_heads, self.in_proj_weight, self.in_proj_bias, self.bias_k,
            self.bias_v, self.add_zero_attn, self.dropout, self.out_proj.weight, self.out_proj.bias,
            training=self.training, key_padding_mask=key_padding_mask, need_weights=need_weights, attn_mask=attn_mask,
            use_separate_proj_weight=not self._qkv_same_embed_dim, q_proj_weight=self.q_proj_weight,
            k_proj_weight=self.k_proj_weight, v_proj_weight=self.v_proj_weight,
            average_attn_weights=average_attn_weights, is_causal=is_causal,
        )  # fmt: skip
        return (result.transpose(1, 0) if turned else result), weights


def _turned(query, key, value) -> tuple:
    """Batch and length exchanged; what was one tensor stays one, so that it is projected once."""
    q = query.transpose(1, 0)
    k = q if key is query else key.transpose(1, 0)
    v = k if value is key else value.transpose(1, 0)
    return q, k, v
