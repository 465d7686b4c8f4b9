"""A small network trained by every process of the group on its part of each batch: `python train.py NAME BACKEND …`.

Prints on rank 0, as JSON, the loss of each step over the whole batch, and the sum of the weights at the end.  Called
`python train.py NAME alone`, one process trains without a group on whole batches: the same numbers.
"""

import importlib
import json
import sys


def main() -> None:
    torch = importlib.import_module(sys.argv[1])
    dist = importlib.import_module(f"{sys.argv[1]}.distributed")
    rank, world = 0, 1
    if sys.argv[2] == "gloo":
        dist.init_process_group(
            "gloo", init_method=f"file://{sys.argv[3]}/meeting", rank=int(sys.argv[4]), world_size=2
        )
    elif sys.argv[2] == "mpi":
        dist.init_process_group("mpi")
    if dist.is_initialized():
        rank, world = dist.get_rank(), dist.get_world_size()
    torch.manual_seed(0)
    x, t = torch.rand(32, 6), torch.rand(32, 3)
    torch.manual_seed(rank)  # the weights differ, until rank 0's are handed out
    model = torch.nn.Sequential(torch.nn.Linear(6, 16), torch.nn.Tanh(), torch.nn.Linear(16, 3))
    weights = model.parameters()
    if dist.is_initialized():
        model = torch.nn.parallel.DistributedDataParallel(model, bucket_cap_mb=0.0001)
    optimizer = torch.optim.SGD(weights, lr=0.5, momentum=0.9)
    losses = []
    for step in range(12):
        rows = slice(step % 2 * 16 + rank * 16 // world, step % 2 * 16 + (rank + 1) * 16 // world)
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(x[rows]), t[rows])
        loss.backward()
        optimizer.step()
        mean = loss.detach() / world
        if dist.is_initialized():
            dist.all_reduce(mean)
        losses.append(f"{mean.item():.6f}")
    total = sum(weight.sum().item() for weight in model.parameters())
    if rank == 0:
        print(json.dumps({"losses": losses, "weights": f"{total:.4f}"}), flush=True)
    if dist.is_initialized():
        dist.destroy_process_group()


if __name__ == "__main__":
    main()
