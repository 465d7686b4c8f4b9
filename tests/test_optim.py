"""Optimizers: the same parameters as PyTorch's after 100 steps, the same repr, states and errors."""

import copy
import gc
import json
import weakref

import numpy as np
import pytest
from cases import training_cases as cases

import tensorkit as torch
from tensorkit import optim

ANSWERS = json.loads(cases.ANSWERS.read_text(encoding="utf-8"))


def params(*shapes):
    torch.manual_seed(0)
    return [torch.randn(shape, requires_grad=True) for shape in shapes]


def descend(optimizer, ps, steps=1):
    for _ in range(steps):
        optimizer.zero_grad()
        sum(((p - 1) ** 2).sum() for p in ps).backward()
        optimizer.step()


@pytest.mark.parametrize("line", cases.OPTIMIZERS)
def test_parameters_after_100_steps_are_those_of_pytorch(line):
    wanted, got = ANSWERS["optimizers"][line], cases.train(line, torch)
    for ours, theirs in zip(got["parameters"], wanted["parameters"], strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=2e-6, atol=2e-6)
    assert got["losses"] == pytest.approx(wanted["losses"], rel=1e-5)
    for same in ("repr", "state", "numbers"):
        assert got[same] == wanted[same]


@pytest.mark.parametrize("line", [line for line in cases.MISTAKES if line.startswith(("optim.", "stepped"))])
def test_mistakes_raise_the_errors_of_pytorch(line):
    assert cases.mistake(line, torch) == ANSWERS["mistakes"][line]


def test_lines_and_answers_belong_together():
    assert list(ANSWERS["optimizers"]) == cases.OPTIMIZERS
    assert list(ANSWERS["learned"]) == cases.LEARNED
    assert list(ANSWERS["mistakes"]) == cases.MISTAKES


@pytest.mark.parametrize(
    "name",
    ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Adadelta", "Adamax", "NAdam", "RAdam", "Rprop", "ASGD"],
)
def test_a_large_parameter_in_pieces_moves_as_a_small_one(name):
    torch.manual_seed(0)
    whole = torch.randn(3, 20000, requires_grad=True)
    rows = [row.detach().clone().requires_grad_() for row in whole[:, :9000]]
    options = {"lr": 0.1, "momentum": 0.9} if name == "SGD" else {"lr": 0.1}
    descend(getattr(optim, name)([whole], **options), [whole], 3)
    descend(getattr(optim, name)(rows, **options), rows, 3)
    for row, part in zip(rows, whole.detach(), strict=True):
        assert torch.equal(row.detach(), part[:9000])


@pytest.mark.parametrize("name", ["SGD", "Adam", "RMSprop", "Adagrad", "Rprop"])
def test_parameters_of_no_dimensions_transposed_and_complex_ones(name):
    scalar = torch.tensor(3.0, requires_grad=True)
    transposed = torch.randn(2, 3).t().requires_grad_()
    numbers = torch.tensor([1 + 2j, 3j], requires_grad=True)
    optimizer = getattr(optim, name)([scalar, transposed, numbers], lr=0.01)
    before = [p.detach().clone() for p in (scalar, transposed, numbers)]
    for _ in range(3):
        optimizer.zero_grad()
        (scalar**2 + (transposed**2).sum() + (numbers.abs() ** 2).sum()).backward()
        optimizer.step()
    assert scalar.item() < 3 and scalar.dtype == torch.float32
    assert all((p.detach().abs() < b.abs()).all() for p, b in zip((scalar, transposed, numbers), before, strict=True))


def test_a_step_is_noticed_by_a_graph_that_saved_the_parameter():
    (w,) = params(3)
    optimizer = optim.SGD([w], lr=0.1)
    loss = (w * w).sum()
    loss.backward(retain_graph=True)
    optimizer.step()
    assert w._version == 1
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_parameters_without_gradient_stay_and_have_no_state():
    a, b = params(2, 2)
    optimizer = optim.Adam([a, b])
    before = b.detach().clone()
    (a**2).sum().backward()
    optimizer.step()
    assert torch.equal(b.detach(), before) and list(optimizer.state) == [a]


