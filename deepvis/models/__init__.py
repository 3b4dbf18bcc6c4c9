"""Models by name: their cards, labels, preprocessing and files."""
