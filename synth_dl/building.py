"""Objects from `_target_` entries, built only from classes of packages that are trusted."""

import difflib
import importlib
import inspect
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from synth_dl.errors import ArtifactError, ConfigError
from synth_dl.errors.options import Members as Count
from synth_dl.errors.options import check, check_arguments
from synth_dl.networks.members import Members
from synth_dl.noise import DrawingFrom, generator_for
from synth_dl.spec import Spec
from synth_dl.weights import MOST_BYTES, at_most, check_sizes, finite_tensors, shapes_of

FOR_ALL = ("_target_", "members", "networks")  # of entries, beside the arguments of a class
OWN = ("synth_dl.models", "synth_dl.networks", "synth_dl.likelihoods")
PARTS = ("network", "likelihood")  # of a model that has any


@dataclass(frozen=True)
class Classes:
    """Where the classes that entries name may come from.

    Attributes:
        trusted: packages and modules, each with all that lies in it.
    """

    trusted: tuple[str, ...] = OWN

    def also(self, trust: str | Iterable[str] | None) -> "Classes":
        """The same, with packages that the user trusts.

        Raises:
            ConfigError: for what is no name of a package.
        """
        names = [trust] if isinstance(trust, str) else list(trust or ())
        for name in names:
            if not re.fullmatch(r"[^\W\d]\w*(\.[^\W\d]\w*)*", str(name)):
                raise ConfigError(f"trust={name}: name a package, such as trust=mypackage")
        return Classes((*self.trusted, *names))

    def find(self, target: Any) -> type:
        """The class of that full name.

        Raises:
            ArtifactError: if it is in no trusted package, does not exist, or is no class.
        """
        target = str(target)[:200]
        module, _, name = target.rpartition(".")
        package = module.partition(".")[0]
        own = not package or package == "synth_dl" or package in sys.stdlib_module_names
        if not self._trusts(module):
            cure = "use one of these" if own else f"if you know its code, add trust={package}"
            raise ArtifactError(
                f"it names the class {target!r}, and only those in {', '.join(self.trusted)} are "
                f"trusted; {cure}"
            )
        try:
            with _present_folder():
                found = getattr(importlib.import_module(module), name)
        except Exception as error:
            if own and isinstance(error, ImportError | AttributeError):
                raise ArtifactError(f"there is no class {target!r}; update synth_dl") from error
            raise ArtifactError(
                f"there is no class {target!r} ({type(error).__name__}: {error}); check that its "
                "package is installed or lies in the present folder"
            ) from error
        if not isinstance(found, type) or not self._trusts(found.__module__):
            raise ArtifactError(f"{target!r} is no class of a trusted package; use one that is")
        return found

    def check(
        self, name: str, entry: Any, base: type = object, decided: Iterable[str] = ()
    ) -> None:
        """Refuse an entry, or one inside it, whose class or arguments are not to be had.

        Args:
            name: of the option that holds it.
            entry: plain data; without a `_target_` it names no class.
            base: what the class must be one of.
            decided: arguments that `build` is given besides, which an entry cannot say.

        Raises:
            ConfigError: with what `find` says, or naming the argument.
        """
        found = None
        if isinstance(entry, Mapping) and entry.get("_target_") is not None:
            try:
                found = self.find(entry["_target_"])
            except ArtifactError as error:
                raise ConfigError(f"{name}: {error}") from error
        if found is not None and not issubclass(found, base):
            what = name.partition(".")[0].removesuffix("s")
            raise ConfigError(
                f"{name}: {found.__name__} is no {what}; name a class that is a {base.__name__}"
            )
        pairs = entry.items() if isinstance(entry, Mapping) else ()
        for key, value in enumerate(entry) if isinstance(entry, list) else pairs:
            self.check(f"{name}.{key}", value)
        if found is not None and isinstance(entry, Mapping):
            _check_names(name, found, entry, {*decided})
            check_arguments(name, found, entry, unset=True)
            check(f"{name}.members", entry.get("members"), Count | None)

    def build(self, entry: Mapping[str, Any], **more: Any) -> Any:
        """The object that a `_target_` entry describes.

        Entries inside it that have a `_target_` are built first, from the same spec. Of `more` it
        gets what it has an argument for.

        Raises:
            ArtifactError: for a class that is not to be had, or arguments it does not take.
        """
        target = str(entry.get("_target_", ""))
        found = self.find(target)
        inner = {"spec": more["spec"]} if "spec" in more else {}
        arguments = {
            key: self.build(value, **inner) if _is_entry(value) else value
            for key, value in entry.items()
            if key != "_target_"
        }
        for key in arguments.keys() & more.keys():
            raise ArtifactError(f"{target}: {key} is decided elsewhere; leave it out")
        signature = inspect.signature(found)
        arguments |= {key: value for key, value in more.items() if key in signature.parameters}
        try:
            signature.bind(**arguments)
        except TypeError as error:
            raise ArtifactError(f"{target}: {error}; its arguments are other ones") from error
        return found(**arguments)

    def build_model(self, groups: Mapping[str, Any], spec: Spec) -> Any:
        """A `GenerativeModel` with its likelihood and network, all sized by the spec."""
        family = self.family_of(groups)
        if not family.needs:
            self._refuse_parts(family, groups)
            return self.build(groups["model"], spec=spec)
        for name in PARTS:
            family.check_part(name, self.find(groups[name].get("_target_", "")))
        likelihood = self.build(groups["likelihood"], spec=spec)
        entry = dict(groups["network"])
        members = entry.pop("members", None)
        members = 1 if members is None else members
        check("network.members", members, Count)
        outputs = getattr(likelihood, "outputs", None)
        networks = [self.build(entry, spec=spec, outputs=outputs) for _ in range(members)]
        network = networks[0] if members == 1 else Members(networks, likelihood)
        return self.build(groups["model"], spec=spec, network=network, likelihood=likelihood)

    def stored_model(self, groups: Mapping[str, Any], spec: Spec, weights: Path) -> Any:
        """A model whose weights lie in a file, which is held against its sizes before it is made.

        Raises:
            ArtifactError: for a class that is not to be had, or arguments it does not take.
            ValueError: if the file holds the weights of another model, or numbers that are none.
        """
        stored = shapes_of(weights)
        if not self.family_of(groups).needs:
            model = self.build_model(groups, spec)
            model.load_state_dict(finite_tensors(weights))
            return model
        with at_most(len(stored)):
            # Classes of the user may look at numbers while they are made, where here are sizes.
            if self.trusted == OWN:
                with torch.device("meta"):
                    check_sizes(self.build_model(groups, spec), stored, weights)
            # First weights are replaced at once; they must not disturb the random numbers of the
            # program that loads.
            with DrawingFrom(generator_for(0)):
                model = self.build_model(groups, spec)
        model.load_state_dict(finite_tensors(weights))
        return model

    def new_model(
        self,
        groups: Mapping[str, Any],
        rows: int,
        spec: Spec,
        seed: int,
        left_out: bool = False,
    ) -> Any:
        """A model with its first weights, whose `groups` have all options.

        Args:
            groups: the `_target_` entries of model, network and likelihood.
            rows: records to learn from.
            spec: what one record is.
            seed: of the first weights and of the training noise.
            left_out: see `fill_options`.

        Raises:
            ConfigError: for a class or an option that is not to be had.
        """
        try:
            filled = self.fill_options(groups, rows, spec, left_out)
            self._refuse_huge(filled, spec)
            with DrawingFrom(generator_for(seed)):
                model = self.build_model(filled, spec)
        except ArtifactError as error:
            raise ConfigError(f"the model cannot be built: {error}") from error
        model.seed, model.groups = seed, filled
        return model

    def fill_options(
        self, groups: Mapping[str, Any], rows: int, spec: Spec, left_out: bool = False
    ) -> dict[str, Any]:
        """The entries of model, network and likelihood with their open options filled in.

        An option is open where an entry says None, or all are where it names no class. The family
        says what it takes for so many rows.

        Args:
            groups: the entries.
            rows: records to learn from.
            spec: what one record is.
            left_out: whether an option that an entry does not name is open too.
        """
        options = self.family_of(groups).options(rows, spec)
        filled = dict(groups)
        for name in ("model", *PARTS):
            entry, defaults = dict(groups[name]), getattr(options, name)
            target = entry.get("_target_")
            named = set(defaults) if target is None else set(entry)
            if target is not None and left_out:
                named |= {*inspect.signature(self.find(target)).parameters, "members"}
            opened = [key for key in defaults if key in named and entry.get(key) is None]
            filled[name] = entry | {key: defaults[key] for key in opened}
            if str(target).startswith(OWN):
                # What the family does not say, the class itself does.
                filled[name] = {k: v for k, v in filled[name].items() if v is not None}
        return filled

    def _refuse_huge(self, groups: Mapping[str, Any], spec: Spec) -> None:
        """A ConfigError for a model whose weights would not fit into memory, before it is made."""
        if any(not str(entry.get("_target_")).startswith(OWN) for entry in groups.values()):
            return  # a class of the user may look at numbers while it is made, where here are none
        with torch.device("meta"):
            size = sum(each.nbytes for each in self.build_model(groups, spec).parameters())
        if size > MOST_BYTES:
            raise ConfigError(
                f"the model would have {size / 2**30:,.1f} GiB of weights, and at most "
                f"{MOST_BYTES >> 30} are trained; take smaller sizes in network= and model="
            )

    def family_of(self, groups: Mapping[str, Any]) -> Any:
        """The class of the model that the groups describe.

        Raises:
            ArtifactError: if it is no model of a trusted package.
        """
        found = self.find(groups["model"].get("_target_", ""))
        if not hasattr(found, "check_part"):
            raise ArtifactError(
                f"{found.__name__} is no model; choose model=NAME of the config group"
            )
        return found

    def _refuse_parts(self, family: Any, groups: Mapping[str, Any]) -> None:
        """Refuse, by an ArtifactError, a network or likelihood of a family that has none."""
        name = family.__module__.rpartition(".")[2]
        for part in PARTS:
            if groups[part].get("_target_") is not None:
                raise ArtifactError(f"model={name} has no {part}; leave {part}= out")

    def _trusts(self, module: str) -> bool:
        return any(module == room or module.startswith(f"{room}.") for room in self.trusted)


OWN_CLASSES = Classes()


@contextmanager
def _present_folder() -> Iterator[None]:
    """Packages in the present folder can be imported too, if there is none of their name."""
    folder = os.getcwd()
    sys.path.append(folder)
    try:
        yield
    finally:
        sys.path.remove(folder)


def _check_names(name: str, found: type, entry: Mapping[str, Any], decided: set[str]) -> None:
    """Refuse arguments that a class does not have, or that are decided elsewhere."""
    parameters = inspect.signature(found).parameters
    known = {*parameters, *FOR_ALL} - decided
    anything = any(each.kind is each.VAR_KEYWORD for each in parameters.values())
    for key in entry:
        if key not in known and not (anything and not key.startswith("_") and key not in decided):
            close = difflib.get_close_matches(key, sorted(known), n=1, cutoff=0.6)
            meant = f"did you mean '{name}.{close[0]}'?" if close else "leave it out"
            raise ConfigError(
                f"unknown option '{name}.{key}': {found.__name__} has no such option; {meant}"
            )


def _is_entry(value: Any) -> bool:
    return isinstance(value, Mapping) and "_target_" in value
