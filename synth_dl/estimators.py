"""Estimators after the conventions of scikit-learn, around a model of the whole table.

What is predicted stands last in the table, so that the model gives it given all other columns.
"""

from collections.abc import Mapping
from typing import Any, Self

import narwhals as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    OneToOneFeatureMixin,
    RegressorMixin,
    TransformerMixin,
)
from sklearn.utils import check_array, column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length, check_is_fitted, validate_data

from synth_dl.fitting import fit

TARGET = "target"


class SynthEstimator(BaseEstimator):
    """What the estimators share: options of the training, and a table made of what is given.

    Args:
        model: a family that gives probabilities: `autoregressive`, `trees`, `chow_liu`,
            `mixture`, `copula`, `distributions` or `vae`.
        max_time: time limit of the training such as `60s`, or None.
        min_count: rows that each stored category, edge or extreme rests on at least.
        options: more of `synth_dl.fit`, such as `{"trainer__steps": 200}`.
        random_state: a whole number: same number, same model; None stands for 0.

    Attributes:
        synth_: the `Synthesizer` of the table.
        n_features_in_, feature_names_in_: of the columns, as scikit-learn has them.
    """

    synth_: Any

    def __init__(
        self,
        model: str = "autoregressive",
        *,
        max_time: str | float | None = None,
        min_count: int = 5,
        options: Mapping[str, Any] | None = None,
        random_state: int | None = None,
    ) -> None:
        self.model = model
        self.max_time = max_time
        self.min_count = min_count
        self.options = options
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        return tags

    def _table(self, X: Any, reset: bool = False) -> pd.DataFrame:
        """The columns of X; frames keep their dtypes, other arrays become numbers or text."""
        least = 2 if reset else 1  # rows to learn from, or to answer for
        X = nw.from_native(X).to_pandas() if nw.dependencies.is_polars_dataframe(X) else X
        if isinstance(X, pd.DataFrame):
            rows: Any = X
            validate_data(self, rows, reset=reset, skip_check_array=True)
            if len(X) < least:
                raise ValueError(f"Found array with {len(X)} sample(s) (shape={X.shape}) while a "
                                 f"minimum of {least} is required.")  # fmt: skip
            return X.reset_index(drop=True)
        array: Any = validate_data(
            self, X, reset=reset, dtype=None, ensure_all_finite="allow-nan",
            ensure_min_samples=least,
        )  # fmt: skip
        if array.dtype.kind == "c":
            raise ValueError("Complex data not supported")
        # Where a frame was learnt, scikit-learn warns of an array and takes its columns in order.
        names = getattr(self, "feature_names_in_", [f"x{k}" for k in range(array.shape[1])])
        return pd.DataFrame(array, columns=names).infer_objects()

    def _learn(self, table: pd.DataFrame) -> None:
        options = {"min_count": self.min_count, "max_time": self.max_time, **(self.options or {})}
        seed = 0 if self.random_state is None else int(self.random_state)
        self.synth_ = fit(table, model=self.model, seed=seed, progress=False, **options)

    def _with_target(self, X: Any, y: Any) -> tuple[pd.DataFrame, NDArray[Any]]:
        """The columns of X, and y as an array; the name of y is not that of a column."""
        if y is None:
            raise ValueError(f"{type(self).__name__} requires y to be passed, but the target y is "
                             "None")  # fmt: skip
        table = self._table(X, reset=True)
        values = column_or_1d(y, warn=True)
        check_consistent_length(table, values)
        self._target = TARGET
        while self._target in table.columns:
            self._target += "_"
        return table, values


class SynthClassifier(ClassifierMixin, SynthEstimator):
    """Classes by their probability given all columns; args as of `SynthEstimator`.

    Attributes:
        classes_: [K] in order. One that fewer than `min_count` rows have gets probability 0.
    """

    classes_: NDArray[Any]

    def fit(self, X: Any, y: Any) -> Self:
        """Learn the table of X and y together.

        Raises:
            ValueError: for a target of one class.
        """
        table, values = self._with_target(X, y)
        check_classification_targets(values)
        self.classes_, places = np.unique(values, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"{type(self).__name__} needs two classes to tell apart, and the data "
                             "hold one class; give rows of another one")  # fmt: skip
        words = np.array([f"class {k}" for k in range(len(self.classes_))], dtype=object)
        self._learn(table.assign(**{self._target: words[places]}))
        return self

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """[N, K] probabilities of the classes."""
        check_is_fitted(self)
        found = self.synth_.predict_proba(self._table(X), self._target)
        words = [f"class {k}" for k in range(len(self.classes_))]
        return found.reindex(columns=words, fill_value=0.0).to_numpy()

    def predict(self, X: Any) -> NDArray[Any]:
        """[N] the likeliest classes."""
        check_is_fitted(self)
        return self.classes_[self.predict_proba(X).argmax(1)]


class SynthRegressor(RegressorMixin, SynthEstimator):
    """The mean of a number given all columns; args as of `SynthEstimator`."""

    def fit(self, X: Any, y: Any) -> Self:
        """Learn the table of X and y together."""
        table, values = self._with_target(X, y)
        values = check_array(values, ensure_2d=False, dtype="numeric", input_name="y")
        self._learn(table.assign(**{self._target: values.astype(np.float64)}))
        return self

    def predict(self, X: Any) -> NDArray[np.float64]:
        """[N] means."""
        check_is_fitted(self)
        found = self.synth_.predict(self._table(X), self._target)
        return found.to_numpy(dtype=np.float64)

    def predict_interval(self, X: Any, level: float = 0.9) -> NDArray[np.float64]:
        """[N, 2] ends between which the number lies with this probability."""
        check_is_fitted(self)
        found = self.synth_.predict(self._table(X), self._target, interval=level)
        return found.iloc[:, 1:].to_numpy(dtype=np.float64)


class SynthImputer(OneToOneFeatureMixin, TransformerMixin, SynthEstimator):
    """Fills missing cells; args as of `SynthEstimator`, and one more.

    Args:
        value: `mean`, `median` or `mode` of numbers, with the likeliest classes; or `draw`.
    """

    def __init__(
        self,
        model: str = "autoregressive",
        *,
        value: str = "mean",
        max_time: str | float | None = None,
        min_count: int = 5,
        options: Mapping[str, Any] | None = None,
        random_state: int | None = None,
    ) -> None:
        super().__init__(
            model, max_time=max_time, min_count=min_count, options=options,
            random_state=random_state,
        )  # fmt: skip
        self.value = value

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the table; y is not looked at."""
        self._learn(self._table(X, reset=True))
        return self

    def transform(self, X: Any) -> Any:
        """X without missing cells: a DataFrame for a DataFrame, else an array."""
        check_is_fitted(self)
        seed = 0 if self.random_state is None else int(self.random_state)
        found = self.synth_.impute(self._table(X), value=self.value, seed=seed)
        return found.set_axis(X.index) if isinstance(X, pd.DataFrame) else found.to_numpy()
