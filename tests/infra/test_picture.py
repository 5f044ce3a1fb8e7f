"""The picture in the README shows what the program asks for today."""

from tests.infra.ec2 import deploy
from tools.picture import PICTURE, STACK, draw


def test_the_picture_of_the_architecture_is_current() -> None:
    assert draw(deploy(STACK)) == PICTURE.read_text(), "run: make picture"
