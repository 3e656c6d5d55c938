"""The deepest stack of a function, from what GCC writes beside the objects.

    gcc -fcallgraph-info=su ...      FILE.ci: every function, its frame, whom it calls

A call through a pointer may reach every function of the library that nothing calls by its name.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from codegen.errors import GencError, Problem

DEEPEST = 300
"""Calls that are nested deeper are not followed."""

INDIRECT = "__indirect_call"
CURE = "compile with -fcallgraph-info=su and give the folder of the objects"

_NODE = re.compile(r'node: \{ title: "([^"]+)" label: "([^"]*)"')
_EDGE = re.compile(r'edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"')
_FRAME = re.compile(r"\\n(\d+) bytes \(([a-z,]+)\)")
_OUTSIDE = re.compile(r"_(info|selftest|profile)\.c")


@dataclass(frozen=True)
class Stack:
    """The deepest chain of calls.

    Attributes:
        bytes: of all its frames; None when there is no bound.
        chain: functions with their frames, the caller first.
        unknown: functions that are called and whose frames nobody knows: those of the C library.
        note: why there is no bound, or what was assumed.
    """

    bytes: int | None
    chain: tuple[tuple[str, int], ...]
    unknown: tuple[str, ...]
    note: str = ""


@dataclass
class CallGraph:
    """Who calls whom.  Functions have GCC's titles: "run" or, when static, "path/file.c:helper"."""

    frames: dict[str, int] = field(default_factory=dict)
    dynamic: set[str] = field(default_factory=set)
    callees: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    files: dict[str, str] = field(default_factory=dict)

    def deepest(self, function: str, prefix: str) -> Stack:
        """The deepest stack under `function`; pointers point into the library whose names begin with `prefix`."""
        walk = _Walk(self, self._pointed_at(prefix))
        if function not in self.frames:
            return Stack(None, (), (), f"{function} is not in the call graph")
        bytes_, chain = walk.depth(function)
        shown = tuple((_plain(name), self.frames[name]) for name in chain)
        return Stack(None if walk.unbounded else bytes_, shown, tuple(sorted(walk.unknown)), walk.note)

    def _pointed_at(self, prefix: str) -> list[str]:
        called = set().union(*self.callees.values()) if self.callees else set()
        own = f"{prefix}_"
        names = (n for n in self.frames if n not in called and Path(self.files[n]).name.startswith(own))
        return sorted(n for n in names if not _OUTSIDE.search(self.files[n]))


class _Walk:
    """A walk through a call graph, each function once."""

    def __init__(self, graph: CallGraph, pointed_at: list[str]) -> None:
        self.graph, self.pointed_at = graph, pointed_at
        self.known: dict[str, tuple[int, tuple[str, ...]]] = {}
        self.open: set[str] = set()
        self.unknown: set[str] = set()
        self.unbounded = False
        self.note = ""

    def depth(self, function: str) -> tuple[int, tuple[str, ...]]:
        """Bytes and chain of the deepest stack from `function` on."""
        if function in self.open or len(self.open) > DEEPEST:
            self.unbounded, self.note = True, f"{_plain(function)} calls itself, or calls are nested too deep"
            return 0, ()
        if function not in self.known:
            self.open.add(function)
            self.known[function] = self._measure(function)
            self.open.discard(function)
        return self.known[function]

    def _measure(self, function: str) -> tuple[int, tuple[str, ...]]:
        graph = self.graph
        if function in graph.dynamic:
            self.unbounded, self.note = True, f"the frame of {_plain(function)} depends on its data"
        callees = set(graph.callees.get(function, ()))
        if INDIRECT in callees:
            self.note = self.note or "calls through pointers taken to reach every function that none calls by name"
            callees |= set(self.pointed_at) - self.open
        self.unknown |= {c for c in callees - {INDIRECT} if c not in graph.frames}
        below = [self.depth(c) for c in sorted(callees) if c in graph.frames]
        deepest, chain = max(below, key=lambda pair: pair[0], default=(0, ()))
        return graph.frames[function] + deepest, (function, *chain)


def _plain(title: str) -> str:
    """The function of a title."""
    return title.rpartition(":")[2]


def read_call_graph(folder: Path) -> CallGraph:
    """Everything that the .ci files of a folder and its subfolders say.

    Raises:
        GencError: there is none, or it cannot be read.
    """
    graph = CallGraph()
    files = sorted(folder.rglob("*.ci"))
    if not files:
        raise GencError("cannot measure the stack", [Problem(str(folder), "holds no .ci file", CURE)])
    try:
        for file in files:
            _read_graph(file.read_text("utf-8", "replace"), graph)
    except OSError as error:
        raise GencError("cannot measure the stack", [Problem(str(folder), error.strerror or str(error))]) from error
    return graph


def _read_graph(text: str, graph: CallGraph) -> None:
    for title, label in _NODE.findall(text):
        frame = _FRAME.search(label)
        if frame is None:  # declared here, defined elsewhere
            continue
        graph.frames[title] = max(int(frame[1]), graph.frames.get(title, 0))
        graph.files[title] = label.split("\\n")[1].rsplit(":", 2)[0]
        if frame[2] == "dynamic":
            graph.dynamic.add(title)
    for source, target in _EDGE.findall(text):
        graph.callees[source].add(target)
