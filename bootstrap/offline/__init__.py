"""Stand-ins for a machine that reaches only package registries."""
