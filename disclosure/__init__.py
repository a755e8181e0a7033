"""The labels that people see and machines read, in each law's own form, and what each law asks of a file.

Knows no watermark, no manifest and no detector: what passes between them is a value of `evidence` or of `media`.
"""
