"""Measures the embedded model: does it show what was asked for, new combinations too, without copying its examples?

A probe reads from pixels what a clip shows; the same clips rendered by program say how well it can. Knows no training.
"""
