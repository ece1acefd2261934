"""Files and values that nobody meant to write, made from seeds, and the bounds they must keep."""

import random
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SECONDS = 20  # More is a hang.
GIB = 3  # More is a bomb that went off.

EXTREMES = (b"0", b"-1", b"1e999", b"NaN", b"99999999999999999999", b'""', b"null", b"[]", b"{}")
MARKS = (
    b"\x00",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\r\n",
    b'"',
    b"\x1b[2J",
    b"\xed\xa0\x80",
    b"'",
    b"\t",
)


def mutated(data: bytes, generator: random.Random, most: int = 4) -> bytes:
    """`data` with one to `most` faults: bytes flipped, cut, doubled, moved, or put in."""
    result = bytearray(data)
    for _ in range(generator.randint(1, most)):
        start = generator.randrange(len(result) + 1)
        end = min(len(result), start + generator.choice((1, 1, 4, 16, 64, 1024)))
        piece = bytes(result[start:end])
        match generator.randrange(7):
            case 0:
                result[start:end] = bytes(byte ^ (1 << generator.randrange(8)) for byte in piece)
            case 1:
                del result[start:end]
            case 2:
                result[start:start] = piece * generator.choice((1, 2, 50))
            case 3:
                del result[start:]
            case 4:
                place = generator.randrange(len(result) + 1)
                result[place:place] = piece
            case 5:
                result[start:end] = generator.choice(EXTREMES)
            case 6:
                result[start:start] = generator.choice(MARKS)
    return bytes(result)


@contextmanager
def bounded() -> Iterator[None]:
    """What runs inside takes neither 20 seconds nor 3 GiB more than the process had at most."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise AssertionError(f"still running after {SECONDS} seconds")

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    handler = signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, handler)
    taken = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 2**20
    assert taken < GIB, f"{taken:.1f} GiB were taken"
