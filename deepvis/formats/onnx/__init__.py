"""ONNX files as graphs, with a reader of their own and the way back."""
