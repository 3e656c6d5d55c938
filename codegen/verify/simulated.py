"""The second route to an emulator: Python packages alone (`pip install gen-c[sim]`).

Zig's C compiler builds, simulator.py runs and counts.  The cores are those of targets.py that Unicorn knows; a count
of this route compares with another of this route only, since the compiler differs.
"""

from __future__ import annotations

import sys

from codegen.verify.targets import FIRMWARE, TARGETS, Target

FREESTANDING = FIRMWARE / "freestanding"
_ARM_EXIT, _RISC_V_EXIT = "-Wl,-e,Reset_Handler", "-Wl,-e,_start"

# Zig's Cortex-M models have neither FPU nor DSP unless it is said.
_CORES = {
    "m0p": ("thumb-freestanding-eabi", "cortex_m0plus"),
    "m4": ("thumb-freestanding-eabihf", "cortex_m4+vfp4d16sp"),
    "m7": ("thumb-freestanding-eabihf", "cortex_m7+fp_armv8d16sp"),
    "m33": ("thumb-freestanding-eabihf", "cortex_m33+fp_armv8d16sp+dsp"),
    "esp32c3": ("riscv32-freestanding-none", "generic_rv32+m+c"),
    "esp32p4": ("riscv32-freestanding-none", "generic_rv32+m+a+f+c"),
    "k210": ("riscv64-freestanding-none", "baseline_rv64"),
}
_SIMULATOR_CORES = {"esp32c3": "rv32", "esp32p4": "rv32", "k210": "rv64"}


def _simulated(name: str, triple: str, cpu: str) -> Target:
    """The target of that name, its start-up code and its linker script, by the other compiler."""
    original = TARGETS[name]
    scripts = tuple(flag for flag in original.link if flag.startswith("-T"))
    arm = triple.startswith("thumb")
    return Target(
        name,
        title=f"{original.title.partition(' (')[0]} (zig cc, Unicorn)",
        compiler=(sys.executable, "-m", "ziglang", "cc"),
        flags=(
            *("-target", triple, f"-mcpu={cpu}", *(("-mcmodel=medany",) if name == "k210" else ())),
            *("-ffreestanding", "-fno-sanitize=undefined", "-DCLOCK_SEMIHOSTING", f"-I{FREESTANDING}"),
        ),
        sources=(*original.sources, "freestanding/freestanding.c", "freestanding/math.zig"),
        link=(*scripts, _ARM_EXIT if arm else _RISC_V_EXIT),
        run=(sys.executable, "-m", "codegen.verify.simulator", _SIMULATOR_CORES.get(name, name)),
        packages=original.packages,
        modules=("ziglang", "unicorn", "elftools"),
    )


_HOST = Target(
    "host",
    title="this PC (zig cc), without sanitizers",
    compiler=(sys.executable, "-m", "ziglang", "cc"),
    libraries=("-lm",),
    modules=("ziglang",),
    counts=False,
)

SIMULATED: dict[str, Target] = {"host": _HOST} | {name: _simulated(name, *core) for name, core in _CORES.items()}
