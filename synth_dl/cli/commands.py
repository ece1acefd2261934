"""What the commands with a configuration are called and take, with a word on each option."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Command:
    """One command of the command line.

    Attributes:
        name: also the name of its primary config.
        summary: one line for the head of the help.
        examples: words of real calls, without the program.
        options: the short list for the help, as (usage, meaning); `{choices}` in a meaning stands
            for the names in the config group that the usage begins with.
        texts: options taken as they stand, since paths and column names may hold anything.
        columns: those of `texts` that name a column; the others are paths, or words that no path
            is mistaken for.
        lists: options that hold several such texts.
        numbers: those of `texts` that may be a number instead.
        takes_where: whether `where.COLUMN=VALUE` fixes columns, and `with.NAME=VALUE` is for code
            of the user's own.
    """

    name: Literal[
        "train", "sample", "evaluate", "predict", "impute", "score", "augment", "schema", "audit"
    ]  # fmt: skip
    summary: str
    examples: tuple[str, ...]
    options: tuple[tuple[str, str], ...]
    texts: frozenset[str]
    columns: frozenset[str] = frozenset({"data.target", "privacy.unit", "target"})
    lists: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    takes_where: bool = False


TRAIN = Command(
    name="train",
    summary="Learn a table or images and keep the model in a run folder.",
    examples=(
        "data=anes96",
        "data=csv data.path=adult.csv data.target=income run_dir=runs/adult",
        "data=csv data.path=adult.csv data.holdout=0.2 trainer.max_time=5min seed=1",
        "data=csv data.path=plain.txt 'data.columns=[age, work class, \"city, state\"]'",
        "data=csv data.path=adult.csv 'data.missing=[?, NA]' data.schema=schema.yaml",
        "data=csv data.path=loans.csv 'rule=start <= end' 'rule=total = principal + interest'",
        "data=csv data.path=patients.csv data.schema=schema.yaml privacy.epsilon=1 model=mixture",
        "data=digits run_dir=runs/digits",
        "-m model=autoregressive,vae,gan data=randhie",
        "-m seed=0,1,2,3 hydra/launcher=joblib hydra.launcher.n_jobs=2",
        "data=image_folder data.root=pictures data.size=32 trainer.max_time=10min",
        "run_dir=runs/adult resume=true data=csv data.path=adult.csv",
        "--config-dir=mine model=mine trust=mypackage",
    ),
    options=(
        ("data=NAME", "{choices}; the default is the embedded table anes96"),
        ("data.path=FILE", "a CSV, TSV (also .gz) or Parquet file, with data=csv"),
        ("data.columns=[A,B]", "column names, for a file without a header row"),
        ("data.missing=[?,NA]", "texts that stand for a missing cell"),
        ("data.schema=FILE", "a schema that was saved and edited, instead of a guessed one"),
        ("data.holdout=0.2", "share of rows to keep for evaluation, or a file of such rows"),
        ("data.target=COLUMN", "the column that an evaluation predicts"),
        ("data.min_count=5", "rows that each stored category, edge or extreme rests on"),
        ("rule='start <= end'", "what holds in every row; also several, suggest and accept"),
        ("data.root=FOLDER", "images: the folder, with data=image_folder or data=mnist"),
        ("data.levels=2", "images: reduce the values of a pixel to so many"),
        ("data.size=14", "images: resize to so many pixels a side"),
        ("model=NAME", "{choices}"),
        ("privacy.epsilon=1", "differential privacy, of a table with a declared schema"),
        ("privacy.unit=COLUMN", "for each person that this column names, instead of each row"),
        ("trainer.max_time=60s", "time for training: 60s, 5min or 00:05:00"),
        ("experiment=NAME", "a stored set of options: {choices}"),
        ("run_dir=FOLDER", "where everything goes; runs/NAME OF THE DATA if not given"),
        ("overwrite=true", "replace what an existing run folder holds"),
        ("resume=true", "go on with an interrupted run"),
        ("allow_synthetic=true", "learn from a file whose metadata say that it is synthetic"),
        ("assess=false", "leave out the quick assessment at the end of a run"),
        ("seed=0", "same seed, same model"),
        ("objective=shape_error", "figure that a sweeper goes by, with -m hydra/sweeper=NAME"),
        ("trust=PACKAGE", "a package of yours whose classes a _target_ may name"),
    ),
    texts=frozenset(
        {
            *("data.name", "data.path", "data.root", "data.schema", "data.target", "data.holdout"),
            *("privacy.unit", "run_dir"),
        }
    ),
    lists=frozenset({"data.columns", "data.missing", "privacy.leave_out", "trust"}),
    numbers=frozenset({"data.holdout"}),
)

SAMPLE = Command(
    name="sample",
    summary="Draw synthetic rows or images from a trained model, a recipe or a simulator.",
    examples=(
        "artifact=runs/anes96/artifact out=synthetic.csv",
        "artifact=runs/adult/artifact n=100000 seed=1 out=synthetic.parquet",
        "artifact=runs/adult/artifact n=1000 'where.income=>50K' 'where.marital status=Divorced'",
        "artifact=runs/adult/artifact 'where.age=[17,25]' 'where.education!={Masters,Doctorate}'",
        "artifact=runs/adult/artifact given=partial.csv out=completed.csv",
        "artifact=runs/adult/artifact given=adult.csv 'keep=[age,sex]' out=partly.csv",
        "artifact=runs/adult/artifact n=10000 balance=income out=balanced.csv",
        "artifact=runs/adult/artifact top_up=income real=adult.csv out=missing.csv",
        "artifact=runs/adult/artifact n=100000 'parity=income|sex' holdout=test.csv out=fair.csv",
        "artifact=runs/adult/artifact n=1000000 rows=0:50000 out=first-part.parquet",
        "artifact=runs/digits/artifact n=1000 where.label=7 out=sevens.npz",
        "artifact=runs/digits/artifact given=digits.npz mask=top out=completed",
        "recipe=loans.yaml n=100000 seed=1 out=loans.parquet",
        "simulator=bank.py:Bank n=5000 seed=1 with.months=24 out=bank format=parquet",
    ),
    options=(
        ("artifact=FOLDER", "the artifact folder that a training left"),
        ("recipe=FILE.yaml", "a recipe in its place: columns by their distributions, no model"),
        ("simulator=FILE.py:NAME", "or code of yours that makes rows; its file is run"),
        ("with.NAME=VALUE", "an option of that code"),
        ("n=1000", "how many rows; as many as were trained on if not given"),
        ("out=FILE", "where they go: .csv or .parquet; images: .npz, .parquet or a folder of PNGs"),
        ("format=parquet", "linked tables, which go to a folder: the ending of each file"),
        ("overwrite=true", "replace a file or an export of that name"),
        (
            "provenance=label",
            "no dataset card or Croissant; none: nothing says synthetic",
        ),
        ("seed=0", "same seed, same rows"),
        ("where.COLUMN=VALUE", "fix a column; any name and any value, ?missing for a missing cell"),
        ("where.COLUMN=[A,B]", "from A to B, both included, also dates; [A,null] has no end"),
        ("where.COLUMN={A,B}", "any of these values; put the word in quotes, for the shell's sake"),
        ("where.COLUMN!=VALUE", "anything else; also !=[A,B], !={A,B} and !=?missing"),
        ("where=FILE.yaml", "the same as `column: VALUE` lines; {not: VALUE} for anything else"),
        ("given=FILE", "complete the rows of a file: empty cells are drawn, others stay"),
        ("given=recipe:FILE.yaml", "draw some columns from a recipe, the others from the model"),
        ("keep=[A,B]", "columns of the given rows that stay; the others are drawn"),
        ("synthesize=[A,B]", "the same from the other side: the columns that are drawn"),
        ("balance=COLUMN", "as many rows of each class; [A,B] for combinations, label for images"),
        ("balance.COLUMN={V:SHARE}", "classes in these shares, to the row"),
        ("top_up=COLUMN", "only what the classes of the real rows lack of the largest"),
        ("fill=thin", "only what regions lack in which the real rows are thin"),
        ("real=FILE", "the real rows or images, with top_up= or fill="),
        ("parity=COLUMN|GROUP", "demographic parity: a column has nothing to do with the group"),
        ("odds=COLUMN|GROUP", "equalised odds of predictor=COLUMN, given the first column"),
        ("holdout=FILE", "real rows, to judge what parity or odds cost"),
        ("allow_synthetic=true", "take a file for real whose metadata say that it is synthetic"),
        ("rows=0:50000", "only these rows of the table that n and seed stand for"),
        ("batch_size=4096", "how many rows at once; no effect on the rows"),
        ("mask=top", "images: known pixels of given=: top, left, top:3, box:T,L,H,W or mask.png"),
        ("sampler=auto", "images: cached, naive or fixed_point; all are exact"),
        ("trust=PACKAGE", "a package of yours whose classes the artifact may name"),
    ),
    texts=frozenset(
        {
            *("artifact", "recipe", "simulator", "out", "format", "given", "rows", "where", "mask"),
            *("real", "parity", "odds", "predictor", "holdout"),
        }
    ),
    columns=frozenset({"parity", "odds", "predictor"}),
    lists=frozenset({"trust", "keep", "synthesize", "balance", "top_up"}),
    takes_where=True,
)

EVALUATE = Command(
    name="evaluate",
    summary="Compare a synthetic table or synthetic images with the real ones.",
    examples=(
        "run=runs/adult",
        "real=adult.csv holdout=adult-test.csv synthetic=synthetic.parquet target=income",
        "real=adult.csv synthetic=synthetic.csv out=report 'missing=[?, NA]'",
        "data=digits synthetic=digits.npz artifact=runs/digits/artifact",
        "verify=synthetic.csv",
    ),
    options=(
        ("run=FOLDER", "a run folder, which knows its files; rows are drawn from its artifact"),
        ("real=FILE", "the rows that the model was trained on"),
        ("holdout=FILE", "real rows that it never saw, the honest reference"),
        ("synthetic=FILE", "the rows or images to judge"),
        ("data=NAME", "images: where the real ones come from, with its data.* options"),
        ("artifact=FOLDER", "the model: to draw from, and for the likelihood of images"),
        ("target=COLUMN", "the column to predict, for machine-learning efficiency, or [A,B]"),
        ("samples=3", "synthetic tables that membership attacks see, drawn from the artifact"),
        ("keys=[A,B]", "columns that somebody may know of a person; those that tell most"),
        ("canaries=FILE", "rows with a column `planted`: whether they were trained on"),
        ("estimator=PATH", "a model of yours, such as sklearn.svm.SVC, that learns the target too"),
        ("sensitive=[A,B]", "columns of the groups that fairness towards the target is asked of"),
        ("allow_synthetic=true", "take a file for real whose metadata say that it is synthetic"),
        ("verify=FILE", "only tell what a file or folder says of where it comes from"),
        ("out=FOLDER", "where metrics.json goes; report, or RUN/report with run="),
        ("overwrite=true", "replace an earlier report in that folder"),
        ("columns=[A,B]", "column names, for files without a header row"),
        ("missing=[?,NA]", "texts that stand for a missing cell"),
        ("schema=FILE", "the schema of the real file, instead of a guessed one"),
        ("seed=0", "same seed, same figures"),
        ("trust=PACKAGE", "a package of yours whose classes the artifact may name"),
    ),
    texts=frozenset(
        {
            *("real", "holdout", "synthetic", "run", "out", "target", "schema", "artifact"),
            *("data.root", "data.path", "data.name", "canaries", "estimator", "verify"),
        }
    ),
    lists=frozenset({"columns", "missing", "trust", "keys", "sensitive"}),
)

_ARTIFACT = ("artifact=FOLDER", "the artifact folder that a training left")
_ROWS = ("given=FILE", "the rows: CSV, TSV or Parquet of any length; they may lack columns")
_OF_ROWS = (
    ("overwrite=true", "replace a file of that name"),
    ("trust=PACKAGE", "a package of yours whose classes the artifact may name"),
)
_TEXTS_OF_ROWS = frozenset({"artifact", "given", "out"})

PREDICT = Command(
    name="predict",
    summary="Predict a column of each row of a file by its other columns.",
    examples=(
        "artifact=runs/adult/artifact given=new.csv target=income",
        "artifact=runs/adult/artifact given=new.csv target=age interval=0.9 out=ages.parquet",
    ),
    options=(
        _ARTIFACT,
        _ROWS,
        ("target=COLUMN", "a number, a category or a boolean"),
        ("value=median", "of a number: mean, median or mode"),
        ("interval=0.9", "of a number: two more values, between which it lies so probably"),
        ("out=FILE", "a line a row; for classes the likeliest and the probability of each"),
        *_OF_ROWS,
    ),
    texts=_TEXTS_OF_ROWS | {"target"},
    lists=frozenset({"trust"}),
)

IMPUTE = Command(
    name="impute",
    summary="Fill the missing cells of a file, once or several times.",
    examples=(
        "artifact=runs/adult/artifact given=holes.csv out=whole.csv",
        "artifact=runs/adult/artifact given=holes.csv draws=5 seed=1 out=five.parquet",
        "artifact=runs/adult/artifact given=holes.csv value=median",
    ),
    options=(
        _ARTIFACT,
        ("given=FILE", "the rows; empty cells are filled, ?missing stays missing"),
        ("draws=5", "fill each row so many times, one below the other, with row and draw"),
        ("value=median", "the mean, median or mode of a number, the likeliest class; no draws"),
        ("seed=0", "same seed, same draws"),
        ("out=FILE", "where they go: .csv or .parquet"),
        (
            "provenance=label",
            "no dataset card or Croissant; none: nothing says synthetic",
        ),
        *_OF_ROWS,
    ),
    texts=_TEXTS_OF_ROWS,
    lists=frozenset({"trust"}),
)

SCORE = Command(
    name="score",
    summary="Find unlikely rows of a file, beside rows that the model draws.",
    examples=(
        "artifact=runs/adult/artifact given=new.csv",
        "artifact=runs/adult/artifact given=new.csv explain=3 out=scores.parquet",
    ),
    options=(
        _ARTIFACT,
        _ROWS,
        ("explain=3", "name so many columns that make a row unlikely, given the others"),
        ("out=FILE", "a line a row: log_prob, percentile among fresh rows, unseen values"),
        *_OF_ROWS,
    ),
    texts=_TEXTS_OF_ROWS,
    lists=frozenset({"trust"}),
)

AUGMENT = Command(
    name="augment",
    summary="Tell whether synthetic rows help a classifier of rare classes, on a real holdout.",
    examples=(
        "real=train.csv holdout=test.csv target=income",
        "real=train.csv holdout=test.csv target=fraud repeats=10 trainer.max_time=2min",
        "real=train.csv holdout=test.csv target=income artifact=runs/adult/artifact out=report",
    ),
    options=(
        ("real=FILE", "the rows to learn from"),
        ("holdout=FILE", "other real rows of the same columns, that everything is scored on"),
        ("target=COLUMN", "the column of the classes"),
        ("artifact=FOLDER", "a model of the real rows, in place of a new one in each repeat"),
        ("model=NAME", "{choices}"),
        ("trainer.max_time=60s", "time for each training of a model: 60s, 5min or 00:05:00"),
        ("repeats=5", "trainings of everything, each on other four fifths of the real rows"),
        ("allow_synthetic=true", "take a file for real whose metadata say that it is synthetic"),
        ("out=FOLDER", "where metrics.json and table.md go; augmentation if not given"),
        ("overwrite=true", "replace an earlier report in that folder"),
        ("schema=FILE", "the schema of the real file, instead of a guessed one"),
        ("columns=[A,B]", "column names, for files without a header row"),
        ("missing=[?,NA]", "texts that stand for a missing cell"),
        ("seed=0", "same seed, same figures"),
        ("trust=PACKAGE", "a package of yours whose classes a config or the artifact may name"),
    ),
    texts=frozenset({"real", "holdout", "target", "artifact", "model", "out", "schema"}),
    columns=frozenset({"target", "model"}),
    lists=frozenset({"columns", "missing", "trust"}),
)


SCHEMA = Command(
    name="schema",
    summary="Write a schema to be filled in from public knowledge, by the types of a table.",
    examples=(
        "data=csv data.path=patients.csv out=schema.yaml",
        "data=csv data.path=plain.txt 'data.columns=[age, sex]' 'data.missing=[?, NA]' out=s.yaml",
        "data=anes96 out=schema.yaml",
    ),
    options=(
        ("data=NAME", "csv, parquet or an embedded table; csv if not given"),
        ("data.path=FILE", "a CSV, TSV (also .gz) or Parquet file"),
        ("data.columns=[A,B]", "column names, for a file without a header row"),
        ("data.missing=[?,NA]", "texts that stand for a missing cell"),
        ("data.min_count=5", "fewer rows decide nothing of what a column is"),
        ("out=FILE", "where it goes: no category, limit or other cell of the rows is in it"),
        ("overwrite=true", "replace a file of that name"),
    ),
    texts=frozenset({"data.path", "data.schema", "data.target", "data.holdout", "out"}),
    lists=frozenset({"data.columns", "data.missing"}),
)

AUDIT = Command(
    name="audit",
    summary="Look for a broken promise of differential privacy, by canaries among the real rows.",
    examples=(
        "artifact=runs/patients/artifact real=patients.csv",
        "artifact=runs/patients/artifact real=patients.csv runs=3 canaries=300",
    ),
    options=(
        ("artifact=FOLDER", "an artifact that was trained with privacy.epsilon"),
        ("real=FILE", "the rows that it was trained on; all is learnt anew and thrown away"),
        ("runs=1", "times, each with other canaries"),
        ("canaries=1000", "rows that are planted with probability 1/2 each"),
        ("allow_synthetic=true", "take a file for real whose metadata say that it is synthetic"),
        ("columns=[A,B]", "column names, for a file without a header row"),
        ("missing=[?,NA]", "texts that stand for a missing cell"),
        ("seed=0", "of canaries and coins; the noise has none"),
        ("trust=PACKAGE", "a package of yours whose classes the artifact may name"),
    ),
    texts=frozenset({"artifact", "real"}),
    lists=frozenset({"columns", "missing", "trust"}),
)
