"""Attention: scaled_dot_product_attention, and multi_head_attention_forward behind `nn.MultiheadAttention`.

Source: Vaswani and others, Attention Is All You Need, https://arxiv.org/abs/1706.03762
"""

import math
from warnings import warn

from ... import dtypes
from ...errors import no_tensors
from ...ops.activation import softmax
from ...ops.create import full, ones, zeros
from ...ops.join import cat
from ...ops.matmul import bmm, matmul
from ...ops.pieces import chunk
from ...ops.products import baddbmm
from ...ops.shape import reshape
from ...tensor import wrap
from .dropout import dropout
from .linear import linear
from .padding import pad


def scaled_dot_product_attention(query, key, value, attn_mask=None, dropout_p: float = 0.0, is_causal: bool = False,
                                 scale: float | None = None, enable_gqa: bool = False):  # fmt: skip
    """softmax(query @ key.T / √size) @ value: for each query a mean of the values, weighted by how well its key fits.

    query      …, length, size
    key        …, source length, size
    value      …, source length, size of the values
    attn_mask  booleans (True: may look) or numbers to be added to the scores
    is_causal  let each place look only at itself and those before it

    >>> torch.nn.functional.scaled_dot_product_attention(*[torch.ones(1, 3, 2)] * 3).shape
    torch.Size([1, 3, 2])
    """
    try:
        length, source = query._array.shape[-2], key._array.shape[-2]
    except AttributeError:
        raise no_tensors("scaled_dot_product_attention", query=query, key=key, value=value) from None
    if is_causal and attn_mask is not None:
        raise RuntimeError("Explicit attn_mask should not be set when is_causal=True")
    if enable_gqa:
        repeats = query._array.shape[-3] // key._array.shape[-3]
        key, value = (each.repeat_interleave(repeats, -3) for each in (key, value))
    scale = 1 / math.sqrt(query._array.shape[-1]) if scale is None else scale
    root = math.sqrt(scale)
    scores = matmul(query * root, key.transpose(-2, -1) * root)
    if is_causal:
        attn_mask = ones(length, source, dtype=dtypes.bool_, device=query.device).tril()
    if attn_mask is not None:
        scores = scores + _as_bias(attn_mask, query.dtype, invert=True)
    weights = softmax(scores, -1)
    if dropout_p > 0:
        weights = dropout(weights, dropout_p)
    return matmul(weights, value)


def _as_bias(mask, dtype, invert: bool = False):
    """A mask of booleans as numbers to be added: 0, and -inf where it hides; numbers as they are."""
    if mask.dtype is not dtypes.bool_:
        return mask
    hidden = mask.logical_not() if invert else mask
    return zeros(mask._array.shape, dtype=dtype, device=mask.device).masked_fill(hidden, -math.inf)


def _canonical_mask(mask, mask_name: str, other_type, other_name: str, target_type, check_other: bool = True):
    """A mask as numbers to be added, checked."""
    if mask is None:
        return None
    if mask.dtype is not dtypes.bool_ and not mask.is_floating_point():
        raise AssertionError(f"only bool and floating types of {mask_name} are supported")
    if check_other and other_type is not None and mask.dtype is not other_type:
        warn(
            f"Support for mismatched {mask_name} and {other_name} is deprecated. Use same type for both instead.",
            stacklevel=3,
        )
    return _as_bias(mask, target_type)


def _check_shapes(query, key, value, key_padding_mask, attn_mask, heads: int) -> bool:
    """PyTorch's AssertionErrors for shapes that do not fit; whether there is a batch dimension."""
    if query.ndim not in (2, 3):
        raise AssertionError(
            f"query should be unbatched 2D or batched 3D tensor but received {query.dim()}-D query tensor"
        )
    n = query.ndim
    label = "batched (3-D)" if n == 3 else "unbatched (2-D)"
    if key.ndim != n or value.ndim != n:
        raise AssertionError(
            f"For {label} `query`, expected `key` and `value` to be {n}-D but found {key.dim()}-D and {value.dim()}-D "
            "tensors respectively"
        )
    if key_padding_mask is not None and key_padding_mask.ndim != n - 1:
        raise AssertionError(
            f"For {label} `query`, expected `key_padding_mask` to be `None` or {n - 1}-D but found "
            f"{key_padding_mask.dim()}-D tensor instead"
        )
    if attn_mask is not None:
        if attn_mask.ndim not in (2, 3):
            raise AssertionError(
                f"For {label} `query`, expected `attn_mask` to be `None`, 2-D or 3-D but found {attn_mask.dim()}-D "
                "tensor instead"
            )
        if n == 2 and attn_mask.ndim == 3:
            expected = (heads, query._array.shape[0], key._array.shape[0])
            if attn_mask.shape != expected:
                raise AssertionError(f"Expected `attn_mask` shape to be {expected} but got {attn_mask.shape}")
    return n == 3


