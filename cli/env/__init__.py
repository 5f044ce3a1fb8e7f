"""The app's own variables and secrets: read, written, imported from a dotenv file."""
