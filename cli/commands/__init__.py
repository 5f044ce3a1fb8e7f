"""The definitions of the commands, by topic; the modules one folder up do the work."""