def _projected(query, key, value, weight, bias) -> tuple:
    """Queries, keys and values out of one weight for all three, in one product where they are one tensor."""
    size = query._array.shape[-1]
    if key is value and query is key:
        return tuple(chunk(linear(query, weight, bias), 3, -1))
    if key is value:
        w_q, w_kv = weight.split([size, 2 * size])
        b_q, b_kv = (None, None) if bias is None else bias.split([size, 2 * size])
        return (linear(query, w_q, b_q), *chunk(linear(key, w_kv, b_kv), 2, -1))
    return _each_by_its_own(query, key, value, chunk(weight, 3), bias)


def _each_by_its_own(query, key, value, weights, bias) -> tuple:
    biases = (None,) * 3 if bias is None else chunk(bias, 3)
    return tuple(linear(x, w, b) for x, w, b in zip((query, key, value), weights, biases, strict=True))


def multi_head_attention_forward(
    query, key, value, embed_dim_to_check, num_heads, in_proj_weight, in_proj_bias, bias_k, bias_v, add_zero_attn,
    dropout_p, out_proj_weight, out_proj_bias, training=True, key_padding_mask=None, need_weights=True, attn_mask=None,
    use_separate_proj_weight=False, q_proj_weight=None, k_proj_weight=None, v_proj_weight=None, static_k=None,
    static_v=None, average_attn_weights=True, is_causal=False,
):  # fmt: skip
    """Attention in several heads: projections in, attention in each head, one projection out.

    query, key, value  length, batch, size (or without batch)

    Returns the result and, with `need_weights`, the weights (averaged over the heads).

    >>> x, I = torch.ones(2, 1, 4), torch.eye(4)
    >>> out, weights = torch.nn.functional.multi_head_attention_forward(
    ...     x, x, x, 4, 2, torch.cat([I, I, I]), None, None, None, False, 0.0, I, None)
    >>> out.shape, weights
    (torch.Size([2, 1, 4]), tensor([[[0.5000, 0.5000],
             [0.5000, 0.5000]]]))

    Source: https://pytorch.org/docs/stable/generated/torch.nn.MultiheadAttention.html
    """
    batched = _check_shapes(query, key, value, key_padding_mask, attn_mask, num_heads)
    if not batched:
        shared_kv, shared_qk = key is value, query is key
        query = query.unsqueeze(1)
        key = query if shared_qk else key.unsqueeze(1)
        value = key if shared_kv else value.unsqueeze(1)
        key_padding_mask = key_padding_mask if key_padding_mask is None else key_padding_mask.unsqueeze(0)
    length, samples, size = query._array.shape
    attn_mask, key_padding_mask, is_causal = _canonical_masks(
        attn_mask, key_padding_mask, is_causal, need_weights, query.dtype
    )
    if size != embed_dim_to_check:
        raise AssertionError(f"was expecting embedding dimension of {embed_dim_to_check}, but got {size}")
    head, heads = size // num_heads, samples * num_heads
    if head * num_heads != size:
        raise AssertionError(f"embed_dim {size} not divisible by num_heads {num_heads}")
    weights = (q_proj_weight, k_proj_weight, v_proj_weight) if use_separate_proj_weight else in_proj_weight
    q, k, v = _all_projected(query, key, value, weights, in_proj_bias)
    if attn_mask is not None:
        attn_mask = _fitted_mask(attn_mask, length, key._array.shape[0], heads)
    if bias_k is not None and bias_v is not None:
        k, v = cat([k, bias_k.repeat(1, samples, 1)]), cat([v, bias_v.repeat(1, samples, 1)])
        attn_mask, key_padding_mask = _with_one_more(attn_mask), _with_one_more(key_padding_mask)
    q = reshape(q, length, heads, head).transpose(0, 1)
    k = _heads(k, heads, head) if static_k is None else static_k
    v = _heads(v, heads, head) if static_v is None else static_v
    if add_zero_attn:
        nothing = zeros(heads, 1, head, dtype=q.dtype, device=q.device)
        k, v = cat([k, nothing], 1), cat([v, nothing], 1)
        attn_mask, key_padding_mask = _with_one_more(attn_mask), _with_one_more(key_padding_mask)
    if key_padding_mask is not None:
        attn_mask = _joined(attn_mask, key_padding_mask, samples, num_heads, k._array.shape[1])
    dropped = dropout_p if training else 0.0
    if need_weights:
        return _with_weights(q, k, v, attn_mask, dropped, out_proj_weight, out_proj_bias, samples, num_heads,
                             average_attn_weights, batched)  # fmt: skip
    result = _without_weights(q, k, v, attn_mask, dropped, is_causal, samples, num_heads)
    result = linear(result, out_proj_weight, out_proj_bias).view(length, samples, size)
    return (result if batched else result.squeeze(1)), None


