"""Speed and memory side by side: tensorkit, PyTorch, NumPy written by hand, micrograd where it can.

`python -m bench --help`. The work that is measured stands in `works.py`, one short function each; `worker.py` measures
in a process of its own; `rounds.py` lets the processes of the engines take turns; `__main__.py` prints the table. Tests
never look at a time.
"""
