"""Video that no trained model made and no camera took: a browser's screen, rendered scenes, flat animation.

What a detector must not call synthetic. Knows renderers of its own, its own pages and the programs that show and
record them; nothing of networks. A scene serves for training or for testing, never for both.

    python -m countermark.training.detector.hard_negatives --out DIR
"""
