"""Products with matrices whose rows do not depend on how many there are."""

from __future__ import annotations

import pytest
import torch

from deepvis.network.batch_invariance import PIECE, product, product_back, steady


@pytest.mark.parametrize("outputs, length", [(1000, 1024), (37, 501), (5, 3), (3, PIECE // 2), (2, PIECE + 1)])
def test_a_row_is_the_same_in_any_company(outputs, length):
    random = torch.Generator().manual_seed(0)
    weights, bias = torch.randn(outputs, length, generator=random), torch.randn(outputs, generator=random)
    x, grads = torch.randn(9, length, generator=random), torch.randn(9, outputs, generator=random)
    with steady():
        whole, back = product(x, weights, bias), product_back(grads, weights)
        for n in range(9):
            assert torch.equal(product(x[: n + 1], weights, bias), whole[: n + 1])
            assert torch.equal(product(x[n:], weights, bias), whole[n:])
            assert torch.equal(product_back(grads[n:], weights), back[n:])
        assert product(x[:0], weights, bias).shape == (0, outputs)
    torch.testing.assert_close(whole, x @ weights.t() + bias, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(back, grads @ weights, rtol=1e-3, atol=1e-3)


def test_a_transposed_matrix():
    weights = torch.randn(40, 30, generator=torch.Generator().manual_seed(0)).t()
    x = torch.randn(3, 40, generator=torch.Generator().manual_seed(1))
    with steady():
        torch.testing.assert_close(product(x, weights), x @ weights.t())
        torch.testing.assert_close(product_back(x[:, :30], weights), x[:, :30] @ weights)


def test_outside_it_is_the_plain_product():
    x, weights = torch.ones(2, 3), torch.ones(4, 3)
    with steady():
        pass
    assert torch.equal(product(x, weights), x @ weights.t())
