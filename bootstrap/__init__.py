"""Set-up: brings a machine to the point where `pulumi up` works.

Standard library only: it runs before anything is installed.
"""
