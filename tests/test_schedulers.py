"""Schedulers: the learning rates and momenta that PyTorch's set, states, warnings about the order of calls, errors."""

import copy
import json
import warnings

import pytest
from cases import training_cases as cases

import tensorkit as torch
from tensorkit.optim import SGD, Adam, lr_scheduler

ANSWERS = json.loads(cases.ANSWERS.read_text(encoding="utf-8"))


def optimizer(lr=0.1):
    return SGD([torch.ones(2, requires_grad=True)], lr=lr, momentum=0.9)


@pytest.mark.parametrize("line", cases.SCHEDULERS)
def test_rates_and_momenta_are_those_of_pytorch(line):
    wanted, got = ANSWERS["schedulers"][line], cases.rates(line, torch)
    for name in ("rates", "momenta"):
        for ours, theirs in zip(got[name], wanted[name], strict=True):
            assert ours == pytest.approx(theirs, rel=1e-12, abs=1e-15)
    assert got["state"] == wanted["state"]


def test_lines_and_answers_belong_together():
    assert list(ANSWERS["schedulers"]) == cases.SCHEDULERS


@pytest.mark.parametrize("line", [line for line in cases.MISTAKES if line.startswith("L.")])
def test_mistakes_raise_the_errors_of_pytorch(line):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert cases.mistake(line, torch) == ANSWERS["mistakes"][line]


@pytest.mark.parametrize("line", cases.SCHEDULERS)
def test_a_loaded_state_goes_on_as_the_old_one(line):
    def build():
        w, v = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
        o = SGD([{"params": w}, {"params": v, "lr": 0.2}], lr=0.1, momentum=0.9)
        return o, eval("L." + line, {"L": lr_scheduler, "o": o})

    def run(o, scheduler, steps):
        rates = []
        for step in range(steps):
            o.step()
            scheduler.step(1 / (step + 1)) if "Plateau" in line else scheduler.step()
            rates.append(scheduler.get_last_lr())
        return rates

    o, scheduler = build()
    run(o, scheduler, 5)
    states = copy.deepcopy((o.state_dict(), scheduler.state_dict()))
    later_o, later = build()
    later_o.load_state_dict(states[0])
    later.load_state_dict(states[1])
    assert run(later_o, later, 6) == run(o, scheduler, 6)


def test_stepping_the_scheduler_first_warns():
    scheduler = lr_scheduler.StepLR(optimizer(), 1)
    with pytest.warns(UserWarning, match=r"Detected call of `lr_scheduler.step\(\)` before `optimizer.step\(\)`"):
        scheduler.step()
    o = optimizer()
    scheduler = lr_scheduler.StepLR(o, 1)
    o.step = lambda: None
    with pytest.warns(UserWarning, match=r"Seems like `optimizer.step\(\)` has been overridden"):
        scheduler.step()


def test_warnings_about_epochs_and_get_lr():
    o = optimizer()
    scheduler = lr_scheduler.StepLR(o, 2, gamma=0.5)
    o.step()
    with pytest.warns(UserWarning, match="The epoch parameter in"):
        scheduler.step(4)
    assert scheduler.get_last_lr() == [0.025]
    with pytest.warns(UserWarning, match=r"please use `get_last_lr\(\)`"):
        scheduler.get_lr()


def test_restarts_take_fractions_of_an_epoch():
    o = optimizer()
    scheduler = lr_scheduler.CosineAnnealingWarmRestarts(o, T_0=2, T_mult=2)
    scheduler.step(0.5)
    assert scheduler.get_last_lr() == pytest.approx([0.05 * (1 + 2**-0.5)])
    scheduler.step(2.0)
    assert scheduler.get_last_lr() == pytest.approx([0.1]) and scheduler.T_i == 4


def test_a_rate_that_is_a_tensor_is_written_to():
    lr = torch.tensor(0.5)
    o = Adam([torch.ones(2, requires_grad=True)], lr=lr)
    scheduler = lr_scheduler.ExponentialLR(o, 0.5)
    o.step()
    scheduler.step()
    assert o.param_groups[0]["lr"] is lr and lr.item() == 0.25


def test_a_scheduler_of_ones_own():
    class Halving(lr_scheduler.LRScheduler):
        def get_lr(self):
            return [lr / 2**self.last_epoch for lr in self.base_lrs]

    o = optimizer(lr=1.0)
    scheduler = Halving(o)
    for _ in range(3):
        o.step()
        scheduler.step()
    assert o.param_groups[0]["lr"] == 0.125 and scheduler.get_last_lr() == [0.125]
    assert issubclass(lr_scheduler._LRScheduler, lr_scheduler.LRScheduler)


def test_resuming_from_the_rates_that_the_optimizer_remembers():
    o = optimizer()
    scheduler = lr_scheduler.ExponentialLR(o, 0.5)
    for _ in range(2):
        o.step()
        scheduler.step()
    again = lr_scheduler.ExponentialLR(o, 0.5, last_epoch=scheduler.last_epoch - 1)
    o.step()
    again.step()
    assert again.get_last_lr() == pytest.approx([0.0125])
