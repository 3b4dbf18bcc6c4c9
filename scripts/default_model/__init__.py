"""Training of the embedded model, caffenet-mini (scripts/train_default_model.py)."""
