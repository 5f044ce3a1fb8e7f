"""The picture in the README shows what the program asks for today."""

from dev.diagram import PICTURE, STACK, draw
from testkit.recorded.ec2 import deploy


def test_the_picture_of_the_architecture_is_current() -> None:
    assert draw(deploy(STACK)) == PICTURE.read_text(), "run: make picture"
