"""The recording switch: no_grad, enable_grad, set_grad_enabled, inference_mode, anomaly mode."""

import signal
import threading

import pytest

import tensorkit as torch


def leaf(*values):
    return torch.tensor([*values], requires_grad=True)


def raises(text, call, error=RuntimeError):
    with pytest.raises(error) as caught:
        call()
    assert text in str(caught.value)


def test_blocks_nest_and_come_back_after_errors():
    x = leaf(1.0)
    with torch.no_grad():
        assert not (x * 2).requires_grad
        with torch.enable_grad():
            assert (x * 2).requires_grad
        with pytest.raises(KeyError), torch.enable_grad():
            raise KeyError
        assert not torch.is_grad_enabled()
    assert torch.is_grad_enabled()


@pytest.mark.parametrize(
    "decorator", [lambda: torch.no_grad, torch.no_grad, torch.inference_mode, lambda: torch.set_grad_enabled(False)]
)
def test_as_decorators_they_keep_the_name(decorator):
    @decorator()
    def double(x):
        """Doubles."""
        return x * 2

    assert torch.is_grad_enabled()
    assert not double(leaf(1.0)).requires_grad and double.__name__ == "double" and double.__doc__ == "Doubles."


def test_generators_have_the_mode_only_while_they_run():
    @torch.no_grad()
    def modes():
        received = yield torch.is_grad_enabled()
        yield received, torch.is_grad_enabled()

    running = modes()
    assert next(running) is False and torch.is_grad_enabled()
    assert running.send("word") == ("word", False) and torch.is_grad_enabled()
    running.close()
    assert torch.is_grad_enabled()


def test_set_grad_enabled_acts_at_once_or_for_a_block():
    torch.set_grad_enabled(False)
    try:
        assert not torch.is_grad_enabled()
    finally:
        torch.set_grad_enabled(True)
    with torch.set_grad_enabled(False):
        assert not torch.is_grad_enabled()
    assert torch.is_grad_enabled()


def test_a_new_thread_starts_recording():
    seen = []
    with torch.no_grad():
        thread = threading.Thread(target=lambda: seen.append(torch.is_grad_enabled()))
        thread.start()
        thread.join()
    assert seen == [True]


def test_an_interrupt_inside_no_grad_leaves_recording_on():
    def interrupt(*_):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        for delay in (0.001, 0.003, 0.007):
            signal.setitimer(signal.ITIMER_REAL, delay)
            with pytest.raises(KeyboardInterrupt), torch.no_grad():
                while True:
                    pass
            assert torch.is_grad_enabled()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


# Inference mode


def test_tensors_of_inference_mode_say_so():
    x = leaf(1.0, 2.0)
    with torch.inference_mode():
        made, view = x * 2, x[0]
        assert torch.is_inference_mode_enabled() and not torch.is_grad_enabled()
        made.add_(1)
        x.add_(1)
    assert made.is_inference() and made[0].is_inference() and made.detach().is_inference()
    assert not view.is_inference() and not made.clone().is_inference() and not (made * 2).is_inference()
    assert x._version == 1 and torch.inference_mode(False).mode is False


def test_tensors_of_inference_mode_stay_out_of_the_tape():
    x = leaf(1.0, 2.0)
    with torch.inference_mode():
        made = torch.ones(2)
    raises("Inference tensors cannot be saved for backward.", lambda: x * made)
    raises("Inplace update to inference tensor outside InferenceMode is not allowed.", lambda: made.add_(1))
    raises("Setting requires_grad=True on inference tensor outside InferenceMode is not allowed.", made.requires_grad_)
    raises("Inference tensors do not track version counter.", lambda: made._version)
    (x + made).sum().backward()
    (x * made.clone()).sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]


# Anomaly mode


@pytest.mark.filterwarnings("ignore:Anomaly Detection has been enabled", "ignore::RuntimeWarning")
def test_anomaly_mode_names_the_operation_and_shows_where_it_was_called():
    x = leaf(0.0)
    with torch.autograd.detect_anomaly():
        y = x.sqrt() * 0  # the line to be shown
        with pytest.warns(UserWarning, match="(?s)Error detected in SqrtBackward0.*the line to be shown"):
            raises("Function 'SqrtBackward0' returned nan values in its 0th output.", y.sum().backward)
    assert not torch.is_anomaly_enabled()
    with torch.autograd.detect_anomaly(check_nan=False):
        (x.sqrt() * 0).sum().backward()


def test_anomaly_mode_set_for_a_block_or_at_once():
    with torch.autograd.set_detect_anomaly(True):
        assert torch.is_anomaly_enabled() and torch.is_anomaly_check_nan_enabled()
    torch.autograd.set_detect_anomaly(True, check_nan=False)
    assert torch.is_anomaly_enabled() and not torch.is_anomaly_check_nan_enabled()
    torch.autograd.set_detect_anomaly(False)
    assert not torch.is_anomaly_enabled()


@pytest.mark.filterwarnings("ignore:Anomaly Detection has been enabled")
def test_anomaly_mode_points_to_the_trace_for_overwritten_values():
    x = leaf(1.0)
    with torch.autograd.detect_anomaly():
        y = x.exp()
        y.add_(1)
        with pytest.warns(UserWarning, match="Error detected in ExpBackward0"):
            raises("Hint: the backtrace further above shows the operation", y.sum().backward)
