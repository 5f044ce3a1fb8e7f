"""Print the monthly cost of a stack, also as JSON for a script."""

import json
from dataclasses import asdict

from cli.cost.parts import parts, prices, settings


def main(stack: str, *, as_json: bool = False) -> int:
    """Print each part of `stack` and the sum, in dollars a month at list prices."""
    given = settings(stack)
    found = parts(given)
    total = sum(part.monthly for part in found)
    if as_json:
        bill = [{**asdict(part), "monthly": round(part.monthly, 2)} for part in found]
        print(json.dumps({"parts": bill, "monthly": round(total, 2)}))
        return 0
    width = max(len(part.amount) for part in found)
    for part in found:
        print(f"{part.name:<16} {part.amount:<{width}} {part.monthly:8.2f} $")
    print(f"{'a month':<16} {'':<{width}} {total:8.2f} $")
    print(
        f"\nList prices of {prices()['date']} in {given['region']}, without tax and free tier.\n"
        "Traffic to users comes on top (the first 100 GB a month are free).\n"
        f"Settings: those of Pulumi.{stack}.yaml; prices: cli/cost/prices.yaml"
    )
    return 0
