"""A derivative of one's own in a training loop."""

import torch


class Cube(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx, gradient):
        (x,) = ctx.saved_tensors
        return gradient * 3 * x**2


torch.manual_seed(3)
x = torch.linspace(-1, 1, 50)
y = 0.5 * x**3 + x
a = torch.tensor(0.2, requires_grad=True)
b = torch.tensor(0.1, requires_grad=True)
optimizer = torch.optim.Adam([a, b], lr=0.05)
for step in range(60):
    loss = (Cube.apply(a * x) + b * x - y).pow(2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 15 == 0:
        print(f"{step:3d} {loss.item():.4f} {a.item():.4f} {b.item():.4f}")
