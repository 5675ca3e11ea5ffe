"""What the metrics ask of their inputs, said once; each check returns the array, or a copy, in one dtype."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

# Half-precision softmax rows over a thousand classes are still within this of one.
ROW_SUM_TOLERANCE = 1e-2
RANGE_TOLERANCE = 1e-6


def labels(name: str, values: ArrayLike, num_classes: int | None = None) -> IntArray:
    """Class indices, shape (n,), n >= 1, each in 0..num_classes-1 where that is given.

    Raises:
        ValueError: another shape, no rows, not whole numbers, or an index out of range.
    """
    array = _shaped(name, values, 1)
    # Probabilities given by mistake would be truncated to class 0 without a warning.
    if array.dtype.kind not in "iub":
        raise ValueError(f"{name}: expected whole numbers (class indices), received {array.dtype}.")
    indices = array.astype(np.int64)
    lowest, highest = int(indices.min()), int(indices.max())
    if lowest < 0 or (num_classes is not None and highest >= num_classes):
        limit = "0 or more" if num_classes is None else f"0 to {num_classes - 1}"
        raise ValueError(f"{name}: expected class indices {limit}, received {lowest} to {highest}.")
    return indices


def yes_no(name: str, values: ArrayLike) -> BoolArray:
    """Truth values, shape (n,), n >= 1, given as booleans or as 0 and 1.

    Raises:
        ValueError: another shape, no rows, or a value other than 0 and 1.
    """
    array = _shaped(name, values, 1)
    if array.dtype.kind == "b":
        return array.astype(np.bool_)
    if array.dtype.kind not in "iuf" or not np.isin(array, (0, 1)).all():
        raise ValueError(f"{name}: expected only 0 and 1, received {np.unique(array)[:5].tolist()}.")
    return array.astype(np.bool_)


def numbers(name: str, values: ArrayLike, ndim: int) -> FloatArray:
    """Finite float64 numbers with ``ndim`` dimensions and at least one row.

    Raises:
        ValueError: another shape, no rows, not numbers, or a NaN or infinity among them.
    """
    array = _shaped(name, values, ndim)
    if array.dtype.kind not in "iubf":
        raise ValueError(f"{name}: expected numbers, received {array.dtype}.")
    floats = array.astype(np.float64, copy=False)
    bad = int(np.count_nonzero(~np.isfinite(floats)))
    if bad:
        raise ValueError(
            f"{name}: expected finite numbers, received {bad} NaN or infinite values among {floats.size}."
        )
    return floats


def shares(name: str, values: ArrayLike, ndim: int = 1) -> FloatArray:
    """Numbers from 0 to 1, float64; rounding just outside is clipped.

    Raises:
        ValueError: as ``numbers``, or a value outside 0..1.
    """
    floats = numbers(name, values, ndim)
    lowest, highest = float(floats.min()), float(floats.max())
    if lowest < -RANGE_TOLERANCE or highest > 1 + RANGE_TOLERANCE:
        raise ValueError(f"{name}: expected values from 0 to 1, received {lowest:g} to {highest:g}.")
    return floats if lowest >= 0 and highest <= 1 else np.clip(floats, 0.0, 1.0)


def probability_rows(name: str, values: ArrayLike) -> FloatArray:
    """Probabilities, shape (n, classes), classes >= 2, each row summing to one.

    Raises:
        ValueError: as ``shares``, fewer than two columns, or rows that do not sum to one.
    """
    rows = shares(name, score_rows(name, values), 2)
    sums = rows.sum(axis=1)
    worst = float(sums[np.abs(sums - 1).argmax()])
    if abs(worst - 1) > ROW_SUM_TOLERANCE:
        raise ValueError(f"{name}: expected rows that sum to 1, received a row that sums to {worst:g}.")
    return rows


def score_rows(name: str, values: ArrayLike) -> FloatArray:
    """One finite score a class, shape (n, classes), classes >= 2.

    Raises:
        ValueError: as ``numbers``, or fewer than two columns.
    """
    rows = numbers(name, values, 2)
    if rows.shape[1] < 2:
        raise ValueError(f"{name}: expected shape (n, classes), 2 or more classes, received {rows.shape}.")
    return rows


def same_length(**arrays: NDArray[np.generic]) -> None:
    """Raise ValueError unless all have the same number of rows; the keywords name them."""
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        found = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise ValueError(f"Expected the same number of rows in each array, received {found}.")


def inside(name: str, value: float, low: float, high: float) -> float:
    """``value`` if it lies strictly between the bounds, which a level or a share in an open range must."""
    if not low < value < high:
        raise ValueError(f"{name}: expected a number between {low:g} and {high:g}, received {value!r}.")
    return float(value)


def at_least(name: str, value: int, least: int) -> int:
    """``value`` if it is ``least`` or more.

    Raises:
        ValueError: it is less.
    """
    if value < least:
        raise ValueError(f"{name}: expected {least} or more, received {value!r}.")
    return value


def _shaped(name: str, values: ArrayLike, ndim: int) -> NDArray[np.generic]:
    array: NDArray[np.generic] = np.asarray(values)
    if array.ndim != ndim or array.size == 0:
        wanted = "(n,)" if ndim == 1 else "(n, classes)"
        raise ValueError(f"{name}: expected shape {wanted} with at least one row, received {array.shape}.")
    return array
