"""Which tensorkit this is, and which PyTorch it behaves like."""

#: tensorkit's own release.
tensorkit = "0.1.0"

#: The release of PyTorch whose values, texts and random numbers these are.
torch = "2.13.0"

#: What `torch.__version__` gives: it parses as a PyTorch version, and says in its local part whose it is.
__version__ = f"{torch}+tensorkit.{tensorkit}"

cuda = hip = git_version = None
debug = False
