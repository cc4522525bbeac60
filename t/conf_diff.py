#!/usr/bin/env python3
"""Compares the configuration's reader with Python's configparser.

    conf_diff.py READER DIRECTORY SEED COUNT [FILE...]

READER (build/unit/conf_ini) dumps files; this writes COUNT random ones to
DIRECTORY, takes the FILEs too, and fails with the first that both do not read
alike.  Left out are the deviations of offlineimap.conf(5): what stands twice is
no error (strict=False), a byte order mark is skipped, a value has a limit.
"""
import configparser
import io
import os
import random
import subprocess
import sys

PIECES = [
    "[a]", "[b]", "[a b]", "[DEFAULT]", "[", "]", "=", ":", "x", "y", "Z", "xy", "1", "%(x)s",
    "%(y)s", "%(Z)s", "%(x", ")s", "%%", "%", "#", ";", "é", "\udce9", "\u00a0", "\u2003", "\u3000",
    "\u0085", "\u200b", "\x0b", "\x1c", "\x7f", "\\", "'", " ", "  ", "\t", ", ",
]
LINES = [
    "[a]", "[b] ; text", " [a]", "[DEFAULT]", "[a", "[]", "[]]", "# comment", "  ; comment", "", "   ",
    "x = 1", "y: %(x)s", "Z = %(y)s%(x)s", " x = 2", "\ty = 3", "x", "x =", "= x", "  more", "    deeper",
    "x y = 50%%", "x = %", "y = %(nothing)s", "x = [", "]", "  ]", "x = a \\", "accounts = a , b",
]


def encode(text):
    """The records' percent-encoding."""
    if text == "":
        return "%"
    if text == "-":
        return "%2D"
    data = text.encode("utf-8", "surrogateescape")
    return "".join(chr(c) if 0x21 <= c <= 0x7e and c != 0x25 else "%%%02X" % c for c in data)


def wanted(data):
    """The dump that the reader should make, as a sorted list; None if it is refused."""
    parser = configparser.ConfigParser(strict=False)
    try:
        parser.read_file(io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig", errors="surrogateescape"))
    except configparser.Error:
        return None
    lines = [encode(s) for s in parser.sections()]
    for section in ["DEFAULT"] + parser.sections():
        names = parser.defaults() if section == "DEFAULT" else parser.options(section)
        for name in names:
            try:
                value = encode(parser.get(section, name))
            except configparser.InterpolationError:
                value = "!"
            lines.append(" ".join([encode(section), encode(name), value]))
    return sorted(lines)


def make(rnd):
    """A file: lines from the pool and lines of pieces, with one of three line ends."""
    lines = ["[a]"] if rnd.random() < 0.8 else []
    for _ in range(rnd.randint(0, 12)):
        if rnd.random() < 0.7:
            lines.append(rnd.choice(LINES))
        else:
            lines.append("".join(rnd.choice(PIECES) for _ in range(rnd.randint(0, 8))))
    if rnd.random() < 0.5:
        # most lines with something wrong are refused; keep some files sound
        lines = [s for s in lines if "=" in s or ":" in s or s.strip()[:1] in ("[", "#", ";", "")]
    text = rnd.choice(["\n", "\n", "\r\n", "\r"]).join(lines) + rnd.choice(["", "\n"])
    if rnd.random() < 0.05:
        text = "\ufeff" + text
    return text.encode("utf-8", "surrogateescape")


def main():
    reader, directory, seed, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    rnd = random.Random(seed)
    files = sys.argv[5:]
    for i in range(count):
        files.append(os.path.join(directory, "c%d" % i))
        with open(files[-1], "wb") as f:
            f.write(make(rnd))
    got = {}
    for i in range(0, len(files), 500):
        out = subprocess.run([reader] + files[i:i + 500], stdout=subprocess.PIPE, check=True).stdout
        for block in ("\n" + out.decode()).split("\nfile ")[1:]:
            name, _, dump = block.partition("\n")
            lines = [line for line in dump.split("\n") if line]
            got[name] = None if lines == ["error"] else sorted(lines)
    refused = 0
    for name in files:
        with open(name, "rb") as f:
            data = f.read()
        want = wanted(data)
        refused += want is None
        if got.get(name, "missing") != want:
            print("%s differs\n%r\npython: %s\nreader: %s" % (name, data, want, got.get(name, "missing")))
            return 1
    print("%d files alike, %d of them refused" % (len(files), refused))
    return 0 if refused < len(files) else 1


if __name__ == "__main__":
    sys.exit(main())
