"""Trees of many small files: copied without copying, removed in parallel."""
import contextlib
import os
import shutil
from concurrent.futures import ThreadPoolExecutor


def like(old, new):
    """The same owner, where we may."""
    if os.geteuid() == 0:
        s = os.stat(old)
        os.chown(new, s.st_uid, s.st_gid)


def copy(old, new, same):
    """A tree under another name; the files whose name "same" likes are the same files there."""
    for path, _, files in os.walk(old):
        to = os.path.join(new, os.path.relpath(path, old))
        os.makedirs(to, exist_ok=True)
        like(path, to)
        for name in files:
            here, there = os.path.join(path, name), os.path.join(to, name)
            if same(name):
                os.link(here, there)
            else:
                shutil.copy2(here, there)
                like(here, there)


def unlink_all(paths):
    for path in paths:
        # The server may be tidying up itself.
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)


def put_away(tree, where):
    """Out of the way, until all is removed.  For minutes ext4 does not use the inode of a removed
    file again, and looks at each of them whenever it makes a new one: who came next would pay."""
    grave = os.path.join(where, 'gone')
    os.makedirs(grave, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        os.rename(tree, os.path.join(grave, str(len(os.listdir(grave)))))


def remove(*trees):
    """A file system that tells its disk of each freed block makes that a wait for each file:
    32 at a time."""
    files = [os.path.join(path, name) for tree in trees for path, _, names in os.walk(tree) for name in names]
    with ThreadPoolExecutor(32) as pool:
        list(pool.map(unlink_all, (files[i::32] for i in range(32))))
    for tree in trees:
        shutil.rmtree(tree, ignore_errors=True)
