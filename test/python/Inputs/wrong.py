"""Wrong uses with the words that they are refused with."""


def check(cases, ends=True):
    """Of (function, type of the exception, words that it must hold).

    Ends the process, with status 1 where one is not as expected; without `ends` only then.
    """
    failed = False
    for number, (function, kind, words) in enumerate(cases):
        try:
            function()
        except Exception as error:
            text = error.args[0] if isinstance(error, KeyError) else str(error)
            if type(error) is kind and words in text:
                continue
            print(f"case {number}: expected {kind.__name__} with '{words}', found {type(error).__name__}: {text}")
        else:
            print(f"case {number}: expected {kind.__name__} with '{words}', found no error")
        failed = True
    if failed or ends:
        raise SystemExit(failed)
