# The functions of a model's shared library, called by ctypes as a program in C calls them.
import ctypes
import struct

SIZES = {"f": 4, "d": 8, "i": 4}


class Array(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("row_stride", ctypes.c_int64), ("step_stride", ctypes.c_int64)]


class Decoding(ctypes.Structure):
    _fields_ = [("most", ctypes.c_int64), ("beam", ctypes.c_int64), ("length_penalty", ctypes.c_double),
                ("temperature", ctypes.c_double), ("top_k", ctypes.c_int64), ("top_p", ctypes.c_double),
                ("seed", ctypes.c_uint64), ("slide", ctypes.c_int64)]


class Failed(Exception):
    """(the error's number, its words)"""


class Library:
    """A model whose weights are those of a file."""

    def __init__(self, path, weights=None):
        self.functions = ctypes.CDLL(path)
        self.memory = []
        self.weights = self.open("weights")
        if weights:
            with open(weights, "rb") as file:
                data = file.read()
            self.call("weights", self.weights, "load", data, ctypes.c_size_t(len(data)))

    def function(self, name, result=ctypes.c_int):
        found = self.functions["rondo." + name]
        found.restype = result
        return found

    def open(self, kind, *sizes):
        """An object of that kind, of the weights but for themselves."""
        size = self.function(kind + "_bytes", ctypes.c_size_t)(*sizes)
        memory = ctypes.create_string_buffer(size + 64)
        self.memory.append(memory)
        handle = ctypes.c_void_p()
        begin = ctypes.c_void_p((ctypes.addressof(memory) + 63) // 64 * 64)
        of = [] if kind == "weights" else [self.weights]
        code = self.function(kind + "_open")(begin, ctypes.c_size_t(size), *of, *sizes, ctypes.byref(handle))
        if code:
            raise Failed(code, "")
        return handle

    def call(self, kind, handle, name, *arguments):
        code = self.function(name)(handle, *arguments)
        if code:
            raise Failed(code, self.function(kind + "_error", ctypes.c_char_p)(handle).decode())


def sizes(*numbers):
    """64-bit arguments."""
    return [ctypes.c_int64(number) for number in numbers]


def block(form, values):
    """Memory with these numbers: "f" float, "d" double, "i" int32."""
    return (ctypes.c_char * (max(1, len(values)) * SIZES[form])).from_buffer_copy(
        struct.pack(f"{len(values)}{form}", *values) or b"\0" * SIZES[form])


def read(form, memory, count):
    return list(struct.unpack_from(f"{count}{form}", memory))


def arrays(*blocks):
    """Dense arrays, which keep their memory; None is not given."""
    made = (Array * len(blocks))(*[Array(ctypes.addressof(b) if b is not None else None, 0, 0) for b in blocks])
    made.blocks = blocks
    return made
