"""Every C identifier of a generated library: prefix, reserved words, uniqueness.

Names come from files and models, that is from strangers: here they become identifiers, and no
other module makes one.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

MAX_MODEL_NAME = 32
MAX_TENSOR_NAME = 32

_KEYWORDS = """
    alignas alignof and and_eq asm auto bitand bitor bool break case catch char class compl concept const consteval
    constexpr constinit const_cast continue co_await co_return co_yield decltype default delete do double dynamic_cast
    else enum explicit export extern false float for friend goto if inline int long mutable namespace new noexcept not
    not_eq nullptr operator or or_eq private protected public register reinterpret_cast requires restrict return short
    signed sizeof static static_assert static_cast struct switch template this thread_local throw true try typedef
    typeid typename typeof union unsigned using virtual void volatile wchar while xor xor_eq
"""
_HEADERS = """
    assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign stdarg stdatomic
    stdbool stddef stdint stdio stdlib stdnoreturn string strings tgmath threads time uchar wchar wctype alloca endian
    fcntl malloc memory new poll pthread queue sched semaphore termios unistd arduino wire spi wifi servo ethernet sd
    eeprom hal main config sdkconfig platform
"""
_TYPES = """
    active_reg blkcnt blkcnt64 blksize caddr char16 char32 char8 clock clockid cnd comparison_fn
    cookie_close_function cookie_io_functions cookie_read_function cookie_seek_function cookie_write_function
    cpu_set daddr dev div error esp_err femode fexcept fpos fpos64 fpregset fsblkcnt fsblkcnt64 fsfilcnt fsfilcnt64
    fsid gid greg gregset id imaxdiv in_addr in_port ino ino64 int16 int32 int64 int8 int_fast16 int_fast32
    int_fast64 int_fast8 int_least16 int_least32 int_least64 int_least8 intmax intptr key ldiv lldiv lock loff
    max_align mbstate mcontext mode mtx nlink nullptr off off64 once pid ptrdiff quad re_dfa reg_errcode reg_syntax
    regex regmatch regoff s_reg sa_family sbintime sem sig sig_atomic sigevent sighandler siginfo sigset sigval size
    socklen ssize stack suseconds thrd thrd_start timer tss tss_dtor u_int16 u_int32 u_int64 u_int8 u_quad
    u_register ucontext uid uint16 uint32 uint64 uint8 uint_fast16 uint_fast32 uint_fast64 uint_fast8 uint_least16
    uint_least32 uint_least64 uint_least8 uintmax uintptr useconds va wctrans wint
"""
_FUNCTIONS = """
    abort abs acos asin atan atexit atof atoi atol bsearch byte calloc ceil cos cosh delay exit exp fabs fclose floor
    fmod fopen fprintf free getenv highbyte high input isalpha isdigit isnan log loop lowbyte low malloc map max memcmp
    memcpy memmove memset millis min output pow printf puts qsort rand random realloc round setup sin sinh sprintf sqrt
    srand std stdin stdout stderr strcat strcmp strcpy strlen system tan tanh tone word linux unix arm i386 mips riscv
    xtensa esp32 errno null eof
"""
_CHIPS = """
    adc aes can clint dac dma dmac dvp esp fft flash fpioa gpio i2c i2s kpu plic pwm rtc sdmmc sha256 sysctl timer uart
    usb watchdog wdt
"""
RESERVED = frozenset((_KEYWORDS + _HEADERS + _TYPES + _FUNCTIONS + _CHIPS).split())
"""Lower-case words that cannot be a model's name: NAME_t is a type, NAME_init() a function, NAME.h a file."""

_RESERVED_PREFIXES = ("genc", "pthread", "esp_")


