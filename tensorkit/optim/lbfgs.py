"""L-BFGS: steps along −H⁻¹·g, with an approximation of the inverse Hessian made from the last steps and gradients.

The optimizer evaluates the model itself, by a closure, several times a step.  The line search along a direction
stands in `wolfe.py`.

Source: J. Nocedal, S. Wright, "Numerical optimization", 2nd edition, chapters 3 and 7.
"""

from ..array_modules import np
from ..grad_mode import enable_grad
from ..tensor import memory, storage_of, wrap
from . import rules
from .optimizer import Optimizer
from .wolfe import strong_wolfe


class LBFGS(Optimizer):
    """L-BFGS, for smooth losses of the whole data set: few, expensive steps.

    lr                length of a step (with a line search: where the search begins)
    max_iter          changes of the parameters per `step`      max_eval  evaluations per step (1.25 · max_iter)
    tolerance_grad    stop when no gradient is larger           tolerance_change  or when steps or losses change less
    history_size      how many past steps are remembered
    line_search_fn    None or "strong_wolfe"

    `step` takes a closure that clears the gradients, computes the loss, calls `backward` and returns the loss.

    >>> import tensorkit as torch
    >>> w = torch.tensor([3.0, -4.0], requires_grad=True)
    >>> optimizer = torch.optim.LBFGS([w], line_search_fn="strong_wolfe")
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = ((w - 1) ** 2).sum()
    ...     loss.backward()
    ...     return loss
    >>> print(f"{optimizer.step(closure):.1f} {closure():.4f}")
    29.0 0.0000
    """

    def __init__(self, params, lr=1, max_iter: int = 20, max_eval: int | None = None, tolerance_grad: float = 1e-7,
                 tolerance_change: float = 1e-9, history_size: int = 100,
                 line_search_fn: str | None = None):  # fmt: skip
        rules.check_lr(lr)
        super().__init__(params, {
            "lr": lr, "max_iter": max_iter, "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
            "tolerance_grad": tolerance_grad, "tolerance_change": tolerance_change, "history_size": history_size,
            "line_search_fn": line_search_fn,
        })  # fmt: skip
        if len(self.param_groups) != 1:
            raise ValueError("LBFGS doesn't support per-parameter options (parameter groups)")
        self._params = self.param_groups[0]["params"]

    def __setstate__(self, state: dict) -> None:
        super().__setstate__(state)
        self._params = self.param_groups[0]["params"]

    # All parameters as one vector of real numbers

    def _gradient(self) -> np.ndarray:
        flat = []
        for p in self._params:
            array = memory(p)
            g = np.zeros_like(array) if p._grad is None else np.ascontiguousarray(p._grad._array)
            flat.append((g.view(array.real.dtype) if array.dtype.kind == "c" else g).reshape(-1))
        return np.concatenate(flat)

    def _move(self, length: float, direction: np.ndarray) -> None:
        start = 0
        for p in self._params:
            array = memory(p)
            if array.dtype.kind == "c":
                array = array.view(array.real.dtype)
            array += length * direction[start : start + array.size].reshape(array.shape)
            start += array.size
            storage_of(p).written()

    def _evaluate(self, closure, length: float, direction: np.ndarray) -> tuple:
        """Loss and gradient some way along `direction`; the parameters stay where they are."""
        before = [memory(p).copy() for p in self._params]
        self._move(length, direction)
        loss = float(rules.plain(closure()))
        gradient = self._gradient()
        for p, array in zip(self._params, before, strict=True):
            memory(p)[...] = array
            storage_of(p).written()
        return loss, gradient

    def step(self, closure):  # type: ignore[override]
        """Change the parameters up to `max_iter` times; returns the loss before."""

        def evaluate():
            with enable_grad():
                return closure()

        group = self.param_groups[0]
        state = self.state[self._params[0]]
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)
        first = evaluate()
        loss, g = float(rules.plain(first)), self._gradient()
        evaluations = 1
        state["func_evals"] += 1
        if np.abs(g).max() <= group["tolerance_grad"]:
            return first
        past = _Past(state, group["history_size"])
        for iteration in range(1, group["max_iter"] + 1):
            state["n_iter"] += 1
            direction = past.direction(g, fresh=state["n_iter"] == 1)
            past.gradient, past.loss = g.copy(), loss
            lr = rules.plain(group["lr"])
            length = min(1.0, 1.0 / float(np.abs(g).sum())) * lr if state["n_iter"] == 1 else lr
            past.length = length
            slope = float(g @ direction)
            if slope > -group["tolerance_change"]:
                break
            more = 0
            flat = False
            if group["line_search_fn"] is not None:
                if group["line_search_fn"] != "strong_wolfe":
                    raise RuntimeError("only 'strong_wolfe' is supported")
                loss, g, length, more = strong_wolfe(
                    lambda t, d: self._evaluate(evaluate, t, d), length, direction, loss, g, slope,
                    most=group["max_eval"] - evaluations,
                )  # fmt: skip
                past.length = length
                self._move(length, direction)
                flat = np.abs(g).max() <= group["tolerance_grad"]
            else:
                self._move(length, direction)
                if iteration != group["max_iter"]:
                    loss, g = float(rules.plain(evaluate())), self._gradient()
                    flat = np.abs(g).max() <= group["tolerance_grad"]
                    more = 1
            evaluations += more
            state["func_evals"] += more
            if evaluations >= group["max_eval"] or flat:
                break
            small = group["tolerance_change"]
            if np.abs(direction * length).max() <= small or abs(loss - past.loss) < small:
                break
        past.save(state)
        return first


