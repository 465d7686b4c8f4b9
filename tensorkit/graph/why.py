"""Why `.grad` is what it is: `why(x)` says in words why it is None, zero, doubled or NaN, where, and what to do.

Here: the questions asked of a tensor, in the order in which a helpful neighbour would ask them, and the `Explanation`
they lead to. What the graph's numbers tell is found in `causes.py`. Nothing is changed: no `.grad`, no tape.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..array_modules import on_host
from ..storage import InferenceStorage
from ..tape import Node, is_grad_enabled
from ..tensor import Tensor
from .causes import (
    ADVICE,
    blocked,
    cancels,
    first_odd_gradient,
    first_odd_value,
    is_odd,
    is_zero,
    made_by,
    multiple,
    odd_words,
    zeros_in,
)
from .describe import clean, label_of
from .explanation import Explanation
from .history import was_released
from .kin import results_of, sharing
from .model import Graph, GraphNode
from .pytorch import adopt, is_foreign, is_tensor, loaded
from .rules import atom
from .snapshots import number, short, snapshot
from .trace import trace

_SELF, _OF = "the tensor", "the result"  # no names of a notebook
LIMIT = 5000  # tensors of a history that are looked at


def why(
    tensor: Tensor, names: Mapping[str, Tensor] | None = None, *, name: str | None = None, of: Tensor | None = None
) -> Explanation:
    """Why is the `.grad` of this tensor None, zero, more than expected, or NaN? Or is all well?

    tensor  the one in question; TypeError for anything but a tensor
    names   what the notebook calls its tensors: among them the results are looked for that depend on `tensor`
    name    what to call the tensor where `names` doesn't have it
    of      the result whose backward pass is meant; left out, the newest that depends on `tensor`

    >>> import tensorkit as torch
    >>> x = torch.tensor(3.0, requires_grad=True)
    >>> y = x * x
    >>> y.backward(retain_graph=True); y.backward()
    >>> why(x, {"x": x, "y": y}).finding
    'accumulated'
    """
    for each in (tensor, of):
        if each is not None and not is_tensor(each):
            raise TypeError(f"expected a tensor, but got {type(each).__name__}")
    if is_foreign(tensor):
        return _why_foreign(tensor, names or {}, name, of)
    named = {key: value for key, value in (names or {}).items() if isinstance(value, Tensor)}
    return _asked(tensor, named, name, of, is_grad_enabled())


def _why_foreign(tensor: Any, names: Mapping[str, Any], name: str | None, of: Any) -> Explanation:
    """The same for a tensor of PyTorch's; the histories of all results with names are looked at."""
    results = [value for value in names.values() if is_foreign(value) and value.grad_fn is not None]
    results += [] if of is None else [of]
    adopted = adopt(tensor, {**names, _SELF: tensor, _OF: of}, LIMIT, results)
    named = dict(adopted.names)
    ours, result = named.pop(_SELF), named.pop(_OF, None)
    return _asked(ours, named, name, result, loaded().is_grad_enabled())


def _asked(
    tensor: Tensor, named: dict[str, Tensor], name: str | None, of: Tensor | None, recording: bool
) -> Explanation:
    own = next((key for key, value in named.items() if value is tensor), None)
    if own is None and (name is not None or tensor._node is None):
        own = name or "tensor"
        named = {own: tensor, **named}
    return _Question(tensor, named, own, of, recording).answer()


