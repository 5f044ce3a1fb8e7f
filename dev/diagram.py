"""Draw the architecture from the resources that the program asks for: `python -m dev.diagram`."""

import sys
from collections import Counter
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from bootstrap.paths import ROOT
from testkit.recorded.ec2 import deploy
from testkit.recorded.program import Graph, Node

PICTURE = ROOT / "docs" / "images" / "architecture.svg"
STACK = "dev"
FRAMES = {
    "aws": "In the AWS account: stacks dev and prod (target ec2)",
    "docker": "On the host, the same on every stack; a developer's machine has this part alone",
}
CARD_WIDTH, GAP, MARGIN = 210, 30, 30
TITLE_HEIGHT, LINE_HEIGHT, LAYER_GAP = 26, 17, 44
STYLE = """
text { font-family: system-ui, sans-serif; font-size: 12px; fill: #24292f }
.frame { fill: #f6f8fa; stroke: #d0d7de } .card { fill: #fff; stroke: #8c959f }
.title { font-weight: 600; font-size: 13px } .name { font-weight: 600; fill: #0550ae }
.arrow { fill: none; stroke: #6e7781; stroke-width: 1.3 }
"""


@dataclass
class Card:
    """One component: what it is made of, what it needs, and its place."""

    title: str
    frame: str
    lines: list[str] = field(default_factory=list)
    needs: set[str] = field(default_factory=set)
    x: float = 0
    y: float = 0

    @property
    def height(self) -> float:
        return TITLE_HEIGHT + LINE_HEIGHT * len(self.lines) + 10


def cards(graph: Graph) -> dict[str, Card]:
    """The components by URN, without those that this stack leaves empty."""
    by_urn = {node.urn: node for node in graph.nodes}
    prefix = next(node.name for node in graph.nodes if node.type.startswith("taskmanager:"))

    def owner(node: Node | None) -> str:
        while node and not node.type.startswith("taskmanager:"):
            node = by_urn.get(node.parent)
        return node.urn if node else ""

    found: dict[str, Card] = {}
    for node in graph.nodes:
        if node.type.startswith("taskmanager:"):
            _, frame, kind = node.type.split(":")
            part = node.name.removeprefix(prefix).strip("-")
            found[node.urn] = Card(f"{kind} ({part})" if part else kind, frame)
    for urn, card in found.items():
        parts = [node for node in graph.nodes if owner(node) == urn and node.urn != urn]
        card.lines = _lines(parts, prefix)
        wanted = {owner(by_urn.get(each)) for part in parts for each in part.depends_on}
        card.needs = {each for each in wanted - {urn, ""} if found[each].frame == card.frame}
    return {urn: card for urn, card in found.items() if card.lines}


def _lines(parts: list[Node], prefix: str) -> list[str]:
    """Containers by name, everything else counted by kind."""
    named = [part for part in parts if part.type.endswith(":Container")]
    kinds = Counter(part.type.rpartition(":")[2] for part in parts if part not in named)
    return [
        *(f"container {part.name.removeprefix(f'{prefix}-')}" for part in named),
        *(f"{count} {kind}" if count > 1 else kind for kind, count in sorted(kinds.items())),
    ]


def _layers(found: dict[str, Card]) -> list[list[Card]]:
    """Each card below everything that it needs, and right above the first that needs it."""

    def depth(urn: str) -> int:
        return 1 + max((depth(need) for need in found[urn].needs if need in found), default=-1)

    depths = {urn: depth(urn) for urn in found}
    for urn in sorted(found, key=depths.__getitem__, reverse=True):
        # Else its arrow would run behind the cards between.
        below = [depths[other] for other, card in found.items() if urn in card.needs]
        depths[urn] = min(below, default=depths[urn] + 1) - 1
    return [
        sorted(
            (card for urn, card in found.items() if depths[urn] == level),
            key=lambda card: card.title,
        )
        for level in range(max(depths.values()) + 1)
    ]


