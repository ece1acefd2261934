"""Columns of identifiers of many styles."""

import uuid

import numpy as np
import pandas as pd

ROWS = 400


def letters(
    generator: np.random.Generator, low: int, high: int, alphabet: str = "etaoinsrh"
) -> str:
    return "".join(generator.choice(list(alphabet), generator.integers(low, high + 1)))


def column(style: str, rows: int = ROWS, seed: int = 0) -> pd.Series:
    """A column of identifiers or text in one of many styles."""
    generator = np.random.default_rng(seed)
    firsts = ["Anna", "Björn", "Chloé", "Dan", "Eva"]
    lasts = [letters(generator, 3, 9).capitalize() for _ in range(60)]
    domains = ["gmail.com", "web.de"]
    makers = {
        "dense integers": lambda i: i + 1,
        "sparse integers": lambda i: int(generator.integers(10**8, 10**9)),
        "long integers": lambda i: int(generator.integers(10**18, 9 * 10**18)),
        "negative integers": lambda i: i - rows // 2,
        "padded": lambda i: f"ID-{i:06d}",
        "year": lambda i: f"{2020 + i % 4}/{i:04d}",
        "short codes": lambda i: f"{'ABCDE'[i % 5]}{i // 5:02d}",
        "full codes": lambda i: f"{i:03d}",
        "uuid": lambda i: str(uuid.UUID(bytes=generator.bytes(16), version=4)),
        "hash": lambda i: generator.bytes(20).hex(),
        "base36": lambda i: letters(generator, 7, 7, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
        "phone": lambda i: f"+49 ({generator.integers(10, 99)}) {generator.integers(10**6, 10**7)}",
        "mail": lambda i: f"{letters(generator, 3, 6)}.{i}@{generator.choice(domains)}",
        "zip": lambda i: f"{generator.integers(1000, 99999):05d}",
        "names": lambda i: f"{generator.choice(firsts)} {generator.choice(lasts)}-{lasts[i % 50]}",
        "url": lambda i: f"https://www.shop.org/{letters(generator, 3, 8)}?item={i}",
        "cyrillic": lambda i: letters(generator, 4, 9, "абвгдежзиклмн").capitalize(),
        "chinese": lambda i: letters(generator, 2, 4, "".join(map(chr, range(0x4E00, 0x4E80)))),
        "text": lambda i: f"The {' '.join(letters(generator, 2, 8) for _ in range(3 + i % 30))}.",
        "lines": lambda i: "\n".join(letters(generator, 1, 9) for _ in range(1 + i % 40)),
        "mixed": lambda i: f"A-{i:04d}" if i % 3 else f"{i:04d}/x",
        "repeated": lambda i: f"P{i // 5:05d}",
        "few": lambda i: ["alpha", "beta", "gamma"][i % 3],
        "rare odd ones": lambda i: f"K{i:05d}" if i > 3 else "?" * i + "secret!",
    }
    return pd.Series([makers[style](i) for i in range(rows)], name="key")


STYLES = [
    *("dense integers", "sparse integers", "long integers", "negative integers", "padded", "year"),
    *(
        "short codes",
        "full codes",
        "uuid",
        "hash",
        "base36",
        "phone",
        "mail",
        "zip",
        "names",
        "url",
    ),
    *("cyrillic", "chinese", "text", "lines", "mixed", "repeated", "few", "rare odd ones"),
]
