"""Writes tests/golden/model_v1.everyml from docs/format.md alone, without the library.

The C++ test compares this file with what ArchiveWriter writes, so two writers agree byte for byte. The script ends by
opening the file with the safetensors package.  Needs: numpy, xxhash, safetensors.
"""

import json
import pathlib
import struct

import numpy
import safetensors.numpy
import xxhash

PATH = pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden" / "model_v1.everyml"

# In the order written; an array is named by ":tensor".
DESCRIPTION = (
    '{"kind":"ridge","alpha":0.1,"whole":2.0,"tiny":5e-324,"nothing":":nan","most":":inf","least":":-inf",'
    '"rows":-9223372036854775808,"intercept":true,"raw":":bytes:ff00","colon":"::x",'
    '"names":["a\\"b","gr\u00f6\u00dfe","line\\u000aend"],"tree":{"z":[1,2.5,null],"a":{}},'
    '"model.coefficients":":tensor","model.mask":":tensor","codes":":tensor","small":":tensor","ids":":tensor",'
    '"empty":":tensor"}'
)
ARRAYS = {
    "model.coefficients": numpy.array([[1.5, -2.5, 3.25], [4.0, 5.0, -0.0]]),
    "model.mask": numpy.array([1, 0, 255], dtype=numpy.uint8),
    "codes": numpy.array([1, -2, 3], dtype=numpy.int32),
    "small": numpy.array([0.5], dtype=numpy.float32),
    "ids": numpy.array([-(2**63), 2**63 - 1], dtype=numpy.int64),
    "empty": numpy.array([], dtype=numpy.float64),
}
DTYPES = {"float64": ("F64", 0), "int64": ("I64", 1), "float32": ("F32", 2), "int32": ("I32", 3), "uint8": ("U8", 4)}


def order(name):
    array = ARRAYS[name]
    return (-array.itemsize, name)


def build():
    header = '{"__metadata__":{"checksum":"' + "0" * 16 + '","format":"everyml","version":"1","description":'
    header += json.dumps(DESCRIPTION, ensure_ascii=False) + "}"
    data = b""
    for name in sorted(ARRAYS, key=order):
        array = ARRAYS[name]
        raw = array.tobytes()
        shape = ",".join(str(n) for n in array.shape)
        dtype = DTYPES[str(array.dtype)][0]
        header += f',"{name}":{{"dtype":"{dtype}","shape":[{shape}],"data_offsets":[{len(data)},{len(data) + len(raw)}]}}'
        data += raw
    header = (header + "}").encode()
    header += b" " * (-(8 + len(header)) % 64)
    file = struct.pack("<Q", len(header)) + header + data
    digits = f"{xxhash.xxh3_64_intdigest(file):016x}".encode()
    at = 8 + len('{"__metadata__":{"checksum":"')
    return file[:at] + digits + file[at + 16 :]


if __name__ == "__main__":
    PATH.write_bytes(build())
    with safetensors.safe_open(PATH, "numpy") as opened:
        assert opened.metadata()["format"] == "everyml"
        assert json.loads(opened.metadata()["description"])["alpha"] == 0.1
    loaded = safetensors.numpy.load_file(PATH)
    assert loaded.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert loaded[name].dtype == array.dtype and numpy.array_equal(loaded[name], array), name
    print("wrote", PATH, "and opened it with safetensors", safetensors.__version__)
