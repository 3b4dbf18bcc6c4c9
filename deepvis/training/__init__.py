"""Training of the embedded default model: a plain Caffe network, run by the engine, from a folder of photos."""