def test_zero_grad():
    a, b = params(2, 2)
    optimizer = optim.SGD([a, b], lr=0.1)
    (a**2).sum().backward()
    gradient = a.grad
    optimizer.zero_grad(set_to_none=False)
    assert a.grad is gradient and gradient.tolist() == [0, 0] and b.grad is None
    optimizer.zero_grad()
    assert a.grad is None


def test_groups_have_options_of_their_own_and_can_be_added():
    a, b, c = params(2, 2, 2)
    optimizer = optim.SGD([{"params": a, "lr": 1.0}, {"params": [b]}], lr=0.1, momentum=0.5)
    optimizer.add_param_group({"params": [c], "lr": 0.01})
    assert [group["lr"] for group in optimizer.param_groups] == [1.0, 0.1, 0.01]
    assert all(group["momentum"] == 0.5 for group in optimizer.param_groups)
    named = optim.SGD([("a", a), ("b", b)], lr=0.1)
    assert named.param_groups[0]["param_names"] == ["a", "b"]
    assert named.state_dict()["param_groups"][0]["param_names"] == ["a", "b"]


def test_the_same_parameter_twice_in_a_group_warns():
    (a,) = params(2)
    with pytest.warns(UserWarning, match="duplicate parameters"):
        optim.SGD([a, a], lr=0.1)


def test_a_closure_is_called_with_gradients_on_and_its_loss_returned():
    (w,) = params(3)
    optimizer = optim.SGD([w], lr=0.1)

    def closure():
        optimizer.zero_grad()
        loss = (w * w).sum()
        loss.backward()
        return loss

    with torch.no_grad():
        loss = optimizer.step(closure)
    assert loss.requires_grad and loss.item() > (w.detach() ** 2).sum().item()


@pytest.mark.parametrize(
    "line", ["SGD(ps, lr=0.1, momentum=0.9)", "Adam(ps, amsgrad=True)", "NAdam(ps)", "ASGD(ps, t0=1)"]
)
def test_a_loaded_state_goes_on_as_the_old_one(line):
    def build():
        ps = params((2, 3), 3)
        return eval("optim." + line, {"optim": optim, "ps": ps}), ps

    straight, ps = build()
    descend(straight, ps, 6)
    first, early = build()
    descend(first, early, 3)
    second, late = build()
    with torch.no_grad():
        for p, q in zip(late, early, strict=True):
            p.copy_(q)
    second.load_state_dict(copy.deepcopy(first.state_dict()))
    descend(second, late, 3)
    assert all(torch.equal(p.detach(), q.detach()) for p, q in zip(ps, late, strict=True))


def test_lbfgs_goes_on_from_a_loaded_state():
    def build():
        (w,) = params(4)
        optimizer = optim.LBFGS([w], max_iter=2, line_search_fn="strong_wolfe")

        def closure():
            optimizer.zero_grad()
            loss = ((w - 2) ** 4).sum()
            loss.backward()
            return loss

        return optimizer, w, closure

    straight, w, closure = build()
    for _ in range(4):
        straight.step(closure)
    first, early, closure = build()
    for _ in range(2):
        first.step(closure)
    second, late, closure = build()
    late.data.copy_(early.data)
    second.load_state_dict(copy.deepcopy(first.state_dict()))
    for _ in range(2):
        second.step(closure)
    assert torch.allclose(late.detach(), w.detach(), rtol=1e-5)


def test_loading_casts_the_state_to_the_dtype_of_the_parameters():
    (single,) = params(3)
    optimizer = optim.Adam([single])
    descend(optimizer, [single])
    double = torch.randn(3, dtype=torch.float64, requires_grad=True)
    other = optim.Adam([double])
    other.load_state_dict(optimizer.state_dict())
    assert other.state[double]["exp_avg"].dtype == torch.float64
    assert other.state[double]["step"].dtype == torch.float32
    descend(other, [double])


def test_a_count_of_steps_from_older_files():
    (w,) = params(3)
    optimizer = optim.Adam([w])
    descend(optimizer, [w])
    state = optimizer.state_dict()
    state["state"][0]["step"] = 1
    optimizer.load_state_dict(state)
    descend(optimizer, [w])
    assert optimizer.state[w]["step"].item() == 2


