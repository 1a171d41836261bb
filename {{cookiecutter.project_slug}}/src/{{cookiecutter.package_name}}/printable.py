"""Text from outside, as a terminal may show it."""


def printable(text: str, keep: str = "") -> str:
    """Return the text with what a terminal would obey, or cannot show, escaped.

    Args:
        keep: characters that are left as they are, such as line breaks.
    """
    if text.isprintable():
        return text
    return "".join(
        character
        if character.isprintable() or character in keep
        else character.encode("unicode_escape").decode()
        for character in text
    )
