"""Measurements that anyone can repeat. Each module measures one thing and writes its JSON under `results/`.

`python -m benchmarks.chain` measures in full, `--quick` in a minute or two; `python -m benchmarks` runs the quick form
of all and prints one table. Figures are ratios within one run, taken in turn, so that a drifting machine hits both.
"""
