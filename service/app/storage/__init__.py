"""The bytes of uploaded files."""
