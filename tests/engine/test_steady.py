"""Products of matrices whose rows do not depend on how many there are."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from deepvis.engine.steady import ROWS, linear, steady


@pytest.mark.parametrize("outputs, length", [(1000, 1024), (37, 501), (5, 3)])
def test_a_row_is_the_same_in_any_company(outputs, length):
    random = torch.Generator().manual_seed(0)
    weights, bias = torch.randn(outputs, length, generator=random), torch.randn(outputs, generator=random)
    x = torch.randn(2 * ROWS + 3, length, generator=random)
    with steady():
        whole = linear(x, weights, bias)
        assert all(torch.equal(linear(x[:count], weights, bias), whole[:count]) for count in range(len(x)))
        assert all(torch.equal(linear(x[n:], weights, bias), whole[n:]) for n in range(len(x)))
    torch.testing.assert_close(whole, F.linear(x, weights, bias), rtol=1e-4, atol=1e-4)


def test_outside_it_is_the_plain_product():
    x, weights = torch.ones(2, 3), torch.ones(4, 3)
    with steady():
        pass
    assert torch.equal(linear(x, weights), F.linear(x, weights))
