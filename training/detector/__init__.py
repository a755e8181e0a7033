"""Makes the detector's weights from clips. Knows torch, timm and the folds; the wing it trains for knows nothing of it.

python -m countermark.training.detector --clips DIR --fold 0
"""
