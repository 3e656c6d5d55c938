"""report.json and report.html: right, self-contained, deterministic, harmless, legible."""

import html
import json
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from codegen.boards import find_board
from codegen.cli import main
from codegen.compiler import Compiled, Options, compile_model
from tests.support.tflite_writer import ModelWriter
from tests.support.tools import need

DIGITS = Path(__file__).parents[2] / "examples" / "digits" / "digits.tflite"
HOSTILE = '\u202e</title></style></svg><script>document.title = "owned"</script><img src=http://x/y onerror="alert(1)">'

MEASURE = """
<script>
addEventListener("load", () => {
  const page = document.querySelector("iframe").contentDocument, root = page.documentElement;
  const seen = e => e.getClientRects().length && getComputedStyle(e).visibility != "hidden";
  const texts = [...page.querySelectorAll("h1, h2, h3, td, dd, dt, small, span, p, code, svg text")].filter(seen);
  const width = root.clientWidth;
  const clipped = texts.filter(e => {
    const box = e.getBoundingClientRect();
    return box.left < 0 || box.right > width + 0.5 || e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0;
  });
  const style = page.defaultView.getComputedStyle(page.body), svg = page.querySelector("svg").getBoundingClientRect();
  document.body.dataset.facts = JSON.stringify({
    overflow: root.scrollWidth - width, clipped: clipped.map(e => e.outerHTML.slice(0, 100)), texts: texts.length,
    smallest: Math.min(...texts.map(e => parseFloat(page.defaultView.getComputedStyle(e).fontSize))),
    svg: [svg.width, svg.height], rects: page.querySelectorAll("svg rect").length, title: page.title,
    outside: [...page.querySelectorAll("svg rect")].filter(e => {
      const r = e.getBoundingClientRect();
      return r.left < svg.left - 1 || r.right > svg.right + 1 || r.top < svg.top - 1 || r.bottom > svg.bottom + 1;
    }).length,
    back: style.backgroundColor, ink: style.color, images: page.images.length, scripts: page.scripts.length,
  });
});
</script>
"""


def hostile_model() -> bytes:
    """Two branches whose every name would break out of HTML."""
    w = ModelWriter(HOSTILE)
    a, b, c, d = (w.tensor(HOSTILE + x, [1, 4, 4, 2], scale=0.5, zero_point=0) for x in "abcd")
    w.operator("ADD", [a, b], [c])
    w.operator("MUL", [a, c], [d])
    return w.build([a, b], [d])


@pytest.fixture(scope="module")
def digits() -> Compiled:
    return compile_model(DIGITS, find_board("esp32"), Options())


@pytest.fixture(scope="module")
def in_two_memories() -> Compiled:
    return compile_model(DIGITS, find_board("esp32"), Options(place=("slow=PSRAM", "instance=DRAM:600")))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    path = tmp_path_factory.mktemp("hostile") / "<b>&amp;'.tflite"
    path.write_bytes(hostile_model())
    return compile_model(path, find_board("stm32g0"), Options())


