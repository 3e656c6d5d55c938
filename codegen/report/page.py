"""report.html: report.json as a page for people.

One file without scripts, fonts or images from elsewhere: pictures are inline SVG, numbers stand in tables.  Positions
are percentages and text is not scaled, so that the same page is legible on a telephone and on a wide screen.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jinja2

from codegen.quantize.report import decibels
from codegen.render.layer_text import common_folder, first_name

NARROW_PX, WIDE_PX, HEIGHT_PX = 300, 900, 320
"""Widths that the memory picture has at least on a telephone and on a wide screen, and its height."""

CHARACTER_PX, LINE_PX = 7.5, 16
"""Room that a character of a label takes."""

NAME_CHARACTERS = 60

KINDS = {"channels": "per channel: bias, multiplier, shift"}
"""Labels of constants that need an explanation."""


@dataclass(frozen=True)
class Box:
    """A rectangle of the memory picture; x, y, width, height in percent, from the upper left corner.

    Attributes:
        number: row of the arena map, written into the first layer's column.
        column, middle: centre of the number, in percent of the picture.
        room: CSS class: from which width on the number fits; "" when it never does.
        title: what it is, for pointing devices and screen readers.
    """

    number: int
    kind: str
    x: str
    y: str
    width: str
    height: str
    column: str
    middle: str
    room: str
    title: str


@dataclass(frozen=True)
class Tick:
    """A mark of an axis: where, in percent, and what it says."""

    at: str
    text: str


@dataclass(frozen=True)
class Picture:
    """Memory over time: layers from left to right, addresses upwards; `slow` is where another memory begins."""

    boxes: list[Box]
    columns: list[Tick]
    addresses: list[Tick]
    peak: Tick
    peak_width: str
    bound: Tick
    slow: Tick | None


def report_files(facts: Any) -> dict[str, str]:
    """report.json and report.html: path in the output folder -> text."""
    return {"report.json": json.dumps(facts, indent=1) + "\n", "report.html": render_page(facts)}


def render_page(facts: Any) -> str:
    """The text of report.html.

    Args:
        facts: as codegen.report.facts.report_facts makes them.
    """
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            facts=facts, pictures=[_picture(m) for m in facts["models"]], folders=[_folder(m) for m in facts["models"]]
        )
    )


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parents[1] / "templates"),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        autoescape=True,
    )
    environment.filters.update(thousands="{:,}".format, clean=_clean, layer_name=_layer_name, words=_words)
    environment.globals.update(percent=_percent, decibels=decibels, change=_change, share=_share, kinds=KINDS)
    return environment


def _picture(model: Any) -> Picture:
    """The memory picture of a model."""
    ram, layers = model["ram"], len(model["layers"])
    columns, height = layers + 2, max(ram["end"], 1)
    step = _nice_step(layers, 6)
    numbers = [n for n in range(0, layers, step) if columns < 12 or n > step // 3]
    marks = [(0, "in"), *((n + 1, str(n)) for n in numbers if n + step // 2 < layers or n == 0), (layers + 1, "out")]
    high, slow = _nice_step(height, 5), ram["slow_start"]
    return Picture(
        boxes=[_box(number, p, columns, height) for number, p in enumerate(model["placements"], 1)],
        columns=[Tick(_percent(2 * column + 1, 2 * columns), text) for column, text in marks],
        addresses=[Tick(_percent(height - a, height), f"{a:,}") for a in range(0, height + 1, high)],
        peak=Tick(_percent(ram["peak_layer"] + 1, columns), str(ram["peak_layer"])),
        peak_width=_percent(1, columns),
        slow=Tick(_percent(height - slow, height), ram["slow_memory"] or "") if slow is not None else None,
        bound=Tick(_percent(max(height - ram["lower_bound_bytes"], 0), height), f"{ram['lower_bound_bytes']:,}"),
    )


def _box(number: int, p: Any, columns: int, height: int) -> Box:
    lifetime = p["last_layer"] - p["first_layer"] + 1
    needs = len(str(number)) * CHARACTER_PX * columns
    fits = [room for room, px in (("narrow", NARROW_PX), ("wide", WIDE_PX)) if needs <= px]
    return Box(
        number=number,
        kind=p["kind"],
        x=_percent(p["first_layer"] + 1, columns),
        y=_percent(height - p["offset"] - p["bytes"], height),
        width=_percent(lifetime, columns),
        height=_percent(p["bytes"], height),
        column=_percent(2 * p["first_layer"] + 3, 2 * columns),
        middle=_percent(2 * height - 2 * p["offset"] - p["bytes"], 2 * height),
        room=fits[0] if fits and HEIGHT_PX * p["bytes"] >= LINE_PX * height else "",
        title=f"{number}: {p['kind']} {_clean(p['name'])}, {p['bytes']:,} bytes at {p['offset']:,}, "
        f"layers {p['first_layer']} to {p['last_layer']}",
    )


def _nice_step(span: int, most: int) -> int:
    """The least step of the series 1, 2, 5, 10 ... that cuts `span` into at most `most` parts."""
    power = 1
    while True:
        for factor in (1, 2, 5):
            if span <= factor * power * most:
                return factor * power
        power *= 10


def _percent(part: float, whole: float) -> str:
    """A length for SVG and CSS, "12.5%"; 0 of nothing."""
    return f"{100 * part / whole:.2f}".rstrip("0").rstrip(".") + "%" if whole else "0%"


def _clean(text: str, limit: int = NAME_CHARACTERS) -> str:
    """A stranger's name without control and direction characters; the middle of a long one is left out."""
    plain = "".join(c if c.isprintable() else "?" for c in text)
    return plain if len(plain) <= limit else f"{plain[: limit // 3]}...{plain[3 - limit + limit // 3 :]}"


def _folder(model: Any) -> str:
    """What the names of all layers begin with."""
    return common_folder([first_name(layer["name"]) for layer in model["layers"]])


def _layer_name(name: str, folder: str) -> str:
    """A layer's name without what all have in common."""
    return _clean(first_name(name).removeprefix(folder))


def _words(items: Iterable[str]) -> str:
    """A list in a sentence, of at most six items."""
    items = list(items)
    return ", ".join(items[:6]) + (", ..." if len(items) > 6 else "")


def _change(before: int, after: int) -> str:
    """How much less, or more, "-49.2 %"; "" when nothing changed."""
    if before in {0, after}:
        return ""
    return f"{100 * (after - before) / before:+.1f} %".replace("-", "\N{MINUS SIGN}")


def _share(part: float, whole: float) -> str:
    """A share for people: "12.5 %"."""
    return f"{100 * part / max(whole, 1):.1f} %"
