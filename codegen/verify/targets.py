"""Where a generated library can be run: this PC, and processors that QEMU emulates.

The firmware that an emulator needs (start-up code, linker script) lies in `firmware/`.  What stands for
what, and what an emulator cannot show, is said in docs/benchmarks.md.
"""

from __future__ import annotations

import importlib.util
import shutil
from dataclasses import dataclass
from pathlib import Path

FIRMWARE = Path(__file__).resolve().parent / "firmware"

# codegen/verify/firmware/harness.c finds stray accesses by sanitizers here, by guard zones elsewhere.
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer", "-g")


@dataclass(frozen=True)
class Target:
    """A compiler and something that runs what it makes.

    Attributes:
        name: id, as boards' TOML files have it.
        title: for people.
        compiler: command.
        flags: instruction set and ABI, for every file.
        optimize: flags of choice: optimisation, sanitizers.
        sources: start-up files in FIRMWARE.
        link: flags of the linker, in front of the objects.
        libraries: flags behind the objects.
        run: command; the program's path is appended.
        packages: Debian packages of compiler, C library and emulator.
        modules: Python modules that compiler and emulator are.
        counts: true when the harness can count instructions and measure the stack.
    """

    name: str
    title: str
    compiler: tuple[str, ...]
    flags: tuple[str, ...] = ()
    optimize: tuple[str, ...] = ("-O2",)
    sources: tuple[str, ...] = ()
    link: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    run: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    counts: bool = True

    @property
    def tools(self) -> tuple[str, ...]:
        """The commands that must be on PATH."""
        return (*self.compiler[:1], *self.run[:1])

    def missing(self) -> list[str]:
        """The commands and Python modules that are not installed."""
        commands = [tool for tool in self.tools if shutil.which(tool) is None]
        return commands + [module for module in self.modules if importlib.util.find_spec(module) is None]


def _qemu(machine: str, shift: int, *more: str) -> tuple[str, ...]:
    """A bare machine whose time is a count of instructions, 2**shift ns each, with semihosting."""
    quiet = ("-icount", f"shift={shift}", "-nographic", "-monitor", "none", "-serial", "none")
    return (*machine.split(), *more, *quiet, "-kernel")


_SEMIHOSTING = ("-semihosting-config", "enable=on,target=native")


def _cortex_m(name: str, cpu: str, fpu: tuple[str, ...], *, machine: str, script: str, clock_hz: int) -> Target:
    return Target(
        name,
        title=f"{cpu} (QEMU {machine})",
        compiler=("arm-none-eabi-gcc",),
        flags=("-mthumb", f"-mcpu={cpu}", *fpu, f"-DCLOCK_HZ={clock_hz}u"),
        sources=("cortexm_start.c",),
        link=(f"-L{FIRMWARE}", f"-T{FIRMWARE / script}", "-nostartfiles", "--specs=rdimon.specs"),
        libraries=("-lm",),
        run=_qemu(f"qemu-system-arm -M {machine}", 6, *_SEMIHOSTING),
        packages=("gcc-arm-none-eabi", "libnewlib-arm-none-eabi", "qemu-system-arm"),
    )


def _risc_v(name: str, march: str, mabi: str, bits: int) -> Target:
    # -march must name the same multilib when compiling and when linking: no _zicsr suffix (see clock.h).
    return Target(
        name,
        title=f"{march} (QEMU virt)",
        compiler=("riscv64-unknown-elf-gcc",),
        flags=(f"-march={march}", f"-mabi={mabi}", "-mcmodel=medany", "--specs=picolibc.specs"),
        sources=("riscv_start.c",),
        link=(f"-T{FIRMWARE / 'riscv.ld'}", "-nostartfiles", "--oslib=semihost", "-Wl,--no-warn-rwx-segments"),
        libraries=("-lm",),
        run=_qemu(f"qemu-system-riscv{bits} -M virt -bios none", 0, *_SEMIHOSTING),
        packages=("gcc-riscv64-unknown-elf", "picolibc-riscv64-unknown-elf", "qemu-system-misc"),
    )


_HOST = Target(
    "host",
    title="this PC, with sanitizers",
    compiler=("cc",),
    optimize=("-O1", *SANITIZERS),
    libraries=("-lm",),
    packages=("gcc",),
    counts=False,
)

_LX106 = Target(
    "lx106",
    title="lx106 (QEMU sim), a stand-in for the ESP32's LX6: no FPU, no loops, no 64-bit multiply",
    compiler=("xtensa-lx106-elf-gcc",),
    flags=("-mlongcalls",),
    sources=("xtensa_start.c", "xtensa_rt.c"),
    link=(f"-T{FIRMWARE / 'xtensa.ld'}", "-nostartfiles"),
    libraries=("-Wl,--start-group", "-lm", "-lc", "-lgcc", "-Wl,--end-group"),
    run=_qemu("qemu-system-xtensa -M sim -cpu lx106 -semihosting", 6),
    packages=("gcc-xtensa-lx106", "picolibc-xtensa-lx106-elf", "qemu-system-misc"),
)

_HARD = "-mfloat-abi=hard"

TARGETS: dict[str, Target] = {
    target.name: target
    for target in (
        _HOST,
        # v6-M code on a Cortex-M3: the same count as a Cortex-M0, and firmware makes unaligned accesses fault.
        _cortex_m("m0p", "cortex-m0plus", (), machine="mps2-an385", script="mps2.ld", clock_hz=25_000_000),
        _cortex_m(
            "m4", "cortex-m4", (_HARD, "-mfpu=fpv4-sp-d16"), machine="mps2-an386", script="mps2.ld", clock_hz=25_000_000
        ),
        _cortex_m(
            "m7", "cortex-m7", (_HARD, "-mfpu=fpv5-d16"), machine="mps2-an500", script="mps2.ld", clock_hz=25_000_000
        ),
        _cortex_m("m33", "cortex-m33", (_HARD,), machine="mps2-an505", script="an505.ld", clock_hz=20_000_000),
        _cortex_m("m55", "cortex-m55", (_HARD,), machine="mps3-an547", script="an547.ld", clock_hz=32_000_000),
        _risc_v("esp32c3", "rv32imc", "ilp32", 32),
        _risc_v("esp32p4", "rv32imafc", "ilp32f", 32),
        _risc_v("k210", "rv64gc", "lp64d", 64),
        _LX106,
    )
}
