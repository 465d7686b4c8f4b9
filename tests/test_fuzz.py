"""What finds differences between two libraries finds one that was put there, and cuts the program down to it."""

from types import SimpleNamespace

import fuzz
from cases.grow import grow

import tensorkit

PROGRAM = (
    "a = torch.tensor([1., 2.], dtype=torch.float32); b = a * 2; c = torch.cat([a, b]); d = c.sum() => a || b || c || d"
)
NAMES = {name: getattr(tensorkit, name) for name in ("tensor", "float32", "float64", "Tensor", "manual_seed")}


def faulty(cat):
    return SimpleNamespace(**NAMES, cat=cat)


def test_a_library_does_not_differ_from_itself():
    assert fuzz.difference(PROGRAM, tensorkit, tensorkit) is None


def test_a_wrong_value_is_found_and_the_program_cut_down_to_it():
    other = faulty(lambda tensors: tensorkit.cat(tensors) * 1.001)
    assert "values" in fuzz.difference(PROGRAM, tensorkit, other)
    shorter = fuzz.shrink(PROGRAM, tensorkit, other)
    assert shorter == PROGRAM.replace("; d = c.sum()", "").replace("a || b || c || d", "c")


def test_another_class_of_error_is_found_another_text_is_not():
    def refuses(error):
        def cat(tensors):
            raise error

        return faulty(cat)

    assert "KeyError" in fuzz.difference(PROGRAM, refuses(ValueError("one")), refuses(KeyError("one")))
    assert fuzz.difference(PROGRAM, refuses(ValueError("one")), refuses(ValueError("two"))) is None


def test_rounding_is_what_pytorch_itself_shows_between_float32_and_float64():
    wanted, exact = ([{"show": "x", "tensor": [v], "dtype": "torch.float32", "shape": [1]}] for v in (1.0, 1.001))
    near, far = ([wanted[0] | {"tensor": [v]}] for v in (1.005, 1.05))
    assert fuzz.same_but_for_rounding(wanted, near, exact)
    assert not fuzz.same_but_for_rounding(wanted, far, exact)


def test_a_seed_gives_the_same_program_again():
    assert grow(7, tensorkit) == grow(7, tensorkit) != grow(8, tensorkit)
