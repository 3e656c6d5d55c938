"""The driver of the chip: Kendryte's SDK would compile it, without a warning, and it is small."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from codegen.boards import find_board
from codegen.compiler import Options, compile_model
from codegen.render.writer import write
from tests.packaging.test_builds import KENDRYTE_FLAGS
from tests.support.models import MISSING, model_folder
from tests.support.tools import need

STANDALONE = {
    "sysctl.h": """
typedef enum { SYSCTL_CLOCK_AI } sysctl_clock_t;
typedef enum { SYSCTL_PLL1 } sysctl_pll_t;
int sysctl_clock_enable(sysctl_clock_t clock);
unsigned sysctl_pll_set_freq(sysctl_pll_t pll, unsigned frequency_hz);
""",
    "plic.h": """
typedef enum { IRQN_AI_INTERRUPT = 25 } plic_irq_t;
typedef int (*plic_irq_callback_t)(void *ctx);
int plic_irq_enable(plic_irq_t irq_number);
int plic_set_priority(plic_irq_t irq_number, unsigned priority);
void plic_irq_register(plic_irq_t irq, plic_irq_callback_t callback, void *ctx);
""",
}
"""All that driver and example take from the standalone SDK; the driver was also compiled with its own headers."""

FREERTOS = {
    "sysctl.h": STANDALONE["sysctl.h"],
    "FreeRTOS.h": """
typedef long BaseType_t;
#define pdFALSE 0
#define pdTRUE 1
#define portMAX_DELAY 0xFFFFFFFFu
void vPortYieldFromISR(void);
#define portYIELD_FROM_ISR() vPortYieldFromISR()
""",
    "task.h": """
typedef void *TaskHandle_t;
TaskHandle_t xTaskGetCurrentTaskHandle(void);
unsigned ulTaskNotifyTake(BaseType_t clear, unsigned ticks);
void vTaskNotifyGiveFromISR(TaskHandle_t task, BaseType_t *switches);
""",
    "hal.h": """
enum { IRQN_AI_INTERRUPT = 25 };
void pic_set_irq_enable(unsigned irq, _Bool enable);
void pic_set_irq_handler(unsigned irq, void (*handler)(void *userdata), void *userdata);
void pic_set_irq_priority(unsigned irq, unsigned priority);
""",
}
"""Likewise of the FreeRTOS SDK."""

TEXT_BYTES = 3_000
DRIVING = ("chip", "conv", "upload", "place", "download")


def compiled(source: Path, include: Path, *flags: str) -> dict[str, int]:
    """Bytes of the sections of an object."""
    target = source.with_suffix(".o")
    tool = "riscv64-unknown-elf-"
    command = [f"{tool}gcc", "--specs=picolibc.specs", *KENDRYTE_FLAGS, *flags, "-I", str(include), "-c", str(source)]
    subprocess.run([*command, "-o", str(target)], check=True)
    listing = subprocess.run([f"{tool}size", "-A", str(target)], check=True, capture_output=True, text=True).stdout
    return {name: int(size) for name, size in re.findall(r"^(\.\S+) +(\d+)", listing, re.MULTILINE)}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """VWW's sources beside the folders `sdk` and `freertos` with headers of both SDKs."""
    if MISSING:
        pytest.skip(MISSING)
    need("riscv64-unknown-elf-gcc")
    folder = tmp_path_factory.mktemp("driver")
    for name, headers in (("sdk", STANDALONE), ("freertos", FREERTOS)):
        (folder / name).mkdir()
        for header, text in headers.items():
            (folder / name / header).write_text(text)
    model = model_folder("mlperf_vww_int8") / "model.tflite"
    made = compile_model(model, find_board("k210"), Options(name="vww", force=True))
    write(made.files, folder / "vww", force=False)
    return folder


def text_bytes(sections: dict[str, int]) -> int:
    return bytes_of(sections, ".text")


def bytes_of(sections: dict[str, int], *kinds: str) -> int:
    return sum(size for name, size in sections.items() if name.startswith(kinds))


def test_what_drives_the_kpu_is_small(library: Path) -> None:
    sources = [library / "vww" / "src" / f"vww_kpu_{part}.c" for part in DRIVING]
    sizes = [text_bytes(compiled(source, library / "sdk")) for source in (*sources, library / "vww" / "src" / "vww.c")]
    assert min(sizes) > 0
    assert sum(sizes) <= TEXT_BYTES


@pytest.mark.parametrize("sdk", ["sdk", "freertos"])
def test_the_cpu_may_sleep_until_the_interrupt(library: Path, sdk: str) -> None:
    chip = library / "vww" / "src" / "vww_kpu_chip.c"
    polling = text_bytes(compiled(chip, library / sdk))
    sections = compiled(chip, library / sdk, "-DVWW_KPU_INTERRUPT")
    assert polling < text_bytes(sections) < 2 * polling
    assert bytes_of(sections, ".data", ".bss", ".sdata", ".sbss") == 0


