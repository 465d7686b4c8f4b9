"""Linear algebra: factors multiply back, systems are solved, and what cannot be done says why.

Values and error texts against PyTorch are in `cases/programs/linalg.txt`; gradients in `test_gradients.py`.
"""

import numpy as np
import pytest

import tensorkit as torch
from tensorkit import linalg

RNG = np.random.default_rng(7)
SHAPES = [(3, 3), (4, 2), (2, 4), (2, 3, 3), (2, 1, 3, 2), (1, 1)]


def matrix(*shape):
    return torch.tensor(RNG.normal(size=shape))


def positive(*shape):
    a = matrix(*shape)
    return a @ a.mT + torch.eye(shape[-1], dtype=torch.float64)


def same(a, b):
    return torch.allclose(a, b, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("shape", SHAPES)
def test_factors_multiply_back(shape):
    A = matrix(*shape)
    U, S, Vh = linalg.svd(A, full_matrices=False)
    Q, R = linalg.qr(A)
    P, L, upper = linalg.lu(A)
    assert same(U @ torch.diag_embed(S) @ Vh, A)
    assert same(Q @ R, A) and same(R.triu(), R)
    assert same(P @ L @ upper, A) and same(L.tril(), L) and same(upper.triu(), upper)
    assert same(linalg.svdvals(A), S)


@pytest.mark.parametrize("shape", [(3, 3), (2, 3, 3)])
def test_eigenvectors_keep_their_direction(shape):
    A = positive(*shape)
    values, vectors = linalg.eigh(A)
    assert same(A @ vectors, vectors * values.unsqueeze(-2)) and (values.diff() > 0).all()
    values, vectors = linalg.eig(matrix(*shape) + 0 * A)
    assert values.dtype is torch.complex128
    factor = linalg.cholesky(A)
    assert same(factor @ factor.mT, A) and same(torch.cholesky_inverse(factor), A.inverse())
    assert same(linalg.cholesky(A, upper=True), factor.mT)


@pytest.mark.parametrize("batch", [(), (2,)])
def test_systems_are_solved(batch):
    A, B, b = matrix(*batch, 3, 3), matrix(3, 2), matrix(3)
    assert same(A @ linalg.solve(A, B), B.expand(*batch, 3, 2))
    assert same((A @ linalg.solve(A, b.expand(*batch, 3)).unsqueeze(-1)).squeeze(-1), b.expand(*batch, 3))
    assert same(A @ torch.inverse(A), torch.eye(3, dtype=torch.float64).expand(*batch, 3, 3))
    assert same(linalg.solve_triangular(A, B, upper=True), linalg.solve(A.triu(), B))
    assert same(linalg.lu_solve(*linalg.lu_factor(A), B), linalg.solve(A, B))
    assert same(torch.det(A).abs().log(), torch.slogdet(A).logabsdet)


@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (4, 4)])
def test_least_squares(shape):
    A, B = matrix(*shape), matrix(shape[0], 2)
    solution = linalg.lstsq(A, B).solution
    assert same(solution, linalg.pinv(A) @ B)
    assert same(A.mT @ (A @ solution - B), torch.zeros(shape[1], 2, dtype=torch.float64))
    assert linalg.matrix_rank(A) == min(shape)


def test_rank_of_what_lost_it():
    A = matrix(4, 2) @ matrix(2, 4)
    assert linalg.matrix_rank(A) == 2
    assert linalg.matrix_rank(torch.zeros(2, 2)) == 0
    assert linalg.matrix_rank(torch.diag(torch.tensor([1.0, 0.1])), atol=0.5) == 1


def test_the_determinant_has_a_gradient_where_there_is_no_inverse():
    A = torch.tensor([[1.0, 2.0], [2.0, 4.0]], dtype=torch.float64, requires_grad=True)
    torch.det(A).backward()
    assert same(A.grad, torch.tensor([[4.0, -2.0], [-2.0, 1.0]], dtype=torch.float64))


def test_exponential_of_a_rotation():
    turn = torch.tensor([[0.0, -1.0], [1.0, 0.0]], dtype=torch.float64)
    assert same(torch.matrix_exp(turn * torch.pi), -torch.eye(2, dtype=torch.float64))
    assert same(torch.matrix_exp(turn * 40) @ torch.matrix_exp(turn * -40), torch.eye(2, dtype=torch.float64))


@pytest.mark.parametrize(
    "equation, shapes",
    [
        ("ij,jk->ik", [(2, 3), (3, 4)]), ("ij->ji", [(2, 3)]), ("ij->", [(2, 3)]), ("ii", [(3, 3)]),
        ("ii->i", [(3, 3)]), ("bij,bjk->bik", [(2, 3, 4), (2, 4, 5)]), ("...ij,jk->...ik", [(2, 1, 3, 4), (4, 5)]),
        ("i,j->ij", [(2,), (3,)]), ("ij,jk,kl->il", [(2, 3), (3, 4), (4, 2)]),
        ("bij,bij,j->bi", [(2, 3, 4), (2, 3, 4), (4,)]), ("ij,kl->", [(2, 3), (4, 5)]),
        ("b...j,...j->...b", [(2, 3, 4), (3, 4)]), ("aab->b", [(2, 2, 3)]), ("ijk,ilk->jl", [(2, 3, 4), (2, 5, 4)]),
        ("ba", [(2, 3)]), ("i,i", [(3,), (3,)]), ("ab,cd->dbca", [(2, 3), (4, 5)]), ("ij,jk", [(0, 3), (3, 2)]),
        ("ij,j->i", [(2, 1), (3,)]), ("abc,cde,abe->d", [(2, 3, 4), (4, 2, 3), (2, 3, 3)]),
    ],
)  # fmt: skip
def test_einsum_is_numpys(equation, shapes):
    tensors = [matrix(*shape) for shape in shapes]
    arrays = [t.numpy() for t in tensors]
    if equation == "ij,j->i":  # sizes of one broadcast, in PyTorch
        arrays[0] = arrays[0].repeat(3, 1)
    assert np.allclose(torch.einsum(equation, *tensors).numpy(), np.einsum(equation, *arrays))


