"""A line through points: gradients by autograd, the update by hand."""

import torch

torch.manual_seed(0)
x = torch.linspace(-1, 1, 40)
y = 3 * x - 1 + 0.1 * torch.randn(40)
w = torch.randn((), requires_grad=True)
b = torch.zeros((), requires_grad=True)
for epoch in range(50):
    loss = ((w * x + b - y) ** 2).mean()
    loss.backward()
    with torch.no_grad():
        w -= 0.3 * w.grad
        b -= 0.3 * b.grad
    w.grad.zero_()
    b.grad.zero_()
    if epoch % 10 == 0:
        print(f"epoch {epoch:2d} loss {loss.item():.4f}")
print(f"w {w.item():.4f} b {b.item():.4f}")
