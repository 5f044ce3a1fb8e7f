"""`python -m cli` is the command `taskmanager`."""

from cli.app import main

main()
