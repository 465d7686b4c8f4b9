"""Three classes by one layer, written with functions only."""

import torch
import torch.nn.functional as F

torch.manual_seed(5)
centers = torch.tensor([[2.0, 0.0], [-1.0, 2.0], [-1.0, -2.0]])
y = torch.arange(90) % 3
x = centers[y] + 0.8 * torch.randn(90, 2)
w = torch.zeros(2, 3, requires_grad=True)
b = torch.zeros(3, requires_grad=True)
for epoch in range(30):
    loss = F.cross_entropy(x @ w + b, y)
    w_grad, b_grad = torch.autograd.grad(loss, [w, b])
    with torch.no_grad():
        w -= 0.5 * w_grad
        b -= 0.5 * b_grad
    if epoch % 6 == 0:
        print(epoch, f"{loss.item():.4f}")
print("errors:", (F.softmax(x @ w + b, dim=1).argmax(1) != y).sum().item())