class _Past:
    """The last steps s and changes of the gradient y, from which the inverse Hessian is approximated."""

    def __init__(self, state: dict, size: int):
        def arrays(name):
            return [memory(each) for each in state.get(name) or []]

        self.size = size
        self.changes, self.steps = arrays("old_dirs"), arrays("old_stps")
        self.inverses = [float(each) for each in state.get("ro") or []]
        self.scale = float(state.get("H_diag", 1))
        self.last = memory(state["d"]) if "d" in state else None
        self.length = state.get("t")
        self.gradient = memory(state["prev_flat_grad"]) if "prev_flat_grad" in state else None
        self.loss = state.get("prev_loss")

    def save(self, state: dict) -> None:
        state["d"], state["t"] = wrap(self.last), self.length
        state["old_dirs"], state["old_stps"] = list(map(wrap, self.changes)), list(map(wrap, self.steps))
        state["ro"] = [rules.number(each) for each in self.inverses]
        state["H_diag"] = rules.number(self.scale) if self.changes else 1
        state["prev_flat_grad"], state["prev_loss"] = wrap(self.gradient), self.loss
        if state["n_iter"] > 1:
            state.setdefault("al", [None] * self.size)

    def direction(self, g: np.ndarray, fresh: bool) -> np.ndarray:
        """−H⁻¹·g, after taking the last step into account."""
        if fresh:
            self.changes, self.steps, self.inverses, self.scale = [], [], [], 1.0
            self.last = -g
            return self.last
        y, s = g - self.gradient, self.last * self.length
        ys = float(y @ s)
        if ys > 1e-10:
            if len(self.changes) == self.size:
                del self.changes[0], self.steps[0], self.inverses[0]
            self.changes.append(y)
            self.steps.append(s)
            self.inverses.append(1.0 / ys)
            self.scale = ys / float(y @ y)
        self.last = self._two_loops(g)
        return self.last

    def _two_loops(self, g: np.ndarray) -> np.ndarray:
        """The two loops of Nocedal and Wright, algorithm 7.4."""
        pairs = list(zip(self.changes, self.steps, self.inverses, strict=True))
        q = -g
        shares = []
        for y, s, inverse in reversed(pairs):
            shares.append(float(s @ q) * inverse)
            q -= shares[-1] * y
        r = q * g.dtype.type(self.scale)
        for (y, s, inverse), share in zip(pairs, reversed(shares), strict=True):
            r += s * (share - float(y @ r) * inverse)
        return r