def _arrows(found: dict[str, Card]) -> list[tuple[Card, Card]]:
    """From what is needed to what needs it, without what goes without saying."""

    def reached(urn: str) -> set[str]:
        direct = {need for need in found[urn].needs if need in found}
        return direct.union(*(reached(need) for need in direct))

    def by_title(urn: str) -> str:
        return found[urn].title

    return [
        (found[need], card)
        for card in found.values()
        for need in sorted((need for need in card.needs if need in found), key=by_title)
        if not any(need in reached(other) for other in card.needs if other in found)
    ]


def draw(graph: Graph) -> str:
    """The picture as SVG."""
    everything = cards(graph)
    body: list[str] = []
    width = 4 * CARD_WIDTH + 3 * GAP + 4 * MARGIN
    top = float(MARGIN)
    for frame, title in FRAMES.items():
        found = {urn: card for urn, card in everything.items() if card.frame == frame}
        bottom = _place(_layers(found), top + 40, width)
        body.append(
            f'<rect class="frame" x="{MARGIN}" y="{top:.0f}" width="{width - 2 * MARGIN}" '
            f'height="{bottom - top:.0f}" rx="8"/>\n'
            f'<text class="title" x="{2 * MARGIN}" y="{top + 24:.0f}">{escape(title)}</text>'
        )
        body += [_arrow(start, end) for start, end in _arrows(found)]
        body += [_card(card) for card in found.values()]
        if frame == "aws":
            middle = width / 2
            body.append(
                f'<path class="arrow" marker-end="url(#head)" d="M{middle:.0f},{bottom:.0f} '
                f'v{LAYER_GAP - 2}"/>\n<text x="{middle + 10:.0f}" y="{bottom + 26:.0f}">'
                "the Docker provider, by ssh, once the host is ready</text>"
            )
        top = bottom + LAYER_GAP
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {top:.0f}" '
        f'width="{width}" height="{top:.0f}" role="img">\n'
        "<title>What one pulumi up makes</title>\n"
        f"<style>{STYLE}</style>\n"
        '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" '
        'markerHeight="8" orient="auto"><path d="M0,0 L8,4 L0,8 z" fill="#6e7781"/></marker>'
        "</defs>\n"
        f'<rect width="{width}" height="{top:.0f}" fill="#fff"/>\n' + "\n".join(body) + "\n</svg>\n"
    )


def _place(layers: list[list[Card]], top: float, width: float) -> float:
    """Give each card its place, from `top` down; the result is where the frame ends."""
    for layer in layers:
        free = width - len(layer) * CARD_WIDTH - (len(layer) - 1) * GAP
        for number, card in enumerate(layer):
            card.x, card.y = free / 2 + number * (CARD_WIDTH + GAP), top
        top += max(card.height for card in layer) + LAYER_GAP
    return top - LAYER_GAP + MARGIN / 2


def _card(card: Card) -> str:
    lines = "\n".join(
        f'<text x="{card.x + 12:.0f}" y="{card.y + TITLE_HEIGHT + LINE_HEIGHT * row + 10:.0f}">'
        f"{escape(line)}</text>"
        for row, line in enumerate(card.lines)
    )
    return (
        f'<rect class="card" x="{card.x:.0f}" y="{card.y:.0f}" width="{CARD_WIDTH}" '
        f'height="{card.height:.0f}" rx="6"/>\n'
        f'<text class="name" x="{card.x + 12:.0f}" y="{card.y + 19:.0f}">'
        f"{escape(card.title)}</text>\n{lines}"
    )


def _arrow(start: Card, end: Card) -> str:
    x1, y1 = start.x + CARD_WIDTH / 2, start.y + start.height
    x2, y2 = end.x + CARD_WIDTH / 2, end.y - 1
    bend = (y2 - y1) / 2
    return (
        f'<path class="arrow" marker-end="url(#head)" d="M{x1:.0f},{y1:.0f} '
        f'C{x1:.0f},{y1 + bend:.0f} {x2:.0f},{y2 - bend:.0f} {x2:.0f},{y2:.0f}"/>'
    )


def main() -> int:
    """Write the picture."""
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.write_text(draw(deploy(STACK)))
    print(f"{PICTURE.relative_to(ROOT)} shows what stack {STACK} is made of")
    return 0


if __name__ == "__main__":
    sys.exit(main())