class Shape(HTMLParser):
    """Elements and attributes of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_json_says_what_the_program_is(digits: Compiled) -> None:
    facts = json.loads(digits.files["report.json"])
    (model,) = facts["models"]
    library, program = digits.summary.library, digits.program
    assert facts["format"] == 1
    assert model["ram"]["instance_bytes"] == library.ram_bytes
    assert model["flash"]["constants_bytes"] == sum(model["flash"]["constants"].values()) == library.weights_bytes
    assert sum(c["bytes"] for c in model["constants"]) == library.weights_bytes
    assert len(model["layers"]) == len(program.layers)
    peak = max(layer["live_bytes"] for layer in model["layers"])
    assert program.lower_bound_bytes <= peak <= program.arena_bytes
    assert program.lower_bound_bytes <= model["layers"][program.peak_layer]["live_bytes"]
    assert model["passes"]["before"]["macs"] == digits.graph.macs
    assert all(layer["why"] for layer in model["layers"])
    for constant in model["constants"]:
        assert f" {constant['name']}[" in digits.files["src/digits_weights.c"]


def test_nothing_is_loaded_and_nothing_runs(digits: Compiled, hostile: Compiled) -> None:
    for compiled in (digits, hostile):
        page = compiled.files["report.html"]
        assert len(page.encode()) < 100_000
        shape = Shape(page)
        assert {tag for tag, _ in shape.tags}.isdisjoint({"script", "img", "link", "iframe", "object", "embed", "a"})
        assert not any(name.startswith("on") or name in {"src", "href"} for _, attrs in shape.tags for name in attrs)
        assert "url(" not in page
        assert "@import" not in page
        assert sum(tag == "rect" for tag, _ in shape.tags) > len(compiled.program.layers)


def test_names_are_shown_escaped(hostile: Compiled) -> None:
    page = hostile.files["report.html"]
    assert "<script>" not in page
    assert html.escape(HOSTILE[1:15], quote=False) in page
    assert "\u202e" not in page, "direction characters would turn the page round"
    names = [p["name"] for p in json.loads(hostile.files["report.json"])["models"][0]["placements"]]
    assert all(HOSTILE[1:60] in name for name in names)


def test_the_same_bytes_every_time(digits: Compiled) -> None:
    again = compile_model(DIGITS, find_board("esp32"), Options())
    assert [again.files[name] for name in ("report.json", "report.html")] == [
        digits.files[name] for name in ("report.json", "report.html")
    ]
    assert not re.search(r"20\d\d-\d\d|/tmp/|/home/", digits.files["report.json"])


def test_the_command_writes_both_even_when_the_model_does_not_fit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    w = ModelWriter()
    x, y = (w.tensor(name, (1, 512, 512, 1), dtype="int8", scale=0.1, zero_point=0) for name in "xy")
    w.operator("ADD", [x, x], [y])
    (tmp_path / "big.tflite").write_bytes(w.build(inputs=[x], outputs=[y]))
    out = tmp_path / "out"
    assert main(["report", str(tmp_path / "big.tflite"), "--board", "stm32g0", "-o", str(out)]) == 0
    assert "report.html" in capsys.readouterr().out
    facts = json.loads((out / "report.json").read_text())
    assert any("more than" in warning for warning in facts["warnings"])
    assert sorted(p.name for p in out.iterdir()) == [".genc", "report.html", "report.json"]
    assert main(["report", str(DIGITS), "-o", str(tmp_path / "json"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads((tmp_path / "json" / "report.json").read_text())


def look(page: str, folder: Path, width: int, *, dark: bool) -> Any:
    """What headless Chromium makes of a page in a frame `width` pixels wide."""
    need("chromium")
    frame = folder / "frame.html"
    style = f"border:0;width:{width}px;height:900px"
    frame.write_text(f'<body>{MEASURE}<iframe style="{style}" srcdoc="{html.escape(page)}"></iframe></body>')
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
    command += [f"--user-data-dir={folder / 'profile'}", f"--blink-settings=preferredColorScheme={0 if dark else 1}"]
    command += ["--window-size=1400,1000", "--virtual-time-budget=5000", "--dump-dom", frame.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    match = re.search(r'data-facts="([^"]*)"', done.stdout)
    assert match, done.stdout[:500] + done.stderr[-500:]
    return json.loads(html.unescape(match[1]))


def brightness(colour: str) -> int:
    return sum(map(int, re.findall(r"\d+", colour)[:3]))


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [400, 1280])
@pytest.mark.parametrize("kind", ["digits", "in_two_memories"])
def test_legible_in_a_browser(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, width: int, *, dark: bool
) -> None:
    seen = look(request.getfixturevalue(kind).files["report.html"], tmp_path, width, dark=dark)
    assert seen["overflow"] <= 0
    assert seen["clipped"] == []
    assert seen["texts"] > 100
    assert seen["smallest"] >= 12
    assert seen["svg"][0] > 0.7 * min(width - 40, 1200)
    assert seen["svg"][1] >= 300
    assert seen["rects"] > 10
    assert seen["outside"] == 0
    light, night = brightness(seen["back"]), brightness(seen["ink"])
    assert (light < night) is dark
    assert abs(light - night) > 500


def test_a_browser_runs_nothing_of_a_hostile_model(hostile: Compiled, tmp_path: Path) -> None:
    seen = look(hostile.files["report.html"], tmp_path, 400, dark=False)
    assert (seen["scripts"], seen["images"]) == (0, 0)
    assert "owned" not in seen["title"]
    assert seen["overflow"] <= 0
    assert seen["clipped"] == []
