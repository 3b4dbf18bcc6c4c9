"""Directions of a layer's channel space, by scikit-learn, and how good they are.

Every vector x of channels is taken as a sum of few atoms, x = sum over k of a[k] atom[k], with a >= 0. Behind a
rectifier no channel is below 0, and the atoms are not either: non-negative matrix factorization (Lee & Seung 1999).
Elsewhere atoms have both signs and a is sparse: dictionary learning (Mairal et al. 2009). No mean is subtracted: what
all vectors have in common is an atom like another.

Source: MiniBatchNMF and MiniBatchDictionaryLearning of scikit-learn.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil

import numpy as np

from deepvis.core.program import pip_install
from deepvis.scan.scan_error import ScanError

METHODS = ("nmf", "dictionary")
MOST_BATCH, LEAST_BATCH = 1024, 64  # vectors of an update
UPDATES = {"nmf": 2500, "dictionary": 120}
LEAST_PASSES = {"nmf": 60, "dictionary": 4}  # over all vectors
FORGET = 0.3  # MiniBatchNMF's forget factor: 0.7 converges later, and to less
SPARSITY = 0.1  # dictionary learning's alpha, for vectors of norm 1 on average
CODED = 2000  # held-out vectors whose code is computed, a millisecond each
CUT = 1e-3  # singular values below this share of the largest are left out of the pseudo-inverse


@dataclass(frozen=True)
class Figures:
    """How good a dictionary is, on photos that it was not learned from.

    The shares of variance explained are 1 - |x - reconstruction|^2 / |x - mean|^2 over all vectors.
    """

    explained: float  # by the non-negative code that fits best
    explained_by_linear_code: float  # by max(0, encoder x), which the layer shows
    explained_by_principal_components: float  # mean subtracted; no linear code explains more of the photos learned from
    correlation_with_code: float  # of the layer's values with the code, the mean over the atoms
    least_correlation_with_code: float
    agreement: float  # of two seeds: the mean cosine of their atoms, matched one to one
    least_agreement: float
    nearest_other_atom: float  # the mean cosine of an atom with the nearest other one of its own dictionary
    active: float  # share of the places at which an atom is above 0 in the layer


def check_installed() -> None:
    """Raises ScanError where scikit-learn is missing."""
    try:
        import sklearn  # noqa: F401
    except ImportError as error:
        raise ScanError(
            "learning a dictionary needs the package scikit-learn, which is not installed; get it with: "
            f"{pip_install('scikit-learn')}"
        ) from error


def method_for(vectors: np.ndarray, method: str | None) -> str:
    """The method, or the one that suits: nmf where no value is below 0. Raises ScanError where nmf cannot be."""
    lowest = float(vectors.min())
    if method == "nmf" and lowest < 0:
        raise ScanError(
            f"--method nmf needs values of 0 and above, the layer has some down to {lowest:.4g}; take --method "
            "dictionary"
        )
    return method or ("dictionary" if lowest < 0 else "nmf")


def learned(vectors: np.ndarray, atoms: int, method: str, seed: int) -> np.ndarray:
    """(n, C) float32 -> (atoms, C) float32 of norm 1, those that say most first; the same to the bit for a seed.

    Atoms that nothing was left for are 0. Raises ScanError where there are fewer vectors than atoms, or they are all
    the same.
    """
    if len(vectors) < atoms:
        raise ScanError(
            f"the photos give {len(vectors)} places to learn from, expected as many as atoms ({atoms}) or more; give "
            "more photos, more --positions or fewer --atoms"
        )
    if not np.ptp(vectors, axis=0).any():
        raise ScanError("the layer has the same values at all places of all photos; choose another layer")
    order = np.random.default_rng(seed).permutation(len(vectors))
    with _one_thread():
        found = _factorized(vectors[order], atoms, method, seed)
        norms = np.linalg.norm(found, axis=1, keepdims=True)
        found = (found / np.where(norms > 0, norms, 1)).astype(np.float32)
        return found[_by_use(vectors, found)]


def _factorized(vectors: np.ndarray, atoms: int, method: str, seed: int) -> np.ndarray:
    from sklearn.decomposition import MiniBatchDictionaryLearning, MiniBatchNMF
    from sklearn.exceptions import ConvergenceWarning

    batch = min(max(len(vectors) // 16, LEAST_BATCH), MOST_BATCH, len(vectors))
    passes = max(LEAST_PASSES[method], ceil(UPDATES[method] * batch / len(vectors)))
    scaled = vectors / np.float32(np.linalg.norm(vectors, axis=1).mean())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the number of updates is fixed
        if method == "nmf":
            nmf = MiniBatchNMF(
                atoms, init="random", batch_size=batch, max_iter=passes, tol=0.0, max_no_improvement=None,
                forget_factor=FORGET, random_state=seed,
            )  # fmt: skip
            return nmf.fit(scaled).components_
        sparse = MiniBatchDictionaryLearning(
            atoms, alpha=SPARSITY, fit_algorithm="cd", transform_algorithm="lasso_cd", positive_code=True,
            batch_size=batch, max_iter=passes, tol=0.0, max_no_improvement=None, random_state=seed,
        )  # fmt: skip
        return sparse.fit(scaled).components_


def _by_use(vectors: np.ndarray, atoms: np.ndarray) -> np.ndarray:
    """The atoms' order: how much of all vectors each makes up, the most first."""
    use = (linear_code(vectors, encoder_of(atoms)).astype(np.float64) ** 2).sum(axis=0)
    return np.argsort(-use, kind="stable")


