"""Arguments that are one number or one for each dimension: kernel sizes, strides, paddings."""


def tuple_of(value, n: int) -> tuple:
    """`value` as a tuple of n numbers; a single one counts for all.

    >>> tuple_of(3, 2), tuple_of((1, 2), 2)
    ((3, 3), (1, 2))
    """
    if isinstance(value, (tuple, list)):
        return tuple(value) if len(value) == n else tuple(value) * n if len(value) == 1 else tuple(value)
    return (value,) * n
