"""The wing for pixels of unmarked video: whether they were generated or changed, how sure that is, where and why.

Knows tiles, networks, statistics and calibration; knows nothing of marks and manifests, nor of how our own videos are
made. `looking.detect` asks it of one file; `asking.panel` makes the examiners that `verify` asks.
"""
