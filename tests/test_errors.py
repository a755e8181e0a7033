from countermark.errors import CountermarkError, every_error


def test_every_error_has_its_own_code_and_advice() -> None:
    errors = every_error()
    codes = [error.exit_code for error in errors.values()]
    assert len(set(codes)) == len(codes)
    assert all(10 <= code <= 255 for code in codes), "0, 1 and 2 belong to the command line"
    inherited = [name for name, error in errors.items() if "advice" not in vars(error)]
    assert inherited == []


def test_a_message_is_one_line() -> None:
    error = CountermarkError("first\n  second\ttail", advice="do this")
    assert (str(error), error.advice) == ("first second tail", "do this")
