"""A line for a shell, taken apart into its commands, or not understood. Pure.

Whatever a shell would expand, substitute, assign, or run by itself makes the line not understood: what it comes to
cannot be said beforehand. So a line that is understood runs these commands, with these words, and nothing else.
"""

from collections.abc import Sequence

import msgspec

LONGEST = 20_000
"""Characters of a line."""
_DEPTH = 3
"""Shells within shells: `bash -lc 'sh -c "..."'`."""
_RESERVED = frozenset(
    (
        *("if", "then", "elif", "else", "fi", "for", "while", "until", "do", "done", "case", "esac", "select", "in"),
        *("function", "time", "coproc", "{", "}", "!", "[[", "]]"),
    )
)
_SHELLS = frozenset(
    f"{folder}{name}" for folder in ("", "/bin/", "/usr/bin/") for name in ("sh", "bash", "dash", "zsh")
)
_MOVES = frozenset(("cd", "pushd", "popd"))
_SILENT = "/dev/null"
_LITERAL_IN_QUOTES = '"\\$`'


class Line(msgspec.Struct, frozen=True):
    """commands: the words of each; however they are chained. writes: files that output goes to."""

    commands: tuple[tuple[str, ...], ...]
    writes: tuple[str, ...] = ()


class _NotUnderstoodError(Exception):
    pass


def understood(text: str) -> Line | None:
    """None: it is not."""
    try:
        return _line(text, _DEPTH)
    except _NotUnderstoodError:
        return None


def understood_words(words: Sequence[str]) -> Line | None:
    """The words of one command, as they are given to a program."""
    try:
        return _opened(tuple(words), _DEPTH)
    except _NotUnderstoodError:
        return None


def _line(text: str, depth: int) -> Line:
    if depth == 0 or len(text) > LONGEST or any(not char.isprintable() and char not in "\n\t" for char in text):
        raise _NotUnderstoodError
    reader = _Reader(text)
    reader.read()
    commands: list[tuple[str, ...]] = []
    writes = list(reader.writes)
    for words in reader.commands:
        inner = _opened(words, depth)
        commands += inner.commands
        writes += inner.writes
    if writes and any(words[0] in _MOVES for words in commands):
        raise _NotUnderstoodError  # nobody knows where
    return Line(tuple(commands), tuple(writes))


def _opened(words: tuple[str, ...], depth: int) -> Line:
    """What a shell is given to run, instead of the shell."""
    if not words or not words[0] or words[0] in _RESERVED or "=" in words[0]:
        raise _NotUnderstoodError
    if words[0] in _SHELLS and len(words) == 3 and words[1] in ("-c", "-lc"):
        return _line(words[2], depth - 1)
    return Line((words,))


class _Reader:
    """Reads once, from left to right. commands: not empty when it has been read."""

    def __init__(self, text: str) -> None:
        self.commands: list[tuple[str, ...]] = []
        self.writes: list[str] = []
        self._text = text
        self._place = 0
        self._words: list[str] = []
        self._word: str | None = None
        self._quoted = False
        self._target = False  # the next word is where output goes
        self._goes_on = False  # a command has to follow

    def read(self) -> None:
        while self._place < len(self._text):
            self._step()
        self._end_command(last=True)

    def _step(self) -> None:
        char = self._text[self._place]
        match char:
            case " " | "\t":
                self._end_word()
                self._place += 1
            case "\n" | ";" | "&" | "|":
                self._separator(char)
            case "'":
                self._single()
            case '"':
                self._double()
            case "\\":
                self._add(self._after(1))
                self._quoted = True
                self._place += 2
            case ">":
                self._redirect()
            case _:
                self._plain(char)

    def _plain(self, char: str) -> None:
        begins = self._word is None
        if char in "$`(){}*?[<!" or (begins and char in "~#"):
            raise _NotUnderstoodError
        self._add(char)
        self._place += 1

    def _after(self, distance: int) -> str:
        """The character there; none and a line's end are not understood."""
        char = self._text[self._place + distance : self._place + distance + 1]
        if char in ("", "\n"):
            raise _NotUnderstoodError
        return char

    def _add(self, text: str) -> None:
        self._word = (self._word or "") + text

    def _single(self) -> None:
        end = self._text.find("'", self._place + 1)
        if end < 0:
            raise _NotUnderstoodError
        self._add(self._text[self._place + 1 : end])
        self._quoted, self._place = True, end + 1

    def _double(self) -> None:
        self._add("")
        self._place += 1
        while (char := self._text[self._place : self._place + 1]) != '"':
            if char in ("", "$", "`"):
                raise _NotUnderstoodError
            if char == "\\" and self._after(1) in _LITERAL_IN_QUOTES:
                char, self._place = self._after(1), self._place + 1
            self._add(char)
            self._place += 1
        self._quoted, self._place = True, self._place + 1

    def _separator(self, char: str) -> None:
        twice = self._text[self._place : self._place + 2]
        if char in "&|" and twice == char * 2:
            self._place += 2
        elif char in "|;\n" and twice not in ("|&", ";;", ";&"):
            self._place += 1
        else:
            raise _NotUnderstoodError
        self._end_command(empty=char == "\n")
        self._goes_on = char in "&|"

    def _redirect(self) -> None:
        """`> FILE`, `>> FILE`, `2>&1`, and the like."""
        if self._word is not None:
            if self._quoted or self._word not in ("1", "2"):
                self._end_word()
            self._word = None
        self._place += 2 if self._text.startswith(">>", self._place) else 1
        rest = self._text[self._place : self._place + 3]
        if rest[:1] in ("|", "(", ">", "<"):
            raise _NotUnderstoodError
        if rest[:1] != "&":
            self._end_word()
            self._target = True
        elif rest[1:2] in ("1", "2") and rest[2:] in ("", " ", "\t", "\n", ";", "|", "&"):
            self._place += 2
        else:
            raise _NotUnderstoodError

    def _end_word(self) -> None:
        word, self._word, self._quoted = self._word, None, False
        if word is None:
            return
        if not self._target:
            self._words.append(word)
        elif word != _SILENT:
            self.writes.append(word)
        self._target = False

    def _end_command(self, *, last: bool = False, empty: bool = False) -> None:
        """empty: an empty line is none."""
        self._end_word()
        if self._target:
            raise _NotUnderstoodError
        words, self._words = tuple(self._words), []
        if words:
            self.commands.append(words)
            self._goes_on = False
        elif self._goes_on or not (empty or (last and self.commands)):
            raise _NotUnderstoodError