def test_tables_are_brought_to_ram_by_init_alone(library: Path) -> None:
    source = (library / "vww" / "src" / "vww.c").read_text()
    init, run = source.split("/* ---- schedule")
    layers = set(re.findall(r"vww_kpu_conv_prepare\(&(\w+)\);", init))
    assert len(layers) == 27
    assert set(re.findall(r"vww_kpu_conv\(&(\w+), 0, 1\);", run)) == layers
    assert "prepare" not in run
    driver = (library / "vww" / "src" / "vww_kpu_chip.c").read_text()
    assert "clean(" not in driver.split("void vww_kpu_submit(")[1]


def test_a_reader_finds_each_layer_by_its_name(library: Path) -> None:
    source = (library / "vww" / "src" / "vww.c").read_text()
    above = (
        r'/\* CONV_2D #2 "[^"]*activation_2/Relu", 48x48x8 -> 48x48x16 \*/\nstatic const \w+ vww_params_conv_2d_2_0 = {'
    )
    assert re.search(above, source)
    assert source.count("vww_kpu_conv(&vww_params_conv_2d_2_0, 0, 1);") == 1


def test_no_simulator_is_in_a_build_for_the_chip(library: Path) -> None:
    host = library / "vww" / "src" / "vww_kpu_host.c"
    assert bytes_of(compiled(host, library / "sdk"), ".text", ".data", ".bss", ".rodata") == 0
    assert bytes_of(compiled(host, library / "sdk", "-DKPU_SIMULATED"), ".data", ".bss") == 1 << 21


def test_clean_tables_are_not_copied(library: Path) -> None:
    chip = library / "vww" / "src" / "vww_kpu_chip.c"
    with_copies = text_bytes(compiled(chip, library / "sdk"))
    assert text_bytes(compiled(chip, library / "sdk", "-DVWW_KPU_TABLES_CLEAN")) < with_copies


FAST_MATH = "-O2 -ffast-math -fno-math-errno -fsingle-precision-constant"
"""What the SDK compiles with."""
DOUBLES = re.compile(r"__(\w+df\w*|float\w+df|fix\w*df\w+|\w+df2|truncdf\w+)$")
"""The compiler's functions for double precision, which a K210 has, but its SDK's ABI has not."""


def undefined(folder: Path) -> set[str]:
    """What all objects of a library take from elsewhere."""
    objects = [str(path) for path in folder.glob("*.o")]
    tool = "riscv64-unknown-elf-nm"
    listing = subprocess.run([tool, "-u", *objects], check=True, capture_output=True, text=True).stdout
    return set(re.findall(r"^ +U (\S+)$", listing, re.MULTILINE))


@pytest.mark.parametrize("name", ["mlperf_vww_int8", "mlperf_vww_f32"])
def test_fast_math_gives_the_same_and_nothing_is_double(library: Path, name: str, tmp_path: Path) -> None:
    need("cmake", "cc")
    model = model_folder(name) / "model.tflite"
    golden = model_folder(name) / "io.npz"
    made = compile_model(model, find_board("k210"), Options(name="net", force=True, golden=golden))
    write(made.files, tmp_path / "net", force=False)
    build = tmp_path / "build"
    subprocess.run(
        ["cmake", "-S", tmp_path / "net", "-B", build, f"-DCMAKE_C_FLAGS={FAST_MATH}"], check=True, capture_output=True
    )
    subprocess.run(["cmake", "--build", build], check=True, capture_output=True)
    printed = subprocess.run([build / "net_print"], check=True, capture_output=True, text=True).stdout
    assert "self-test passed" in printed
    for source in (tmp_path / "net" / "src").glob("*.c"):
        compiled(source, library / "sdk", "-I", str(tmp_path / "net" / "src"))
    symbols = undefined(tmp_path / "net" / "src")
    assert symbols
    assert not [symbol for symbol in symbols if DOUBLES.match(symbol)]


def test_hashes_are_printed_for_each_layer(library: Path) -> None:
    """On this PC, twice the same; and the example builds with the SDK's flags."""
    need("cmake", "cc")
    build = library / "build"
    subprocess.run(["cmake", "-S", library / "vww", "-B", build], check=True, capture_output=True)
    subprocess.run(["cmake", "--build", build, "--target", "vww_hashes"], check=True, capture_output=True)
    printed = subprocess.run([build / "vww_hashes"], check=True, capture_output=True, text=True).stdout
    hashes = re.findall(r"^layer +\d+  ([0-9a-f]{8})$", printed, re.MULTILINE)
    assert len(hashes) == 27
    assert len(set(hashes)) == 27
    assert "self-test passed, 0 bytes differ" in printed
    example = library / "vww" / "examples" / "hashes" / "main.c"
    assert text_bytes(compiled(example, library / "sdk", "-I", str(library / "vww" / "src"))) > 0
