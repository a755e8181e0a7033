"""The wing for pixels of unmarked video: where the detector comes to stand.

Knows tiles, networks and calibration; knows nothing of marks and manifests, nor of how our own videos are made.
"""
