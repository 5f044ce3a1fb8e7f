"""The graph of all components and their resources, as Mermaid for docs/architecture.md."""

from collections import Counter
from dataclasses import dataclass, field

from testkit.recorded.ec2 import deploy
from testkit.recorded.program import Graph, Node

STACK = "dev"
LAYERS = {
    "aws": "In the AWS account (target ec2: stacks dev and prod)",
    "docker": "On the host, the same on every stack; stack local has this part alone",
}
WIDE = '%%{init: {"flowchart": {"wrappingWidth": 400}}}%%'
TO_THE_HOST = "the Docker provider, by ssh, once the host is ready"


@dataclass
class Component:
    """A component of the program.

    title: its class, and its part where a class has several.
    layer: a key of LAYERS.
    lines: its resources, containers by name and others by type.
    needs: the URNs of the components of its layer whose outputs it takes.
    """

    title: str
    layer: str
    lines: list[str] = field(default_factory=list)
    needs: set[str] = field(default_factory=set)


def mermaid() -> str:
    """The graph of stack `dev`, as a fenced block."""
    return drawn(deploy(STACK))


def drawn(graph: Graph) -> str:
    """A recorded graph as a fenced block, whatever the order of its registration."""
    components = _components(graph)
    ids = {urn: f"c{number}" for number, urn in enumerate(components)}
    lines: list[str] = []
    for layer, title in LAYERS.items():
        members = {urn: one for urn, one in components.items() if one.layer == layer}
        boxes = [f'{ids[urn]}["{_label(one)}"]' for urn, one in members.items()]
        arrows = [f"{ids[need]} --> {ids[urn]}" for need, urn in _arrows(members)]
        lines += [f'  subgraph {layer}["{title}"]', "    direction TB"]
        lines += [f"    {line}" for line in (*boxes, *arrows)]
        lines.append("  end")
    lines.append(f'  aws -- "{TO_THE_HOST}" --> docker')
    return "\n".join(["```mermaid", WIDE, "flowchart TB", *lines, "```", ""])


def _components(graph: Graph) -> dict[str, Component]:
    """The components by URN, without those that this stack leaves empty."""
    by_urn = {node.urn: node for node in graph.nodes}
    named = [node.name for node in graph.nodes if node.type.startswith("taskmanager:")]
    prefix = min(named, key=len)

    def owner(node: Node | None) -> str:
        while node and not node.type.startswith("taskmanager:"):
            node = by_urn.get(node.parent)
        return node.urn if node else ""

    components: dict[str, Component] = {}
    for node in graph.nodes:
        if node.type.startswith("taskmanager:"):
            _, layer, kind = node.type.split(":")
            part = node.name.removeprefix(prefix).strip("-")
            components[node.urn] = Component(f"{kind} ({part})" if part else kind, layer)
    for urn, component in components.items():
        resources = [node for node in graph.nodes if owner(node) == urn and node.urn != urn]
        component.lines = _resources(resources, prefix)
        needs = {owner(by_urn.get(need)) for node in resources for need in node.depends_on}
        component.needs = {
            need for need in needs - {urn, ""} if components[need].layer == component.layer
        }
    return _in_order({urn: one for urn, one in components.items() if one.lines})


def _in_order(components: dict[str, Component]) -> dict[str, Component]:
    """Each after those that it needs; the order of their registration differs from run to run."""

    def depth(urn: str) -> int:
        return 1 + max((depth(need) for need in components[urn].needs & set(components)), default=0)

    def key(item: tuple[str, Component]) -> tuple[str, int, str]:
        urn, component = item
        return component.layer, depth(urn), component.title

    return dict(sorted(components.items(), key=key))


def _resources(nodes: list[Node], prefix: str) -> list[str]:
    """Containers by name, everything else counted by type."""
    containers = [node for node in nodes if node.type.endswith(":Container")]
    kinds = Counter(node.type.rpartition(":")[2] for node in nodes if node not in containers)
    return [
        *sorted(f"container {node.name.removeprefix(f'{prefix}-')}" for node in containers),
        *(f"{count} {kind}" if count > 1 else kind for kind, count in sorted(kinds.items())),
    ]


def _label(component: Component) -> str:
    return "<br>".join([f"<b>{component.title}</b>", *component.lines])


def _arrows(members: dict[str, Component]) -> list[tuple[str, str]]:
    """From each component to those that need it, without arrows that others imply."""

    def reached(urn: str) -> set[str]:
        direct = {need for need in members[urn].needs if need in members}
        return direct.union(*(reached(need) for need in direct))

    return [
        (need, urn)
        for urn, component in members.items()
        for need in sorted(component.needs & set(members), key=lambda one: members[one].title)
        if not any(need in reached(other) for other in component.needs & set(members))
    ]
