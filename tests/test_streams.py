"""tensorkit.streams: PyTorch's random numbers bit for bit, and the arithmetic that makes them so."""

import copy
import json
import math
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from cases.record_streams import array_of, first_difference

from tensorkit.streams import DEFAULT_SEED, STATE_BYTES, Engine, fill, normals, rounding
from tensorkit.streams.permutation import shuffle

PROGRAMS = json.loads((Path(__file__).parent / "cases" / "streams.json").read_text(encoding="utf-8"))["programs"]
FLOATS = [np.float16, np.float32, np.float64]


# ---------------------------------------------------------------------- the recorded streams


@pytest.mark.parametrize("number", range(len(PROGRAMS)))
def test_a_program_of_mixed_calls_draws_what_pytorch_draws(number):
    program = PROGRAMS[number]
    if "bfloat16" in json.dumps(program):
        pytest.importorskip("ml_dtypes")
    assert first_difference(program) is None


def test_the_recorded_programs_call_every_draw():
    draws = {call["draw"] for program in PROGRAMS for call in program["calls"]}
    bookkeeping = {"manual_seed", "seed", "initial_seed", "get_state", "set_state", "clone"}
    assert draws == {name for name in vars(Engine) if not name.startswith("_")} - bookkeeping


def test_array_of_reads_what_the_recorder_wrote():
    argument = {"dtype": "float32", "shape": [2], "hex": np.array([1, 2], np.float32).tobytes().hex()}
    assert array_of(argument).tolist() == [1.0, 2.0]


def test_the_numbers_every_reader_of_pytorch_has_seen():
    engine = Engine(0)
    assert engine.normal(4).tolist() == [
        1.5409960746765137,
        -0.293428897857666,
        -2.1787893772125244,
        0.5684312582015991,
    ]
    engine.manual_seed(42)
    assert engine.uniform(2).tolist() == [0.8822692632675171, 0.9150039553642273]


# ---------------------------------------------------------------------- seed and state


def test_the_low_32_bits_of_the_seed_make_the_stream_and_all_64_are_kept():
    engines = [Engine(seed) for seed in (0, 2**32, 2**63)]
    assert len({engine.normal(20).tobytes() for engine in engines}) == 1
    assert [engine.initial_seed() for engine in engines] == [0, 2**32, 2**63]
    assert Engine(-1).initial_seed() == 2**64 - 1
    assert Engine().initial_seed() == DEFAULT_SEED


@pytest.mark.parametrize("seed", [2**64, -(2**63) - 1])
def test_a_seed_of_more_than_64_bits_is_an_error(seed):
    with pytest.raises(ValueError, match="^Overflow when unpacking long long$"):
        Engine(0).manual_seed(seed)


def test_without_a_seed_engines_differ_and_can_be_repeated():
    first, second = Engine(None), Engine(None)
    numbers = first.uniform(4).tolist()
    assert numbers != second.uniform(4).tolist()
    assert numbers == Engine(first.initial_seed()).uniform(4).tolist()
    new = first.seed()
    assert new == first.initial_seed() and first.uniform(4).tolist() == Engine(new).uniform(4).tolist()


@pytest.mark.parametrize("words", [0, 1, 623, 624, 625])
def test_a_saved_state_continues_the_stream_with_the_normal_in_waiting(words):
    engine = Engine(7)
    engine.normal(3)
    engine.randint(words, 0, 10)
    saved = engine.get_state()
    assert saved.dtype == np.uint8 and saved.shape == (STATE_BYTES,)
    expected = engine.normal(5).tobytes() + engine.uniform(700).tobytes()
    for twin in (Engine(1), Engine(None)):
        twin.set_state(saved)
        assert twin.get_state().tobytes() == saved.tobytes()
        assert twin.normal(5).tobytes() + twin.uniform(700).tobytes() == expected


def test_seeding_forgets_the_normal_in_waiting():
    engine = Engine(3)
    engine.normal(1)
    engine.manual_seed(3)
    assert engine.normal(2).tobytes() == Engine(3).normal(2).tobytes()


@pytest.mark.parametrize("duplicate", [Engine.clone, copy.copy, copy.deepcopy])
def test_a_copy_is_an_engine_of_its_own_at_the_same_place(duplicate):
    engine = Engine(5)
    engine.normal(3)
    twin = duplicate(engine)
    assert engine.normal(9).tobytes() == twin.normal(9).tobytes()


def test_what_is_no_state_is_refused():
    with pytest.raises(RuntimeError, match="of size 5056 but found the input RNG state size to be 10$"):
        Engine().set_state(np.zeros(10, np.uint8))
    with pytest.raises(RuntimeError, match="^Invalid mt19937 state$"):
        Engine().set_state(np.zeros(STATE_BYTES, np.uint8))


def test_numpy_random_is_loaded_at_the_first_draw_only():
    program = (
        "import sys, tensorkit.streams as s; e = s.Engine(None); early = 'numpy.random' in sys.modules;"
        "e.uniform(1); print(early, 'numpy.random' in sys.modules)"
    )
    root = Path(__file__).resolve().parent.parent
    answer = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    assert answer.stdout.split() == ["False", "True"]


def test_draws_of_several_threads_follow_one_another_whole():
    size, draws = 40_000, 24  # several pieces each, so that a torn draw would show
    engine, serial = Engine(11), Engine(11)
    with ThreadPoolExecutor(4) as pool:
        drawn = sorted(numbers.tobytes() for numbers in pool.map(lambda _: engine.normal(size), range(draws)))
    assert drawn == sorted(serial.normal(size).tobytes() for _ in range(draws))
    assert engine.get_state().tobytes() == serial.get_state().tobytes()


