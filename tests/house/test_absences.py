"""Whoever claims that something is not there also says what is: else the claim holds of a program that does nothing."""

import ast

import pytest

from tests.house.source import ROOT, Module, read_modules

Claims = list[ast.expr]


def asserting(module: Module) -> dict[str, Claims]:
    """What each of its tests asserts that asserts something, and expects no exception besides."""
    functions = [each for each in module.tree.body if isinstance(each, ast.FunctionDef)]
    tests = {each.name: list(ast.walk(each)) for each in functions if each.name.startswith("test_")}
    claims = {
        name: [node.test for node in nodes if isinstance(node, ast.Assert)]
        for name, nodes in tests.items()
        if not any(map(expects_an_exception, nodes))
    }
    return {name: each for name, each in claims.items() if each}


def expects_an_exception(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(value=ast.Name(id="pytest"), attr="raises"):
            return True
    return False


def is_of_absence(claims: Claims) -> bool:
    """Whether nothing that is asserted needs anything to be there."""
    return all(map(is_absence, claims))


def is_absence(claim: ast.expr) -> bool:
    """`not x`, `x not in y`, `x == []` or 0 or "", `x is None`; of several, or of each of many, the same."""
    match claim:
        case ast.UnaryOp(op=ast.Not()):
            return True
        case ast.BoolOp(values=claims):
            return all(map(is_absence, claims))
        case ast.Call(func=ast.Name(id="all"), args=[ast.GeneratorExp(elt=each)]):
            return is_absence(each)
        case ast.Compare(ops=[ast.NotIn()]):
            return True
        case ast.Compare(ops=[ast.Eq() | ast.Is()], comparators=[value]):
            return is_nothing(value)
    return False


def is_nothing(value: ast.expr) -> bool:
    """`[]`, `()`, `{}`, `set()`, `""`, `0`, None or False, and a tuple of nothing else."""
    match value:
        case ast.Tuple(elts=values):
            return all(map(is_nothing, values))
        case ast.List(elts=values) | ast.Dict(keys=values):
            return not values
        case ast.Call(func=ast.Name(id="set"), args=[]):
            return True
        case ast.Constant(value=constant):
            return not constant
    return False


@pytest.mark.parametrize(
    ("asserts", "found"),
    [
        ("assert not sent", [True]),
        ("assert sent == []", [True]),
        ("assert (sent, code) == ([], 0)", [True]),
        ("assert all(word not in text for word in secrets)", [True]),
        ("assert 'Ana' not in text\n    assert row is None", [True]),
        ("assert text\n    assert 'Ana' not in text", [False]),
        ("assert (before, after) == ([], ['bob'])", [False]),
        ("assert codes == [0, 0]", [False]),
        ("assert found is not None", [False]),
        ("with pytest.raises(Unknown): find('x')\n    assert sent == []", []),
    ],
)
def test_a_test_that_finds_nothing_alone_is_found(asserts: str, found: list[bool]) -> None:
    tests = asserting(Module("tests.test_it", f"def test_it():\n    {asserts}\n"))

    assert [is_of_absence(claims) for claims in tests.values()] == found


def test_every_test_of_something_absent_says_what_would_be_there() -> None:
    """Assert beside it what the same call finds where there is something, or what did happen."""
    tests = {module.name: asserting(module) for module in read_modules(ROOT / "tests")}
    alone = [f"{name}: {test}" for name in tests for test, claims in tests[name].items() if is_of_absence(claims)]

    assert sum(map(len, tests.values())) > 2000
    assert not alone, "assert what would have been there: " + ", ".join(alone)
