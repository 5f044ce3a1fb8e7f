"""Commands that the workflows run around the make targets; see docs/github.md."""
