"""Neural networks as ONNX graphs, written by this repository from a model's own weights, and run without torch."""