def _canonical_masks(attn_mask, key_padding_mask, is_causal: bool, need_weights: bool, dtype) -> tuple:
    """Both masks as numbers to be added (or None), and whether the built-in causal mask does instead."""
    mask_type = None if attn_mask is None else attn_mask.dtype
    key_padding_mask = _canonical_mask(key_padding_mask, "key_padding_mask", mask_type, "attn_mask", dtype)
    if is_causal and attn_mask is None:
        raise RuntimeError(
            "Need attn_mask if specifying the is_causal hint. You may use the Transformer module method "
            "`generate_square_subsequent_mask` to create this mask."
        )
    if is_causal and key_padding_mask is None and not need_weights:
        return None, key_padding_mask, True
    attn_mask = _canonical_mask(attn_mask, "attn_mask", None, "", dtype, check_other=False)
    return attn_mask, key_padding_mask, is_causal and key_padding_mask is None and attn_mask is None


def _all_projected(query, key, value, weights, bias) -> tuple:
    """Queries, keys and values out of three weights, or out of one for all three."""
    if not isinstance(weights, tuple):
        if key.shape != value.shape:
            raise AssertionError(f"key shape {key.shape} does not match value shape {value.shape}")
        return _projected(query, key, value, weights, bias)
    if key._array.shape[:2] != value._array.shape[:2]:
        raise AssertionError(f"key's sequence and batch dims {key.shape[:2]} do not match value's {value.shape[:2]}")
    return _each_by_its_own(query, key, value, weights, bias)


def _with_one_more(mask):
    """A mask that hides nothing of a place that was added at the end."""
    return mask if mask is None else pad(mask, (0, 1))


def _joined(mask, padding, samples: int, heads: int, source: int):
    """A mask that hides, for the heads of each sample, what `mask` hides and what `padding` hides."""
    _check_padding_mask(padding, source, samples)
    hidden = padding.reshape(samples, 1, 1, source).expand(-1, heads, -1, -1).reshape(samples * heads, 1, source)
    return hidden if mask is None else mask + hidden


def _heads(x, count: int, size: int):
    return reshape(x, x._array.shape[0], count, size).transpose(0, 1)


def _fitted_mask(mask, length: int, source: int, heads: int):
    """A mask with a dimension for the heads of all samples."""
    if mask.ndim == 2:
        if mask.shape != (length, source):
            raise RuntimeError(f"The shape of the 2D attn_mask is {mask.shape}, but should be {(length, source)}.")
        return mask.unsqueeze(0)
    if mask.shape != (heads, length, source):
        raise RuntimeError(f"The shape of the 3D attn_mask is {mask.shape}, but should be {(heads, length, source)}.")
    return mask


def _check_padding_mask(mask, source: int, samples: int) -> None:
    for dim, wanted in ((0, samples), (1, source)):
        if mask._array.shape[dim] != wanted:
            raise AssertionError(
                f"Expected key_padded_mask.shape[{dim}] to be {wanted}, but got {mask._array.shape[dim]}"
            )


def _without_weights(q, k, v, mask, dropped, causal: bool, samples: int, heads: int):
    """Attention of all heads, side by side again: (length · samples, size)."""
    source, (_, length, head) = k._array.shape[1], q._array.shape
    if mask is not None:
        mask = mask.unsqueeze(0) if mask._array.shape[0] == 1 else mask.reshape(samples, heads, -1, source)
    q, k, v = (each.reshape(samples, heads, -1, head) for each in (q, k, v))
    result = scaled_dot_product_attention(q, k, v, mask, dropped, causal)
    return result.permute(2, 0, 1, 3).contiguous().view(samples * length, heads * head)


def _with_weights(q, k, v, mask, dropped, weight, bias, samples: int, heads: int, average: bool, batched: bool):
    count, length, head = q._array.shape
    scaled = q * math.sqrt(1.0 / head)
    scores = bmm(scaled, k.transpose(-2, -1)) if mask is None else baddbmm(mask, scaled, k.transpose(-2, -1))
    weights = softmax(scores, -1)
    if dropped > 0.0:
        weights = dropout(weights, dropped)
    result = bmm(weights, v).transpose(0, 1).contiguous().view(length * samples, heads * head)
    result = linear(result, weight, bias).view(length, samples, -1)
    weights = weights.view(samples, heads, length, -1)
    if average:
        weights = weights.mean(1)
    return (result, weights) if batched else (result.squeeze(1), weights.squeeze(0))


def causal_mask(size: int, dtype=None):
    """-inf above the diagonal and 0 elsewhere: each place looks at itself and those before it."""
    return wrap(full((size, size), -math.inf, dtype=dtype)._array).triu(1)
