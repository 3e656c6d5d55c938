"""Runs a program for a Cortex-M or RISC-V on Unicorn and counts its instructions: what `pip install gen-c[sim]` brings.

    python -m codegen.verify.simulator CORE PROGRAM

The program talks by semihosting (firmware/freestanding.c): what it prints goes to standard output, its exit status is
ours, and SYS_ELAPSED answers with the exact number of instructions so far.  A hook in C (firmware/blocks.c, built once
by ziglang) counts the blocks that run; a block's instructions are counted here, from its bytes.  There are no timers,
no interrupts, no Helium; unaligned accesses do not fault.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import unicorn
from elftools.elf.elffile import ELFFile
from unicorn import arm_const, riscv_const

from codegen.verify.targets import FIRMWARE

PAGE_BYTES = 1 << 16
STACK_BYTES = 1 << 20
"""Mapped below the symbol __stack."""
SYSTEM_CONTROL = 0xE000E000
"""Where the start-up code of a Cortex-M writes; memory here."""
SYS_WRITE0, SYS_EXIT, SYS_EXIT_EXTENDED, SYS_ELAPSED = 4, 0x18, 0x20, 0x30
STOPPED_BY_EXIT = 0x20026
CRASHED = 139
NOWHERE = 0xFFFFFFF0
"""An address that no program reaches."""
FLOAT_ENABLED = 1 << 30

BLOCK = np.dtype([("address", "u8"), ("runs", "u8"), ("bytes", "u4"), ("instructions", "u4")])
CAPACITY = 1 << 17


@dataclass(frozen=True)
class Core:
    """How Unicorn is set up for a processor.

    Attributes:
        arch: architecture.
        mode: of it.
        model: processor, or None for Unicorn's choice.
        pc: register.
        arguments: registers of a semihosting call: operation, argument.
        breakpoint: bytes of the instruction that makes a semihosting call.
        word_bytes: of a pointer.
    """

    arch: int
    mode: int
    model: int | None
    pc: int
    arguments: tuple[int, int]
    breakpoint: bytes
    word_bytes: int

    @property
    def is_arm(self) -> bool:
        """True for a Cortex-M."""
        return bool(self.arch == unicorn.UC_ARCH_ARM)

    def instructions(self, code: bytes) -> int:
        """How many instructions these bytes are."""
        at = count = 0
        while at < len(code):
            half = code[at] | code[at + 1] << 8
            long = half >> 11 in {0x1D, 0x1E, 0x1F} if self.is_arm else half & 3 == 3
            at += 4 if long else 2
            count += 1
        return count


def _cortex(model: int) -> Core:
    registers = (arm_const.UC_ARM_REG_R0, arm_const.UC_ARM_REG_R1)
    mode = unicorn.UC_MODE_THUMB | unicorn.UC_MODE_MCLASS
    return Core(unicorn.UC_ARCH_ARM, mode, model, arm_const.UC_ARM_REG_PC, registers, b"\xab\xbe", 4)


def _risc_v(mode: int, word_bytes: int) -> Core:
    registers = (riscv_const.UC_RISCV_REG_A0, riscv_const.UC_RISCV_REG_A1)
    return Core(
        unicorn.UC_ARCH_RISCV, mode, None, riscv_const.UC_RISCV_REG_PC, registers, b"\x73\x00\x10\x00", word_bytes
    )


CORES = {
    "m0p": _cortex(arm_const.UC_CPU_ARM_CORTEX_M0),
    "m4": _cortex(arm_const.UC_CPU_ARM_CORTEX_M4),
    "m7": _cortex(arm_const.UC_CPU_ARM_CORTEX_M7),
    "m33": _cortex(arm_const.UC_CPU_ARM_CORTEX_M33),
    "rv32": _risc_v(unicorn.UC_MODE_RISCV32, 4),
    "rv64": _risc_v(unicorn.UC_MODE_RISCV64, 8),
}


class Counter:
    """Instructions that an engine has executed."""

    def __init__(self, engine: Any, core: Core) -> None:
        self._engine, self._core = engine, core
        self._library = ctypes.CDLL(str(_hook_library()))
        memory = (ctypes.c_char * (BLOCK.itemsize * CAPACITY)).in_dll(self._library, "blocks")
        self._blocks = np.frombuffer(memoryview(memory), BLOCK)
        self._count = ctypes.c_uint32.in_dll(self._library, "block_count")
        self._lost = ctypes.c_uint64.in_dll(self._library, "blocks_lost")
        self._known = 0
        handle = ctypes.c_size_t()
        function = ctypes.cast(self._library.block_runs, ctypes.c_void_p)
        # Unicorn's Python binding calls Python functions alone; its library takes the address of one in C.
        added = unicorn.unicorn_py3.unicorn.uclib.uc_hook_add(
            *(engine._uch, ctypes.byref(handle), unicorn.UC_HOOK_BLOCK, function),  # noqa: SLF001
            *(ctypes.c_void_p(), ctypes.c_uint64(1), ctypes.c_uint64(0)),
        )
        if added != unicorn.UC_ERR_OK:
            raise RuntimeError(f"Unicorn takes no hook: error {added}")

    def instructions(self) -> int:
        """Of all blocks begun so far; at a semihosting call, which ends a block, of all that was executed."""
        met = self._count.value
        for block in self._blocks[self._known : met]:
            code = bytes(self._engine.mem_read(int(block["address"]), int(block["bytes"])))
            block["instructions"] = self._core.instructions(code)
        self._known = met
        if self._lost.value:
            raise RuntimeError("the program has more blocks than the simulator counts")
        blocks = self._blocks[:met]
        return int(np.dot(blocks["runs"], blocks["instructions"].astype(np.uint64)))


def _hook_library() -> Path:
    """firmware/blocks.c as a shared library, built when there is none of this source yet."""
    source = FIRMWARE / "blocks.c"
    suffix = {"win32": "dll", "darwin": "dylib"}.get(sys.platform, "so")
    stamp = f"{source.stat().st_mtime_ns:x}-{os.getuid() if hasattr(os, 'getuid') else 0}"
    library = Path(tempfile.gettempdir()) / f"genc-blocks-{stamp}.{suffix}"
    if not library.exists():
        with tempfile.TemporaryDirectory(dir=library.parent) as folder:
            made = Path(folder) / library.name
            command = [sys.executable, "-m", "ziglang", "cc", "-O2", "-shared", "-fPIC", str(source), "-o", str(made)]
            subprocess.run(command, check=True, stdout=sys.stderr)
            made.replace(library)
    return library


class Machine:
    """A program in memory, and the engine that runs it."""

    def __init__(self, core: Core, program: Path) -> None:
        self.core = core
        self.engine: Any = unicorn.Uc(core.arch, core.mode)
        if core.model is not None:
            self.engine.ctl_set_cpu_model(core.model)
        self.entry = self._load(program)
        self.counter = Counter(self.engine, core)
        self.status: int | None = None
        self._calls: dict[int, Callable[[int], int]] = {
            SYS_WRITE0: self._write,
            SYS_EXIT: self._exit,
            SYS_EXIT_EXTENDED: self._exit,
            SYS_ELAPSED: self._elapsed,
        }

    def _load(self, program: Path) -> int:
        """Copy the segments to where they are loaded from, map all memory, set the registers; returns the entry."""
        with program.open("rb") as file:
            elf = ELFFile(file)
            segments = [segment for segment in elf.iter_segments("PT_LOAD") if segment["p_memsz"]]
            symbols: Any = elf.get_section_by_name(".symtab")
            stack = symbols.get_symbol_by_name("__stack")[0]["st_value"]
            self._map(
                [(s["p_vaddr"], s["p_memsz"]) for s in segments] + [(s["p_paddr"], s["p_filesz"]) for s in segments]
            )
            self._map([(stack - STACK_BYTES, STACK_BYTES)])
            for segment in segments:
                self.engine.mem_write(segment["p_paddr"], segment.data())
            vectors, entry = min(s["p_paddr"] for s in segments if s["p_filesz"]), int(elf["e_entry"])
        if not self.core.is_arm:
            register = riscv_const.UC_RISCV_REG_MSTATUS
            self.engine.reg_write(register, self.engine.reg_read(register) | 0x6000)  # the FPU is on
            return entry
        self._map([(SYSTEM_CONTROL, 0x1000)])
        self.engine.reg_write(arm_const.UC_ARM_REG_SP, self._word(vectors, 0))
        if self.core.model != arm_const.UC_CPU_ARM_CORTEX_M0:
            self.engine.reg_write(arm_const.UC_ARM_REG_FPEXC, FLOAT_ENABLED)
        return self._word(vectors, 1) | 1

    def _map(self, ranges: list[tuple[int, int]]) -> None:
        """Make the pages under ranges of (address, bytes) memory, where they are not yet."""
        mapped = {page for first, last, _ in self.engine.mem_regions() for page in range(first, last, PAGE_BYTES)}
        pages = {
            page
            for address, size in ranges
            for page in range(address // PAGE_BYTES * PAGE_BYTES, address + max(size, 1), PAGE_BYTES)
        }
        for page in sorted(pages - mapped):
            self.engine.mem_map(page, PAGE_BYTES)

    def _word(self, address: int, index: int) -> int:
        size = self.core.word_bytes
        return int.from_bytes(self.engine.mem_read(address + index * size, size), "little")

    def run(self) -> int:
        """Run from reset to exit; returns the exit status."""
        self.engine.hook_add(unicorn.UC_HOOK_INTR, lambda *_: self._call())
        at = self.entry
        while self.status is None:
            at = self._advance(at)
        return self.status

    def _advance(self, at: int) -> int:
        """Run from an address to the exit, or to where Unicorn stops; returns where to go on."""
        try:
            self.engine.emu_start(at, NOWHERE)
        except unicorn.UcError as error:
            # RISC-V: Unicorn calls no hook for EBREAK, it stops.
            if self.core.is_arm or not self._at_breakpoint():
                return self._crash(str(error))
            self._call()
            return int(self.engine.reg_read(self.core.pc))
        return at if self.status is not None else self._crash("ran off its end")

    def _at_breakpoint(self) -> bool:
        code = self.engine.mem_read(self.engine.reg_read(self.core.pc), len(self.core.breakpoint))
        return bytes(code) == self.core.breakpoint

    def _call(self) -> None:
        """Do what the program asks for by semihosting, and go on behind it."""
        if not self._at_breakpoint():
            self._crash("an exception")
            return
        operation, argument = (self.engine.reg_read(register) for register in self.core.arguments)
        if operation not in self._calls:
            self._crash(f"semihosting call {operation}")
            return
        pc = self.engine.reg_read(self.core.pc)
        self.engine.reg_write(self.core.arguments[0], self._calls[operation](argument))
        self.engine.reg_write(self.core.pc, (pc + len(self.core.breakpoint)) | int(self.core.is_arm))

    def _write(self, address: int) -> int:
        text = bytearray()
        while (letter := self.engine.mem_read(address + len(text), 1)[0]) != 0:
            text.append(letter)
        sys.stdout.write(text.decode("latin1"))
        return 0

    def _exit(self, address: int) -> int:
        self.status = self._word(address, 1) if self._word(address, 0) == STOPPED_BY_EXIT else CRASHED
        self.engine.emu_stop()
        return 0

    def _elapsed(self, address: int) -> int:
        self.engine.mem_write(address, self.counter.instructions().to_bytes(8, "little"))
        return 0

    def _crash(self, reason: str) -> int:
        sys.stdout.write(f"\nfault processor: {reason}, pc={self.engine.reg_read(self.core.pc):x}\n")
        self.status = CRASHED
        self.engine.emu_stop()
        return CRASHED


def main(arguments: list[str]) -> int:
    """The command line: CORE PROGRAM."""
    core, program = arguments
    return Machine(CORES[core], Path(program)).run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
