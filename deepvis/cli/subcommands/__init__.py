"""One subcommand a file (``deepvis.cli.subcommand``)."""
