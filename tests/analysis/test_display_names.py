"""Names for readers."""

from scripts.analysis import display_names


def test_retired_frameworks_are_named_once_with_their_year():
    names = ["mxnet", "pytorch", "theano", "mxnet", "abacus"]
    assert display_names.retired(names) == ["Retired, by their makers: MXNet since 2023, Theano since 2017."]
    assert display_names.retired(["pytorch", "abacus"]) == []
