"""The package as a library: ``deepvis.open`` and ``deepvis.show``. See docs/api.md."""
