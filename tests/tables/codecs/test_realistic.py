"""Names, e-mail addresses and the like, where the schema asks for them by `kind`."""

import json
import re
import sys

import numpy as np
import pandas as pd
import pytest

from synth_dl.errors import DataError
from synth_dl.identifiers import realistic
from synth_dl.identifiers.realistic import KINDS, LOCALES, Realistic
from synth_dl.tables.codec import TableCodec
from synth_dl.tables.codecs.columns import Place
from synth_dl.tables.codecs.key import KeyCodec
from synth_dl.tables.schema import Column, Schema

ROWS = np.arange(2000, dtype=np.uint64)
PATTERNS = {
    "email": r"[a-z]+\.\d+@example\.(com|org|net)",
    "phone": r"\+1[\d-]{10,}",
    "ipv4": r"(\d{1,3}\.){3}\d{1,3}",
    "ipv6": r"2001:db8:[0-9a-f:]+",
    "iban": r"DE\d{20}",
    "url": r"https?://\S+/\d+",
    "username": r"[a-z]+\d+",
    "name": r"\D+ \D+",
    "postcode": r"\d{5}",
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_value_depends_on_row_and_seed_only(kind: str) -> None:
    codec = KeyCodec.fit(pd.Series(["a", "b", "c"]), source=Realistic(kind))
    codec = KeyCodec.from_dict(json.loads(json.dumps(codec.to_dict())))
    codes = np.zeros(100, dtype=np.int64)
    whole = codec.decode(codes, 0, 7)
    parts = [codec.decode(codes[i : i + 7], i, 7) for i in range(0, 100, 7)]
    pd.testing.assert_series_equal(pd.concat(parts, ignore_index=True), whole)
    assert (codec.decode(codes, 0, 8) != whole).mean() > 0.8
    assert whole.str.fullmatch(PATTERNS.get(kind, ".+")).all()


@pytest.mark.parametrize("kind", ["email", "phone", "ipv4", "ipv6", "iban", "url", "username"])
@pytest.mark.parametrize("locale", ["en", "de", "fr", "ja", "da"])
def test_values_that_carry_a_number_do_not_repeat(kind: str, locale: str) -> None:
    assert len(set(Realistic(kind, locale).draw(ROWS, 5))) == len(ROWS)


@pytest.mark.parametrize("locale", LOCALES)
def test_every_locale_has_values_of_every_kind(locale: str) -> None:
    for kind in KINDS:
        assert all(Realistic(kind, locale).draw(ROWS[:3], 1))


@pytest.mark.parametrize("locale", ["en", "de", "de-at", "es", "fi", "fr", "pl", "pt", "sv", "no"])
def test_an_iban_has_valid_check_digits(locale: str) -> None:
    for value in Realistic("iban", locale).draw(ROWS[:50], 3):
        turned = "".join(str(int(letter, 36)) for letter in value[4:] + value[:4])
        assert int(turned) % 97 == 1


def test_a_declared_kind_is_drawn_in_a_table() -> None:
    frame = pd.DataFrame({
        "mail": [f"real.{k}@web.de" if k % 5 else None for k in range(200)],
        "city": [f"Town {k // 3}" for k in range(200)],
        "group": ["a", "b"] * 100,
    })  # fmt: skip
    columns = [Column("mail", "key", "str", kind="email"), Column("group", "category", "str")]
    columns.insert(1, Column("city", "key", "str", kind="city", locale="de"))
    codec = TableCodec.fit(frame, Schema(tuple(columns)))
    codec = TableCodec.from_dict(json.loads(json.dumps(codec.to_dict())))
    codes = codec.encode(frame)
    assert [variable.levels for variable in codec.spec.variables] == [2, 1, 2]
    fake = codec.decode(codes, np.zeros(codes.shape), Place(0, 1))
    assert (fake["mail"].isna() == frame["mail"].isna()).all()
    assert fake["mail"].dropna().str.fullmatch(PATTERNS["email"]).all()
    assert fake["mail"].dropna().is_unique
    assert 40 < fake["city"].nunique() < 90
    assert "web.de" not in json.dumps(codec.to_dict())


def test_without_mimesis_a_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    realistic._generator.cache_clear()
    monkeypatch.setitem(sys.modules, "mimesis", None)
    frame = pd.DataFrame({"who": ["a", "b"] * 20, "group": ["a", "b"] * 20})
    schema = Schema((Column("who", "key", "str", kind="name"), Column("group", "category", "str")))
    with pytest.raises(DataError, match=re.escape("pip install 'synth_dl[names]'")):
        TableCodec.fit(frame, schema)
