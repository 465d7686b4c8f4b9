"""Programs whose answers were recorded from PyTorch, and what reads, runs, records and compares them.

Read `programs/*.txt` first (plain text, explained in `language.py`), then `observe.py` (runs one program on any library
that calls itself torch), `compare.py` (when two answers are the same), `record.py` (asks PyTorch) and `replay.py` (asks
tensorkit and sorts what differs). Random streams and printing have case files of their own beside these.
"""