def test_einsum_tells_which_letter_does_not_fit():
    with pytest.raises(RuntimeError, match="subscript j has size 2 for operand 1 which does not broadcast") as caught:
        torch.einsum("ij,jk->ik", torch.ones(2, 3), torch.ones(2, 3))
    assert "the letter j stands for one size everywhere" in caught.value.__notes__[0]


@pytest.mark.parametrize("order", [0, 0.5, 1, 2, 3, float("inf"), -float("inf")])
@pytest.mark.parametrize("dim, keepdim", [(None, False), (1, False), (0, True), ((0, 1), True)])
def test_vector_norms_are_numpys(order, dim, keepdim):
    A = matrix(3, 4)
    flat = A.numpy().reshape(1, -1) if dim in (None, (0, 1)) else A.numpy()
    wanted = np.linalg.norm(flat, order, axis=1 if dim in (None, (0, 1)) else dim)
    got = linalg.vector_norm(A, order, dim, keepdim)
    assert np.allclose(got.numpy().ravel(), wanted) and got.ndim == (2 if keepdim else 0 if dim is None else 1)


@pytest.mark.parametrize("order", ["fro", "nuc", 1, -1, 2, -2, float("inf"), -float("inf")])
def test_matrix_norms_are_numpys(order):
    A = matrix(3, 4)
    assert np.isclose(linalg.norm(A, order).item(), np.linalg.norm(A.numpy(), order))
    assert linalg.matrix_norm(matrix(2, 3, 4), order, keepdim=True).shape == (2, 1, 1)


@pytest.mark.parametrize("p", [0, 1, 2, 3, float("inf")])
def test_cdist_is_the_norm_of_all_differences(p):
    A, B = matrix(2, 4, 3), matrix(5, 3)
    assert same(torch.cdist(A, B, p), linalg.vector_norm(A.unsqueeze(-2) - B, p, dim=-1))
    A, B = matrix(30, 3), matrix(40, 3)
    assert same(torch.cdist(A, B, p), linalg.vector_norm(A.unsqueeze(-2) - B, p, dim=-1))


def test_gradients_of_norms_at_zero_are_zero():
    norms = [lambda x, p=p: torch.norm(x, p) for p in (1, 2, 3)]
    for norm in (*norms, lambda x: torch.dist(x, x.detach())):
        x = torch.zeros(3, requires_grad=True)
        norm(x).backward()
        assert x.grad.tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    "call, text",
    [
        (lambda: linalg.inv(torch.ones(2, 2)), "The diagonal element 2 is zero, the inversion could not be completed"),
        (lambda: linalg.inv(torch.zeros(3, 2, 2)), r"\(Batch element 0\): The diagonal element 1 is zero"),
        (lambda: linalg.solve(torch.ones(2, 2), torch.ones(2)), "The solver failed because the input matrix is"),
        (lambda: linalg.cholesky(-torch.eye(2)), "the leading minor of order 1 is not positive-definite"),
        (lambda: linalg.cholesky(torch.stack([torch.eye(2), torch.tensor([[1.0, 2], [2, 1]])])),
         r"\(Batch element 1\): .*leading minor of order 2"),
    ],
)  # fmt: skip
def test_what_has_no_inverse_or_factor(call, text):
    with pytest.raises(linalg.LinAlgError, match=text):
        call()


def test_infos_instead_of_errors():
    inverse, info = linalg.inv_ex(torch.stack([torch.eye(2), torch.zeros(2, 2)]))
    assert info.tolist() == [0, 1] and inverse[0].tolist() == [[1.0, 0.0], [0.0, 1.0]]
    assert linalg.cholesky_ex(torch.eye(2)).info == 0


def test_triangles_and_diagonals():
    A = torch.arange(6).reshape(2, 3)
    assert A.tril().tolist() == [[0, 0, 0], [3, 4, 0]] and A.triu(1).tolist() == [[0, 1, 2], [0, 0, 5]]
    assert torch.tril_indices(2, 3, 1).tolist() == [[0, 0, 1, 1, 1], [0, 1, 0, 1, 2]]
    assert A.diag(1).tolist() == [1, 5]
    assert torch.diag(torch.tensor([1, 2]), -1).tolist() == [[0, 0, 0], [1, 0, 0], [0, 2, 0]]
    assert torch.kron(torch.eye(2), torch.ones(1, 2)).tolist() == [[1, 1, 0, 0], [0, 0, 1, 1]]
    assert linalg.cross(torch.tensor([1.0, 0, 0]), torch.tensor([0.0, 1, 0])).tolist() == [0, 0, 1]
    assert torch.vander(torch.tensor([1, 2, 3])).tolist() == [[1, 1, 1], [4, 2, 1], [9, 3, 1]]


def test_multi_dot_takes_vectors_at_its_ends():
    a, B, C, d = matrix(3), matrix(3, 40), matrix(40, 2), matrix(2)
    assert same(linalg.multi_dot([a, B, C, d]), a @ B @ C @ d)
    assert linalg.multi_dot([a, B, C]).shape == (2,) and linalg.multi_dot([B, C, d]).shape == (3,)
