"""`python -m interfaces.cli`, which the supervisor runs."""

from interfaces.cli import main

main()
