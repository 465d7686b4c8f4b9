"""Tensors in nested tuples, lists and dictionaries: take them out in order, and put others in their places."""


def leaves(tree) -> list:
    """What stands in the tree, in order; a tensor alone is a tree of one."""
    found: list = []
    _collect(tree, found)
    return found


def _collect(tree, found: list) -> None:
    if isinstance(tree, dict):
        for each in tree.values():
            _collect(each, found)
    elif isinstance(tree, (tuple, list)):
        for each in tree:
            _collect(each, found)
    else:
        found.append(tree)


def rebuilt(tree, values):
    """A tree of the same form with `values` in the places of its leaves."""
    return _rebuilt(tree, iter(values))


def _rebuilt(tree, values):
    if isinstance(tree, dict):
        return type(tree)((name, _rebuilt(each, values)) for name, each in tree.items())
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*[_rebuilt(each, values) for each in tree])
    if isinstance(tree, (tuple, list)):
        return type(tree)([_rebuilt(each, values) for each in tree])
    return next(values)


def mapped(function, tree):
    """The tree with `function` applied to each of its leaves."""
    return rebuilt(tree, [function(each) for each in leaves(tree)])


def spread(short, tree, what: str) -> list:
    """For each leaf of `tree` the entry of `short`, a tree whose leaves may stand for whole branches; ValueError if
    the two do not fit."""
    if not isinstance(short, (tuple, list, dict)):
        return [short] * len(leaves(tree))
    if type(short) is not type(tree) and not (isinstance(short, (tuple, list)) and isinstance(tree, (tuple, list))):
        raise ValueError(f"{what}: its structure does not fit that of the arguments")
    if len(short) != len(tree):
        raise ValueError(f"{what}: {len(short)} entries for {len(tree)} arguments")
    if isinstance(short, dict):
        pairs = [(short[name], tree[name]) for name in tree]
    else:
        pairs = list(zip(short, tree, strict=True))
    return [each for part, branch in pairs for each in spread(part, branch, what)]
