"""``python -m deepvis``: the same as the command ``deepvis``."""

from deepvis.cli.main import entry

if __name__ == "__main__":
    entry()
