"""Brings a machine to the point where `pulumi up` works; the official way first, then the lab's."""
