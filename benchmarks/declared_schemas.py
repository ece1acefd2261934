"""What anyone may say of five tables without their rows: types, decimals, round limits.

No list of categories: those are learnt under the budget. All limits are wider than common knowledge
of the subject (ages up to 120, shares up to 1, the degrees of a city), and none is read off a file.
"""

from synth_dl.tables.schema import DEFAULT_DTYPES, Column, Schema


def number(name: str, low: float, high: float, decimals: int | None = 0) -> Column:
    """A number; None for one of any digits."""
    return Column(name, "number", "float64", decimals=decimals, minimum=low, maximum=high)


def category(*names: str) -> tuple[Column, ...]:
    """Columns of categories, which nobody lists."""
    return tuple(Column(name, "category", DEFAULT_DTYPES["category"]) for name in names)


def boolean(*names: str) -> tuple[Column, ...]:
    """Columns of true and false."""
    return tuple(Column(name, "boolean", DEFAULT_DTYPES["boolean"]) for name in names)


def two_valued(name: str, *levels: str) -> Column:
    """A category of which everybody knows the two values."""
    return Column(name, "category", DEFAULT_DTYPES["category"], levels=levels)


ADULT = Schema(
    (
        number("age", 0, 120),
        *category("workclass"),
        number("fnlwgt", 0, 2_000_000),
        *category("education"),
        number("education-num", 0, 20),
        *category("marital-status", "occupation", "relationship", "race"),
        two_valued("sex", "Female", "Male"),
        number("capital-gain", 0, 100_000),
        number("capital-loss", 0, 100_000),
        number("hours-per-week", 0, 168),
        *category("native-country"),
        two_valued("income", "<=50K", ">50K"),
    )
)

CALIFORNIA = Schema(
    (
        number("longitude", -125, -114, 2),
        number("latitude", 32, 42, 2),
        number("housing_median_age", 0, 100),
        number("total_rooms", 0, 100_000),
        number("total_bedrooms", 0, 100_000),
        number("population", 0, 100_000),
        number("households", 0, 100_000),
        number("median_income", 0, 100, 4),
        *category("ocean_proximity"),
        number("median_house_value", 0, 1_000_000),
    )
)

SHOPPERS = Schema(
    (
        number("Administrative", 0, 1000),
        number("Administrative_Duration", 0, 100_000, None),
        number("Informational", 0, 1000),
        number("Informational_Duration", 0, 100_000, None),
        number("ProductRelated", 0, 1000),
        number("ProductRelated_Duration", 0, 100_000, None),
        number("BounceRates", 0, 1, None),
        number("ExitRates", 0, 1, None),
        number("PageValues", 0, 1000, None),
        number("SpecialDay", 0, 1, 1),
        *category("Month", "OperatingSystems", "Browser", "Region", "TrafficType", "VisitorType"),
        *boolean("Weekend", "Revenue"),
    )
)

DIAMONDS = Schema(
    (
        number("carat", 0, 10, 2),
        *category("cut", "color", "clarity"),
        number("depth", 0, 100, 1),
        number("table", 0, 100, 1),
        number("x", 0, 100, 2),
        number("y", 0, 100, 2),
        number("z", 0, 100, 2),
        number("price", 0, 100_000),
    )
)

MELBOURNE = Schema(
    (
        Column(
            "Date", "datetime", DEFAULT_DTYPES["datetime"], format="%-d/%m/%Y",
            minimum="2015-01-01", maximum="2020-12-31",
        ),
        *category("Suburb"),
        number("Rooms", 0, 100),
        *category("Type", "Method", "SellerG"),
        number("Distance", 0, 100, 1),
        number("Postcode", 3000, 3999),
        number("Bedroom2", 0, 100),
        number("Bathroom", 0, 100),
        number("Car", 0, 100),
        number("Landsize", 0, 1_000_000),
        number("BuildingArea", 0, 100_000, 2),
        number("YearBuilt", 1800, 2030),
        *category("CouncilArea"),
        number("Lattitude", -39, -37, 5),
        number("Longtitude", 144, 146, 5),
        *category("Regionname"),
        number("Propertycount", 0, 100_000),
        number("Price", 0, 100_000_000),
    )
)  # fmt: skip