def encoder_of(atoms: np.ndarray) -> np.ndarray:
    """(K, C) -> (K, C) float32: the pseudo-inverse, which gives the code of every sum of independent atoms exactly.

    The scalar product with the atom itself does not: atoms overlap, and each would answer to all that are near it.
    """
    return np.linalg.pinv(atoms.astype(np.float64).T, rcond=CUT).astype(np.float32)


def linear_code(vectors: np.ndarray, encoder: np.ndarray) -> np.ndarray:
    """(n, C), (K, C) -> (n, K): what the layer shows."""
    return np.maximum(vectors @ encoder.T, 0)


def best_code(vectors: np.ndarray, atoms: np.ndarray) -> np.ndarray:
    """(n, C), (K, C) -> (n, K): the code a >= 0 that makes |x - a atoms| smallest (non-negative least squares)."""
    from scipy.optimize import nnls

    columns = atoms.astype(np.float64).T
    return np.stack([nnls(columns, x, maxiter=30 * columns.shape[1])[0] for x in vectors.astype(np.float64)])


def figures_of(atoms: np.ndarray, other: np.ndarray, learned_from: np.ndarray, held_out: np.ndarray) -> Figures:
    """other: the atoms of another seed. learned_from, held_out: (n, C)."""
    with _one_thread():
        some = held_out[np.linspace(0, len(held_out) - 1, min(len(held_out), CODED)).astype(int)].astype(np.float64)
        code, linear = best_code(some, atoms), linear_code(some, encoder_of(atoms))
        follows = correlations(code, linear)
        cosines = matched(atoms, other)
        nearest = atoms @ atoms.T - 2 * np.eye(len(atoms))
        return Figures(
            _explained(some, code @ atoms),
            _explained(some, linear @ atoms),
            _explained(some, _principal(some, learned_from, len(atoms))),
            float(follows.mean()),
            float(follows.min()),
            float(cosines.mean()),
            float(cosines.min()),
            float(nearest.max(axis=1).mean()) if len(atoms) > 1 else 0.0,
            float((linear > 0).mean()),
        )


def matched(atoms: np.ndarray, other: np.ndarray) -> np.ndarray:
    """(K,): the cosine of each atom with its partner of another dictionary, so that their sum is largest."""
    from scipy.optimize import linear_sum_assignment

    cosines = atoms.astype(np.float64) @ other.astype(np.float64).T
    return cosines[linear_sum_assignment(-cosines)]


def _explained(vectors: np.ndarray, reconstructed: np.ndarray) -> float:
    """The share of the variance; of vectors that are all the same 1 where they are met, else 0."""
    around = float(((vectors - vectors.mean(axis=0)) ** 2).sum())
    missed = float(((vectors - reconstructed) ** 2).sum())
    return 1.0 - missed / around if around else float(missed == 0)


def _principal(vectors: np.ndarray, learned_from: np.ndarray, count: int) -> np.ndarray:
    """The vectors by the first principal components of those that were learned from."""
    mean = learned_from.mean(axis=0, dtype=np.float64)
    centred = learned_from - mean
    axes = np.linalg.eigh(centred.T @ centred)[1][:, -count:]
    return (vectors - mean) @ axes @ axes.T + mean


def correlations(code: np.ndarray, linear: np.ndarray) -> np.ndarray:
    """(n, K) twice -> (K,): of each atom; 0 where one of the two does not vary, 1 where neither does."""
    a, b = code - code.mean(axis=0), linear - linear.mean(axis=0)
    sizes = np.sqrt((a**2).sum(axis=0) * (b**2).sum(axis=0))
    both_still = ~(a.any(axis=0) | b.any(axis=0))
    return np.where(both_still, 1.0, (a * b).sum(axis=0) / np.where(sizes > 0, sizes, 1.0))


@contextmanager
def _one_thread() -> Iterator[None]:
    """Sums of several threads come in another order on another machine."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        yield
