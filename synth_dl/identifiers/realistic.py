"""Realistic names, e-mail addresses and the like, where a schema or a recipe asks for them.

They come from Mimesis and depend on the number of the row and the seed only. Where no real value
repeats, those of e-mail addresses, user names, URLs, phone numbers, IP addresses and IBANs do not
repeat either, as they carry a number; names, places, companies and the like may.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address, IPv6Address
from threading import Lock
from typing import Any

import numpy as np

from synth_dl.errors import DataError
from synth_dl.identifiers.check_digits import mod97
from synth_dl.identifiers.permutation import Numbers, mix, permute

# What a column may be declared to hold.
KINDS = (
    *("email", "name", "first_name", "last_name", "phone", "address", "street", "city", "postcode"),
    *("country", "company", "occupation", "url", "username", "iban", "ipv4", "ipv6"),
)
LOCALES = (
    *("ar-ae", "ar-dz", "ar-eg", "ar-jo", "ar-om", "ar-kw", "ar-ma", "ar-qa", "ar-sa", "ar-sy"),
    *("ar-tn", "ar-ye", "az", "cs", "da", "de", "de-at", "de-ch", "el", "en", "en-au", "en-ca"),
    *("en-gb", "es", "es-mx", "et", "fa", "fi", "fr", "hu", "hr", "is", "it", "ja", "kk", "ko"),
    *("nl", "nl-be", "no", "pl", "pt", "pt-br", "ru", "sk", "sv", "tr", "uk", "zh"),
)

_ALONE = Lock()  # one generator serves all threads, and is seeded anew for each value
_SIZES = {"ipv4": 2**32, "phone": 10**7}  # rows from which on values repeat; else 10**10
# Reserved by RFC 2606, so that no message reaches anyone.
_DOMAINS = ("example.com", "example.org", "example.net")
# Country, and the digits of an account after the check digits; of countries with digits only.
_ACCOUNTS = {"da": ("DK", 14), "de": ("DE", 18), "de-at": ("AT", 16), "es": ("ES", 20),
             "fi": ("FI", 14), "fr": ("FR", 23), "no": ("NO", 11), "pl": ("PL", 24),
             "pt": ("PT", 21), "sv": ("SE", 20)}  # fmt: skip
_PLAIN: dict[str, Callable[[Any], str]] = {
    "name": lambda g: g.person.full_name(),
    "first_name": lambda g: g.person.first_name(),
    "last_name": lambda g: g.person.last_name(),
    "occupation": lambda g: g.person.occupation(),
    "address": lambda g: f"{g.address.address()}, {g.address.postal_code()} {g.address.city()}",
    "street": lambda g: g.address.address(),
    "city": lambda g: g.address.city(),
    "postcode": lambda g: g.address.postal_code(),
    "country": lambda g: g.address.country(),
    "company": lambda g: g.finance.company(),
}
_PROVIDERS = ("address", "finance", "internet", "person")  # of Mimesis, that values come from


@dataclass(frozen=True)
class Realistic:
    """Draws values of a kind.

    Attributes:
        kind: one of `KINDS`.
        locale: one of `LOCALES`.
    """

    kind: str
    locale: str = "en"

    def __post_init__(self) -> None:
        if self.kind not in KINDS or self.locale not in LOCALES:
            raise ValueError(f"there are no values of kind {self.kind!r} and {self.locale!r}")

    def check(self) -> None:
        """Raise a DataError, before anything is trained, where Mimesis is not installed."""
        _generator(self.locale)

    def draw(self, numbers: Numbers, key: int) -> list[str]:
        """[N] its values of these numbers; a DataError if Mimesis is not installed."""
        generator = _generator(self.locale)
        seeds = mix(mix(numbers) ^ np.uint64(key)).tolist()
        sizes = np.full(len(numbers), _SIZES.get(self.kind, 10**10), np.uint64)
        own = permute(numbers % sizes, sizes, key).tolist()
        # Mimesis would reseed 27 of them for each value, which takes far longer than to draw.
        providers = [generator, *(getattr(generator, name) for name in _PROVIDERS)]
        texts = []
        with _ALONE:
            for seed, number in zip(seeds, own, strict=True):
                for provider in providers:
                    provider.random.seed(seed)
                texts.append(self._text(generator, number))
        return texts

    def _text(self, generator: Any, number: int) -> str:
        match self.kind:
            case "email":
                domain = generator.random.choice(_DOMAINS)
                return f"{generator.person.username(mask='l')}.{number}@{domain}"
            case "username":
                return f"{generator.person.username(mask='l')}{number}"
            case "url":
                return f"{generator.internet.url().rstrip('/')}/{number}"
            case "phone":
                return _with_digits(generator.person.phone_number(), f"{number:07d}")
            case "ipv4":
                return str(IPv4Address(number))
            case "ipv6":
                return str(IPv6Address((0x20010DB8 << 96) + number))
            case "iban":
                country, count = _ACCOUNTS.get(self.locale, ("DE", 18))
                account = f"{number:010d}".rjust(count, str(generator.random.randint(1, 9)))
                return f"{country}{mod97(country, account)}{account}"
        return _PLAIN[self.kind](generator)


def _with_digits(text: str, digits: str) -> str:
    """The text with these as its last digits, or as many of them as it has."""
    left = list(digits)
    turned = [left.pop() if letter.isdigit() and left else letter for letter in reversed(text)]
    return "".join(reversed(turned))


@cache
def _generator(locale: str) -> Any:
    try:
        from mimesis import Generic
        from mimesis.locales import Locale
    except ImportError as error:
        raise DataError(
            "a `kind` in the schema needs Mimesis, which is not installed; install it by "
            "`pip install 'synth_dl[names]'` or remove the `kind`"
        ) from error
    return Generic(Locale(locale))