class _Question:
    """One tensor, and what is known of where it stands."""

    def __init__(
        self, tensor: Tensor, named: dict[str, Tensor], own: str | None, of: Tensor | None, recording: bool
    ) -> None:
        self.tensor, self.named, self.of, self.recording = tensor, named, of, recording
        self.place: Any = tensor if tensor._node is None else tensor._node
        self.roots = results_of(tensor, named if of is None else {"": of})
        self.graph: Graph | None = None
        self.node: GraphNode | None = None
        candidates = [of] if of is not None else self.roots[:4] or [tensor]
        for number_of, shown in enumerate(candidates):
            graph = trace(shown, named, limit=LIMIT)
            if number_of and not any("inplace" in note for node in graph.nodes for note in node.notes):
                continue  # the newest result counts, unless an older one can't be differentiated any more
            self.root, self.graph = shown, graph
        self.node = self._find(own)
        self.name = clean(own) if own is not None else label_of(self.node) if self.node else "tensor"
        self.written = atom(self.name)  # as it is written in front of a dot
        grad = tensor._grad
        self.stored = None if grad is None else snapshot(np.asarray(on_host(grad._array)))
        self.state = f"{self.written}.grad is {'None' if self.stored is None else short(self.stored)}"

    def answer(self) -> Explanation:
        tensor = self.tensor
        if tensor._array.dtype.kind in "biu":
            return self._say(
                "whole numbers",
                f"{self.name} has dtype {tensor.dtype}: only floating-point tensors can have gradients.",
                todo=f"If it is to be learned, make it one of floats: {self.written}.float() or torch.tensor([1.0]).",
            )
        if not tensor._requires_grad:
            return self._no_gradient_wanted()
        if is_odd(self.stored) or (self.stored is None and self._odd_value()):
            return self._odd()
        if self.stored is None:
            return self._none()
        return self._something(self.stored)

    # What stands where

    def _find(self, own: str | None) -> GraphNode | None:
        assert self.graph is not None
        if isinstance(self.place, Node):
            return next((node for node in self.graph.nodes if node.time == self.place.time), None)
        return next((node for node in self.graph.nodes if own is not None and own in (node.name, *node.aliases)), None)

    def _odd_value(self) -> bool:
        return self.node is not None and is_odd(self.node.value)

    # Answers

    def _say(
        self, finding: str, reason: str, where: Any = (), todo: str = "", notes: Any = (), nodes: Any = ()
    ) -> Explanation:
        graph = self.graph if self.node is not None else None
        return Explanation(
            self.name, self.state, finding, reason, tuple(where), todo, tuple(notes), tuple(nodes), graph
        )

    def _no_gradient_wanted(self) -> Explanation:
        tensor, name = self.tensor, self.name
        notes = [] if self.recording else ["Recording is switched off at this moment (no_grad)."]
        if self.stored is not None:
            notes.append("Its .grad is left over from a time when it did.")
        if type(tensor._storage) is InferenceStorage:
            return self._say(
                "inference mode",
                f"{name} was made in inference_mode, where nothing is recorded for gradients.",
                todo="Compute it outside of torch.inference_mode().",
                notes=notes,
            )
        if others := sharing(tensor, self.named, True):
            kept = f"{others[0]} requires grad, {name} doesn't"
            return self._say(
                "detached",
                f"{name} shares its memory with {', '.join(others)} but not its history: {kept}. "
                "It was taken out of the graph by .detach(), .data or under no_grad.",
                [f"between {others[0]} and {name}"],
                f"Compute with {others[0]} itself where gradients are to flow.",
                notes,
            )
        used = (
            f" It is a constant in the graph of {label_of(self.graph.node(self.graph.root))}."
            if (self.roots and self.graph is not None)
            else ""
        )
        return self._say(
            "requires_grad=False",
            f"{name} does not require grad, and no operation on the tape made it: it was created without "
            f"requires_grad=True, computed under no_grad, or from tensors none of which requires grad.{used}",
            todo=f"If it is to be learned: {self.written}.requires_grad_() before computing with it; if it should be "
            "the result of something that is: compute it outside of torch.no_grad().",
            notes=notes,
        )

    def _odd(self) -> Explanation:
        value = None if self.graph is None else first_odd_value(self.graph)
        back = None if self.graph is None else first_odd_gradient(self.graph)
        odd = odd_words(self.stored) if self.stored else odd_words(self.node.value if self.node else None)
        what = f"{self.written}.grad holds {odd}" if self.stored else f"The value of {self.name} holds {odd}"
        if value is not None:
            return self._say(
                f"{odd} in the forward pass",
                f"{what}; the first place where it appears is in the forward pass, and from there it spreads.",
                [value[1]],
                "Keep the operand inside the function's domain (clamp it, add a small number) or use the stable form "
                "(log_softmax, logsumexp, binary_cross_entropy_with_logits).",
                nodes=[value[0]],
            )
        if back is not None:
            return self._say(
                f"{odd} in the backward pass",
                f"{what}. All values of the forward pass are finite: it appears in the backward pass.",
                [back[1]],
                "Keep away from the point where the derivative has no finite value: sqrt(x + 1e-12) in place of "
                "sqrt(x). torch.where alone does not help, since 0 * inf is NaN.",
                nodes=[back[0]],
            )
        return self._say(
            odd,
            f"{what}, but in the graph that is left every value and gradient is finite: it came from "
            "another graph or an earlier pass, or was written there.",
            todo="Clear it (optimizer.zero_grad()) and run backward again; "
            "torch.autograd.detect_anomaly() stops at the place.",
        )

    def _none(self) -> Explanation:
        tensor, name = self.tensor, self.name
        if tensor._node is not None and not tensor.retains_grad:
            node = self.node
            fresh = []
            if self.roots and node is not None and node.gradient is not None and self.graph is not None:
                root = label_of(self.graph.node(self.graph.root))
                fresh = [f"Its gradient of {root} is {short(node.gradient)}, though not kept."]
            return self._say(
                "not a leaf",
                f"{name} was computed by {node.op if node else tensor._node.name()}, "
                "and .grad is kept for leaves only.",
                todo="Call .retain_grad() on it before backward(), or ask for it: torch.autograd.grad(loss, tensor).",
                notes=fresh,
                nodes=[node.id] if node else [],
            )
        if not self.roots:
            copies = sharing(tensor, self.named, False)
            if copies:
                return self._say(
                    "detached",
                    f"No result was computed from {name} itself, but {', '.join(copies)} shares its memory without its "
                    "history: what was computed from there sends nothing back.",
                    [f"between {name} and {copies[0]}"],
                    f"Compute with {name} instead of {copies[0]}.",
                )
            return self._say(
                "in no graph",
                f"No tensor with a name here was computed from {name} with recording on, so no backward pass can "
                "reach it.",
                todo=f"Compute the loss from {name}, outside of no_grad and without .detach(), .item() or .numpy() on "
                "the way; or give the loss a name.",
            )
        return self._none_with_root()

    def _none_with_root(self) -> Explanation:
        assert self.graph is not None
        name, root = self.name, label_of(self.graph.node(self.graph.root))
        written = next((note for node in self.graph.nodes for note in node.notes if "inplace" in note), None)
        if written is not None:
            stuck = next(node for node in self.graph.nodes if written in node.notes)
            uses = [self.graph.node(edge.target) for edge in self.graph.uses(stuck.id)]
            return self._say(
                "written in place",
                f"A value that the backward pass of {root} needs was written to in place after it was used, so "
                "backward() raises an error before it reaches this tensor.",
                [f"{made_by(use)} needs the old value" for use in uses],
                "Use the operation without the underscore (x = x + 1, not x += 1), or work on a clone().",
                nodes=[stuck.id],
            )
        released = was_released(self.root._node)
        if released:
            return self._say(
                "cleared",
                f"A backward pass has gone through the graph of {root}, yet nothing is in {self.written}.grad: "
                "it was cleared since (zero_grad() sets it to None), or the gradients were returned by autograd.grad, "
                "or asked for other inputs only.",
                todo="Look at it between backward() and zero_grad().",
            )
        sure = "" if released is False else " (or it was cleared since)"
        return self._say(
            "backward not called",
            f"{root} depends on {name}, but no backward pass has been run yet{sure}.",
            todo=f"{atom(root)}.backward()",
            notes=[f"It will be {short(self.node.gradient)}."] if self.node and self.node.gradient else [],
        )

    def _something(self, stored: Any) -> Explanation:
        graph, node = self.graph, self.node
        if graph is None or node is None or not self.roots or node.gradient is None:
            zero = is_zero(stored)
            return self._say(
                "zero" if zero else "unknown",
                f"{self.written}.grad is {'zero' if zero else 'filled'}, but "
                + (
                    "no tensor with a name here was computed from it any more"
                    if not self.roots
                    else "the graph was released"
                )
                + ", so there is nothing to compare it with.",
                todo="Run the forward pass again, ask before backward(), or use backward(retain_graph=True).",
            )
        root, fresh = label_of(graph.node(graph.root)), node.gradient
        if is_zero(stored):
            return self._zero(root)
        k = multiple(stored, fresh)
        if k == 1:
            result = graph.node(graph.root).value
            notes = [extra] if (extra := zeros_in(graph, node.id)) else []
            notes += [f"The value of {root} itself holds {odd_words(result)}."] if is_odd(result) else []
            return self._say("as it should be", f"It is the gradient of {root}, from one backward pass.", notes=notes)
        if k is not None and k == int(k) and k > 1:
            return self._say(
                "accumulated",
                f"It is {int(k)} times the gradient of {root}, which is {short(fresh)}: backward() adds to .grad, and "
                f"ran {int(k)} times since it was last cleared.",
                todo="Clear it before each backward pass: optimizer.zero_grad(), or x.grad = None.",
            )
        if (parts := self._sum_of_roots(stored)) is not None:
            return self._say(
                "accumulated",
                f"It is the sum of the gradients of {' and '.join(parts)}: each backward() adds to .grad.",
                todo="That is right where the losses belong together; else clear it in between with zero_grad().",
            )
        reasons = f"The gradient of {root} is {short(fresh)} at the present values"
        scaled = f", so this is {number(k)} times it: scaled by a hook, a clipping or backward(gradient=…)" if k else ""
        return self._say(
            "unknown",
            f"{reasons}{scaled}." if scaled else f"{reasons}, and {self.written}.grad is no multiple of it.",
            todo="Clear it, run one backward pass and ask again.",
            notes=[]
            if scaled
            else [
                "Possible: several backward passes at different values, a hook, clipping, or values changed since "
                "(an optimizer's step)."
            ],
        )

    def _sum_of_roots(self, stored: Any) -> list[str] | None:
        """The names of several results whose gradients add up to what is stored."""
        total, parts = None, list[str]()
        for root in self.roots[:8]:
            if root._array.size != 1 or root._node is None:
                continue
            graph = trace(root, self.named, limit=LIMIT)
            gradient = next(
                (each.gradient for each in graph.nodes if self.node and each.label == self.node.label), None
            )
            if gradient is None or gradient.array is None:
                return None
            total = gradient.array if total is None else total + gradient.array
            parts.append(label_of(graph.node(graph.root)))
        if len(parts) < 2 or total is None or multiple(stored, snapshot(np.asarray(total))) != 1:
            return None
        return parts

    def _zero(self, root: str) -> Explanation:
        graph, node = self.graph, self.node
        assert graph is not None and node is not None
        if not is_zero(node.gradient):
            return self._say(
                "cleared to zero",
                f"The gradient of {root} is {short(node.gradient)}, but {self.written}.grad is 0: it was set to zero "
                "since the backward pass (zero_grad(set_to_none=False), grad.zero_()).",
                todo="Look at it between backward() and zero_grad().",
            )
        if cancels(graph, node.id):
            parts = " + ".join(short(edge.contribution) for edge in graph.uses(node.id))
            return self._say(
                "cancelled", f"It is used more than once, and the contributions add up to zero: {parts}.", notes=()
            )
        places = blocked(graph, node.id)
        if places:
            return self._say(
                places[0][1],
                f"The gradient of {root} with respect to {self.name} really is 0: on every way back it meets an "
                "operation that passes nothing on.",
                [place for _, _, place in places],
                ADVICE.get(places[0][1], ""),
                nodes=[id for id, _, _ in places],
            )
        return self._say("zero", f"The gradient of {root} with respect to {self.name} is 0 at this point.")