# ---------------------------------------------------------------------- what holds for every stream


@pytest.mark.parametrize("dtype", FLOATS)
def test_uniform_numbers_stay_in_their_interval(dtype):
    for low, high in [(0, 1), (-0.1, -0.099), (3, 3.01), (1e3, 1e4)]:
        numbers = Engine(1).uniform(20_000, low, high, dtype)
        assert numbers.dtype == dtype
        assert numbers.min() >= dtype(low) and numbers.max() < dtype(high)


def test_float64_bounds_near_the_largest_number_do_not_overflow():
    numbers = Engine(1).uniform(1000, -8e307, 8e307, np.float64)
    assert np.isfinite(numbers).all() and numbers.min() < -7e307 and numbers.max() > 7e307


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("count", [15, 16, 17, 20_000])
def test_normal_numbers_have_the_mean_and_deviation_asked_for(dtype, count):
    numbers = np.concatenate([Engine(seed).normal(count, 2, 0.5, dtype) for seed in range(max(1, 8000 // count))])
    assert abs(numbers.astype(float).mean() - 2) < 0.03
    assert abs(numbers.astype(float).std() - 0.5) < 0.03


def test_a_permutation_holds_every_number_once():
    for count in (0, 1, 2, 1500, 1501, 50_000):
        assert np.array_equal(np.sort(Engine(2).randperm(count)), np.arange(count))


def test_poisson_gives_back_the_words_it_read_ahead():
    engine = Engine(4)
    engine.poisson(np.zeros(5))
    assert engine.get_state().tobytes() == Engine(4).get_state().tobytes()


def test_fill_follows_memory_not_logical_order():
    storage = np.zeros(24)
    view = storage.reshape(2, 3, 4).transpose(2, 0, 1)
    fill(view, np.arange(24.0))
    assert np.array_equal(storage, np.arange(24.0))


# ---------------------------------------------------------------------- the arithmetic below


@pytest.mark.parametrize("n", [1, 2, 3, 100, 1600, 5000, 40_000])
def test_shuffling_by_rounds_equals_swapping_in_turn(n):
    random = np.random.RandomState(n)
    for crowding in (1, 50):  # 50: many swaps meet at the same places
        reach = np.arange(n, 1, -1) // crowding + 1
        partners = np.minimum(np.arange(n - 1) + (random.rand(n - 1) * reach).astype(np.int64), n - 1)
        expected = list(range(n))
        for i, partner in enumerate(partners):
            expected[i], expected[partner] = expected[partner], expected[i]
        assert shuffle(partners).tolist() == expected


def nearest(exact: Fraction, dtype) -> float:
    """The number of `dtype` nearest to a fraction, ties to even: from its neighbours, without rounding twice."""
    guess = dtype(float(exact))
    around = [np.nextafter(guess, dtype(-np.inf)), guess, np.nextafter(guess, dtype(np.inf))]
    unit = {np.float32: np.int32, np.float64: np.int64}[dtype]
    return min(around, key=lambda number: (abs(Fraction(float(number)) - exact), int(number.view(unit)) & 1))


@pytest.mark.parametrize("dtype, fused", [(np.float32, rounding.fused32), (np.float64, rounding.fused64)])
def test_a_fused_multiply_add_rounds_once(dtype, fused):
    random = np.random.RandomState(0)
    for _ in range(40):
        a = random.standard_normal(25).astype(dtype)
        b, c = (float(dtype(x)) for x in random.standard_normal(2) * 10.0 ** random.randint(-6, 6, 2))
        exact = [Fraction(float(x)) * Fraction(b) + Fraction(c) for x in a]
        assert fused(a, b, c).tolist() == [nearest(x, dtype) for x in exact]


def test_a_fused_multiply_add_is_right_where_the_first_of_two_roundings_lands_halfway():
    # 1 + 2**-24 is halfway between two float32; the product adds a little that float64 cannot hold.
    a = np.array([2.0**-24 + 2.0**-47, -(2.0**-24) - 2.0**-47, 2.0**-24], np.float32)
    tiny = float(np.float32(1 + 2.0**-23))
    for c in (1.0, 1.0 + 2.0**-23):
        exact = [Fraction(float(x)) * Fraction(tiny) + Fraction(c) for x in a]
        assert rounding.fused32(a, tiny, c).tolist() == [nearest(x, np.float32) for x in exact]


def test_the_fast_functions_finish_as_the_c_librarys():
    x = np.random.RandomState(1).random_sample(5000)
    for dtype in FLOATS:
        expected = rounding.cast(-3.0 * rounding.libm(math.log1p, -x), dtype)
        got = rounding.as_libm(np.log1p, math.log1p, -x, lambda y: -3.0 * y, dtype)
        assert got.tobytes() == expected.tobytes()


def test_no_argument_of_the_polynomials_needs_the_careful_rounding(monkeypatch):
    """The 2**24 uniform numbers float32 normals are made from, all of them, with and without the check for halfway."""

    def careful(out, x, c, scratch):
        product = out.astype(np.float64) * x
        total = product + c
        halfway = (total.view(np.int64) << 35) == -(2**63)
        if halfway.any():
            _, error = rounding._two_sum(product[halfway], np.broadcast_to(np.float64(1) * c, total.shape)[halfway])
            assert not error.any()
        out[...] = total

    monkeypatch.setattr(normals, "_fused_into", careful)
    for start in range(0, 2**24, 2**16):
        u = np.arange(start, start + 2**16).astype(np.float32) * np.float32(2.0**-24)
        normals.log32(np.float32(1) - u)
        normals.sincos32(u * np.float32(2 * math.pi))
