"""The marks that Pulumi puts in the place of a value, in states, previews and events."""

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""A value that only a deployment can tell (plugin.UnknownStringValue)."""
SIGNATURE = "4dabf18193072939515e22adb298388d"
"""The key that makes an object a secret or another special value."""
SECRET = {SIGNATURE: "1b47061264138c4ac30d75fd1eb44270"}
"""A secret in a state; `stack import` encrypts the `plaintext` beside it."""
