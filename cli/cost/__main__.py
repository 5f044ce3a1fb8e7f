"""Print what a stack costs: `python -m cli.cost STACK`."""

import sys

from cli.cost.parts import parts, prices, settings
from infra.errors import UserError


def main(stack: str) -> int:
    """Print each part of `stack` and the sum, a month."""
    given = settings(stack)
    found = parts(given)
    for part in found:
        print(f"{part.name:<16} {part.amount:<24} {part.monthly:8.2f} $")
    print(f"{'a month':<41} {sum(part.monthly for part in found):8.2f} $")
    print(
        f"\nList prices of {prices()['date']} in {given['region']}, without tax and free tier. "
        "Traffic to users comes on top\n"
        "(the first 100 GB a month are free). Settings: those of "
        f"Pulumi.{stack}.yaml; prices: cli/cost/prices.yaml"
    )
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1]))
    except UserError as problem:
        sys.exit(str(problem))
