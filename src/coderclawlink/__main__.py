"""`python -m coderclawlink`: the same as `clawlink`."""

from coderclawlink.cli.main import main

main()
