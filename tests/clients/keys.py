# SPDX-License-Identifier: Apache-2.0
"""Keys that have broken stores and clients. All are legal: UTF-8 of 1 to 1024 bytes."""

# Names that look like paths, and each others' prefixes.
PATHS = ["a", "a/", "a/b", "a//b", "a/b/c", "//", "/a", "a/.", "a/..", "a/../b", "../x", ".", "..",
         "./a", "...", "~", "a/ /b"]

BLANKS = [" ", "  ", " a", "a ", "a  b", "a/ ", "\u00a0"]

PUNCTUATION = list("+%&?#=;:@'\"<>\\`^{}|~[]!$()*,-_") + [
    "a+b", "a b+c%20d", "%41", "%2F", "%", "%zz", "a%00b", "?x=y&z", "a?uploads", "a#b",
    "<a>&amp;\"'</a>", "]]>", "k=v;k2:v2@x", "\\..\\x", "a\\b", "'; DROP TABLE objects; --",
    "100%_match", "${x}", "$(x)", "~user", "-rf", "--help", "*.?", "[a-z]"]

UNICODE = ["\u00e9", "e\u0301", "\u00df", "\u20ac", "\u65e5\u672c\u8a9e", "\U0001f5dd",
           "\U0001f469\u200d\U0001f680", "\U00010348", "\ue000", "\ufeffbom", "\u202eabc",
           "\uff5e", "\u2028", "caf\u00e9/\u20ac/\U0001f5dd.txt"]

LONG = ["k" * 1024, "\u20ac" * 341 + "z", "\U0001f5dd" * 256, "/".join(["d" * 7] * 128),
        "n" * 256 + "/" + "m" * 255]

# XML can hold these only as character references.
LINES = ["a\tb", "a\nb", "a\rb", "a\r\nb", "\n"]

# XML 1.0 cannot hold these at all; only listings with encoding-type=url can tell them.
NOT_XML = ["a\x01b", "\x02", "a\x0bb", "a\x1fb", "a\x08", "\x1b[31m", "\ufffe", "a\uffffb"]

CONTROL_IN_XML = ["a\x7fb", "a\u0085b"]

IN_XML = list(dict.fromkeys(PATHS + BLANKS + PUNCTUATION + UNICODE + LONG + LINES + CONTROL_IN_XML))
ALL = IN_XML + NOT_XML


def name(key):
    """A short ASCII name of a key, for test ids."""
    text = key.encode("unicode_escape").decode().replace("/", "|")
    return text if len(text) <= 24 else f"{text[:16]}..{len(key.encode())}"