def identifier(text: str) -> str:
    """Letters, digits and single underscores made of any text, lower case; may be empty or start with a digit."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", plain.lower()).strip("_")


def _shorten(name: str, limit: int) -> str:
    """At most `limit` characters; a cut name ends in a digest of the whole one."""
    if len(name) <= limit:
        return name
    return f"{name[: limit - 5].rstrip('_')}_{hashlib.sha256(name.encode()).hexdigest()[:4]}"


def model_name(text: str) -> str:
    """The prefix of a library: a valid, unreserved, lower-case C identifier made of any text.

    "Person Detect (v2)" gives person_detect_v2, "1d-cnn" model_1d_cnn, "int" model_int, "" model.
    """
    name = _shorten(identifier(text), MAX_MODEL_NAME - len("model_"))
    if not name:
        return "model"
    unfit = name in RESERVED or name[0].isdigit() or name.startswith(_RESERVED_PREFIXES)
    return f"model_{name}" if unfit else name


@dataclass(frozen=True)
class PortNames:
    """Identifiers of one input or output.

    Attributes:
        accessor: function that gives its address, "kws_input".
        macro: prefix of its constants, "KWS_INPUT".
        type: its element type, "kws_input_t".
        convert: its quantize or dequantize helper, "kws_quantize".
    """

    accessor: str
    macro: str
    type: str
    convert: str


class Names:
    """Owner of the identifiers of one library.

    Attributes:
        name: prefix of functions, types and files, "kws".
        upper: prefix of macros, "KWS".
        package: prefix of the kernels: the name, or that of the package that several models share.
        taken: every identifier given away so far.
    """

    MACROS = ("RANK", "SHAPE", "SIZE", "BYTES", "SCALE", "ZERO_POINT", "LABELS", "OVERLAPS_INPUT")
    """Constants of every input and output: PortNames.macro + "_" + one of these."""

    FIXED = (
        "t",
        "slow_t",
        "init",
        "reset",
        "run",
        "push_row",
        "push_frame",
        "model",
        "layers",
        "selftest",
        "info",
        "weights",
    )
    FIXED_MACROS = (
        "H", "INFO_H", "WEIGHTS_H", "SELFTEST_H", "ALIGN", "ARENA_BYTES", "STATE_BYTES", "LAYER_COUNT", "MODEL_ID",
        "GENERATOR_VERSION", "CONFIG", "LAYER_BEGIN", "LAYER_END", "WEIGHTS_ATTR", "FAST_ATTR", "INSTANCE_ATTR",
        "SLOW_ATTR", "SLOW_BYTES", "ROWS", "ROW_SIZE", "ROW_BYTES", "FRAMES", "FRAME_SIZE", "FRAME_BYTES",
        "INPUT_COUNT", "OUTPUT_COUNT",
    )  # fmt: skip

    def __init__(self, model: str, taken: Iterable[str] = (), package: str = "") -> None:
        """Start with the public names and those `taken`: identifiers of the bundled kernels, after renaming."""
        self.name = model_name(model)
        self.upper = self.name.upper()
        self.package = package or self.name
        self.taken = {f"{self.name}_{part}" for part in self.FIXED} | set(taken)
        self.taken |= {f"{self.upper}_{part}" for part in self.FIXED_MACROS}

    def renamed(self, text: str) -> str:
        """Text of the kernel library with its identifiers as bundled: genc_relu -> kws_relu."""
        return re.sub(r"\bgenc_", f"{self.package}_", re.sub(r"\bGENC_", f"{self.package.upper()}_", text))

    def symbol(self, label: str, layer: int) -> str:
        """A new identifier for something that belongs to a layer: "kws_weights_3"."""
        stem = f"{self.name}_{_shorten(identifier(label), MAX_TENSOR_NAME) or 'data'}_{layer}"
        count = 1
        while (name := stem if count == 1 else f"{stem}_{count}") in self.taken:
            count += 1
        self.taken.add(name)
        return name

    def ports(self, direction: str, tensor_names: list[str]) -> list[PortNames]:
        """Identifiers of all inputs (`direction` "input") or outputs; a single one gets the short names."""
        if len(tensor_names) == 1:
            return [self._port(direction, "")]
        return [self._port(direction, self._part(name) or str(i)) for i, name in enumerate(tensor_names)]

    @staticmethod
    def _part(tensor_name: str) -> str:
        """What of a tensor's name is worth keeping; TensorFlow adds the rest to every one."""
        return _shorten(identifier(tensor_name.removeprefix("serving_default_").removesuffix(":0")), MAX_TENSOR_NAME)

    def _port(self, direction: str, part: str) -> PortNames:
        """The names for one part, numbered until all of them are new."""
        verb = "quantize" if direction == "input" else "dequantize"
        count = 1
        while True:
            suffix = f"_{part}" if part and count == 1 else f"_{part}_{count}" if part else ""
            accessor = f"{self.name}_{direction}{suffix}"
            port = PortNames(accessor, accessor.upper(), f"{accessor}_t", f"{self.name}_{verb}{suffix}")
            new = {port.accessor, port.type, port.convert, *(f"{port.macro}_{m}" for m in self.MACROS)}
            if not new & self.taken:
                self.taken |= new
                return port
            assert part, f"a kernel has the name of one of {sorted(new)}"
            count += 1
