"""The local side: counting a Maildir and changing it as a mail reader would."""
import os
import random

from server import letter


def folders(root):
    """{name: path} of all folders, names as the server has them."""
    found = {}
    for path, dirs, _ in os.walk(root):
        if {'cur', 'new'} <= set(dirs):
            dirs[:] = [d for d in dirs if d not in ('cur', 'new', 'tmp')]
            found[os.path.relpath(path, root)] = path
    return dict(sorted(found.items()))


def files(path):
    """The message files of a folder, sorted."""
    return sorted(f.path for sub in ('cur', 'new') for f in os.scandir(os.path.join(path, sub))
                  if not f.name.startswith(('.', 'dovecot')))


def flags_of(path):
    return os.path.basename(path).partition(':2,')[2]


def census(root):
    """{folder: (messages, seen, answered, flagged)}"""
    found = {}
    for name, path in folders(root).items():
        flags = [flags_of(f) for f in files(path)]
        found[name] = (len(flags), *(sum(c in f for f in flags) for c in 'SRF'))
    return found


def spread(root, n, where, seed):
    """n files, spread evenly over the first "where" folders that have some."""
    r, some = random.Random(seed), []
    paths = [p for p in (files(p) for p in folders(root).values()) if p][:where]
    for i, here in enumerate(paths):
        k = n // len(paths) + (i < n % len(paths))
        some += r.sample(here, min(k, len(here)))
    return some


def change_flags(root, n, where, seed):
    for path in spread(root, n, where, seed):
        base, _, flags = os.path.basename(path).partition(':2,')
        flags = ''.join(sorted(set(flags) ^ {'F'}))
        os.rename(path, os.path.join(os.path.dirname(os.path.dirname(path)), 'cur', f'{base}:2,{flags}'))


def delete(root, n, seed):
    for path in spread(root, n, 1 << 30, seed):
        os.unlink(path)


def deliver(root, n, name, seed):
    """n new files in one folder."""
    path = folders(root)[name]
    for i in range(n):
        with open(os.path.join(path, 'new', f'{1700000000 + i}.l{seed}_{i}.bench'), 'wb') as f:
            f.write(letter(f'l{seed}', i))
