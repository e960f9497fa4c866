"""The verbs of the command line, a file each; `cli.py` gathers them."""