def test_deep_copies_have_parameters_and_state_of_their_own():
    (w,) = params(3)
    optimizer = optim.SGD([w], lr=0.1, momentum=0.9)
    descend(optimizer, [w])
    twin = copy.deepcopy(optimizer)
    (own,) = twin.param_groups[0]["params"]
    assert own is not w and torch.equal(own.detach(), w.detach())
    assert torch.equal(twin.state[own]["momentum_buffer"], optimizer.state[w]["momentum_buffer"])


def test_hooks_around_steps_and_states():
    (w,) = params(2)
    said = []
    optimizer = optim.SGD([w], lr=0.1)
    before = optimizer.register_step_pre_hook(lambda o, args, kwargs: said.append("before"))
    optimizer.register_step_post_hook(lambda o, args, kwargs: said.append("after"))
    optimizer.register_state_dict_post_hook(lambda o, state: {**state, "extra": 1})
    everywhere = optim.optimizer.register_optimizer_step_post_hook(lambda *_: said.append("any"))
    descend(optimizer, [w])
    before.remove()
    everywhere.remove()
    descend(optimizer, [w])
    assert said == ["before", "after", "any", "after"]
    assert optimizer.state_dict()["extra"] == 1


def test_an_optimizer_of_ones_own():
    class Descent(optim.Optimizer):
        def __init__(self, params, lr=optim.optimizer.required):
            super().__init__(params, {"lr": lr})

        @torch.no_grad()
        def step(self):
            for group in self.param_groups:
                for p in group["params"]:
                    p.add_(p.grad, alpha=-group["lr"])

    (w,) = params(2)
    with pytest.raises(ValueError, match="required optimization parameter lr"):
        Descent([w])
    optimizer = Descent([w], lr=0.5)
    descend(optimizer, [w])
    assert torch.allclose(w.detach(), torch.ones(2))


def test_the_learning_rate_as_a_tensor():
    a, b = params(2), params(2)
    descend(optim.Adam(a, lr=torch.tensor(0.1)), a, 3)
    descend(optim.Adam(b, lr=0.1), b, 3)
    assert torch.allclose(a[0].detach(), b[0].detach())


@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor that is not a leaf")
@pytest.mark.parametrize("line", cases.LEARNED)
def test_gradients_through_steps_are_those_of_pytorch(line):
    wanted, got = ANSWERS["learned"][line], cases.learned(line, torch)
    for what in ("parameter", "slopes", "rate"):  # PyTorch counts steps in float32
        assert got[what] == pytest.approx(wanted[what], rel=2e-5)


@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor that is not a leaf")
@pytest.mark.parametrize("line", [line for line in cases.LEARNED if not line.startswith(("ASGD", "Rprop"))])
def test_gradients_through_steps_are_slopes(line):
    first, target = (torch.randn(4, dtype=torch.float64) for _ in range(2))
    lr = torch.tensor(0.1, dtype=torch.float64, requires_grad=True)
    line = line.partition("  #")[0].replace("lr=0.1", "lr=lr").replace("momentum=0.9, nesterov=True", "momentum=0")

    def run(first, lr):
        return cases.recorded_steps(line, torch, first, target, lr)

    assert torch.autograd.gradcheck(run, (first.requires_grad_(), lr))


def test_recorded_steps_of_complex_parameters():
    first = torch.tensor([1 + 2j, 3j], requires_grad=True)
    p = first.clone()
    p.grad = torch.ones_like(p) * p.conj()
    optim.SGD([p], lr=0.5, differentiable=True).step()
    p.abs().sum().backward()
    assert torch.allclose(p, first - 0.5 * first.conj()) and first.grad is not None


def test_an_optimizer_goes_when_its_last_name_goes():
    (w,) = params(3)
    optimizer = optim.Adam([w])
    optim.lr_scheduler.StepLR(optimizer, 1)
    descend(optimizer, [w])
    gone = weakref.ref(optimizer)
    gc.disable()
    try:
        del optimizer
        assert gone() is None
    finally:
        gc.enable()
