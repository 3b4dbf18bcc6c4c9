"""PyTorch modules, captured by torch.export, as graphs."""
