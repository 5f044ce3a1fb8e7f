"""Commands for a running deployment, the same for every stack, wherever its host is."""
