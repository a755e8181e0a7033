"""The embedded model in diffusers' own form: for training, GPUs, and those who load it by `from_pretrained`.

What runs by default is the same network as ONNX graphs (`generator/sketch/`); this needs torch and diffusers.
"""
