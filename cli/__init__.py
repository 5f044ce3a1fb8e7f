"""Commands that a person or CI runs around `pulumi up`."""
