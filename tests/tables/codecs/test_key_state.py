"""What is read back as a codec of identifiers, and what is refused."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from key_columns import column

from synth_dl.errors import ArtifactError
from synth_dl.tables.codecs.key import KeyCodec

DAMAGES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "no pattern": lambda s: s.update(patterns=[], strides=[]),
    "a stride less": lambda s: s["strides"].pop(),
    "a stride of 0": lambda s: s.update(strides=[0]),
    "a huge length": lambda s: s["patterns"][0]["runs"][2].update(lengths=[10**9]),
    "a negative length": lambda s: s["patterns"][0]["runs"][2].update(lengths=[-1]),
    "no length": lambda s: s["patterns"][0]["runs"][2].update(lengths=[]),
    "one letter": lambda s: s["patterns"][0]["runs"][2].update(alphabets=["7"]),
    "no alphabet": lambda s: s["patterns"][0]["runs"][2].update(alphabets=[]),
    "a huge alphabet": lambda s: s["patterns"][0]["runs"][2].update(alphabets=["ab" * 10**7]),
    "an endless share": lambda s: s["patterns"][0]["runs"][0].update(words=[["a", 1e999]]),
    "a word without share": lambda s: s["patterns"][0]["runs"][0].update(words=["a"]),
    "no run": lambda s: s["patterns"][0].update(runs=[]),
    "many words": lambda s: s["patterns"][0].update(counts=[10**9]),
    "another entry": lambda s: s["patterns"][0].update(colour="red"),
    "another type": lambda s: s.update(dtype="int65"),
    "a pattern of nothing": lambda s: s.update(patterns=[{}]),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_state_that_no_training_leaves_is_refused(damage: str) -> None:
    state = json.loads(json.dumps(KeyCodec.fit(column("padded")).to_dict()))
    DAMAGES[damage](state)
    with pytest.raises((ValueError, KeyError, TypeError, IndexError)):
        KeyCodec.from_dict(state)


def test_a_state_of_an_earlier_version_asks_for_training() -> None:
    with pytest.raises(ArtifactError, match="train again"):
        KeyCodec.from_dict({"patterns": [], "domains": [], "dtype": "str", "number": False})
