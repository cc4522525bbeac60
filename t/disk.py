"""What a disk could hold after a power loss.  From a home as it was before a run and what the
shim kept of the run (SHIM_DISK, t/shim.c) come images of the home.

Names: what a synced directory or file system made durable is there.  Of what else was made,
renamed or removed there is any beginning, as on file systems with one journal; or ("apart") any
beginning in each directory for itself, as on those that write a directory's own changes with it.
Data: what a sync covers is there.  Any other write may be there, not there, there in part, or its
place may be there with zeros in it.  A time that no sync covers is that of the last write."""
import os, time


class Unknown(Exception):
    """The model does not understand what happened: it proves nothing."""


class Op:
    def __init__(self, line, one, two):
        what, step, base, base2, target, number = line
        self.what, self.step, self.number = what.decode(), int(step), int(number)
        self.base, self.base2, self.target = base, base2, target
        self.one, self.two = one, two


def read_log(path):
    """Its records; the last one may be cut, for its writer was killed."""
    ops = []
    with open(path, 'rb') as f:
        while (line := f.readline()).endswith(b'\n'):
            *head, size, size2 = line.split()
            one, two = f.read(int(size)), f.read(int(size2))
            if f.read(1) != b'\n':
                if f.read(1):
                    raise Unknown(f'the log is broken at {line}')
                break
            ops.append(Op(head, one, two))
    return ops


class Node:
    def __init__(self, is_dir, data=b'', mtime=None):
        self.is_dir, self.data, self.mtime = is_dir, data, mtime
        self.changes = []       # of a file: writes, cuts, times, in their order
        self.start = {}         # of a directory: name: Node
        self.now = {}


class Change:
    def __init__(self, op, durable):
        self.what, self.number, self.data, self.durable = op.what.upper(), op.number, op.one, durable


class Renaming:
    """A change of names: at most two directories."""
    def __init__(self, what, node, one, two=None):
        self.what, self.node, self.one, self.two, self.durable = what, node, one, two, False

    def dirs(self):
        """Those that change: not where a link leads."""
        return {id(place[0]) for place in (self.one if self.what != 'L' else None, self.two) if place}


def number(st):
    return b'%x:%x' % (st.st_dev, st.st_ino)


class Disk:
    def __init__(self, home):
        """Takes home, as it is now, for what is durable."""
        self.home = os.fsencode(os.path.realpath(home))
        self.nodes, self.renamings = {}, []
        self.today = time.time_ns()
        self.top = self.scan(self.home)

    def scan(self, path):
        st = os.lstat(path)
        if os.path.isdir(path):
            node = Node(True)
            for name in os.listdir(path):
                node.start[name] = self.scan(os.path.join(path, name))
            node.now = dict(node.start)
        else:
            with open(path, 'rb') as f:
                node = Node(False, f.read(), st.st_mtime_ns)
        return self.nodes.setdefault(number(st), node)

    # What happened.

    def place(self, base, path):
        """Directory and name; None if it is not below the home."""
        node = self.nodes.get(base)
        if base == b'0:0':
            path = os.path.normpath(path)
            if not path.startswith(self.home + b'/'):
                return None
            node, path = self.top, path[len(self.home) + 1:]
        if node is None or not node.is_dir:
            return None
        *above, name = path.split(b'/')
        for part in above:
            if part not in node.now:
                raise Unknown(f'no directory {path} in the model')
            node = node.now[part]
        return node, name

    def renamed(self, what, node, one, two=None):
        r = Renaming(what, node, one, two)
        self.apply(r, lambda place: place[0].now)
        self.renamings.append(r)

    @staticmethod
    def apply(r, names):
        """One change of names, in directories as "names" has them; what it is about must be there."""
        if r.what == 'D':
            del names(r.one)[r.one[1]]
            return
        if r.what == 'R':
            del names(r.one)[r.one[1]]
        to = r.two or r.one
        names(to)[to[1]] = r.node

    def made(self, op):
        place = self.place(op.base, op.one)
        there = place and place[0].now.get(place[1])
        if there and op.what == 'C':
            if self.nodes.get(op.target) is not there:
                raise Unknown(f'{op.one} is another file in the model')
            return
        node = self.nodes[op.target] = Node(op.what == 'M', mtime=self.today)
        if place:
            self.renamed(op.what, node, place)

    def moved(self, op):
        one, two = self.place(op.base, op.one), self.place(op.base2, op.two)
        if one and two:
            self.renamed(op.what, one[0].now[one[1]], one, two)
        elif one or two:
            raise Unknown(f'{op.one} or {op.two} is not in the home')

    def synced(self, op):
        node = self.nodes.get(op.target)
        if op.what == 'A':
            for r in self.renamings:
                r.durable = True
            for other in self.nodes.values():
                for change in other.changes:
                    change.durable = True
        elif node and node.is_dir:
            for r in self.renamings:
                r.durable |= id(node) in r.dirs()
        elif node:
            for change in node.changes:
                change.durable = True

    def run(self, ops):
        for op in ops:
            if op.what in 'CM':
                self.made(op)
            elif op.what in 'RL':
                self.moved(op)
            elif op.what == 'D':
                place = self.place(op.base, op.one)
                if place:
                    self.renamed('D', place[0].now[place[1]], place)
            elif op.what == 'F':
                self.nodes[op.target] = Node(False)
            elif op.what in 'WwTU':
                if op.target in self.nodes:
                    self.nodes[op.target].changes.append(Change(op, op.what == 'w'))
            elif op.what in 'SA':
                self.synced(op)
            else:
                raise Unknown(f'"{op.what}" of step {op.step}')

    # What could be there.

    def beginning(self, more=0):
        """As many changes of names as must be there, and more."""
        least = max((i + 1 for i, r in enumerate(self.renamings) if r.durable), default=0)
        return set(range(min(len(self.renamings), least + more)))

    def apart(self, more=()):
        """Those that must be there if each directory is for itself, and some more."""
        chosen = {i for i, r in enumerate(self.renamings) if r.durable} | set(more)
        needed = set()
        for i in range(len(self.renamings) - 1, -1, -1):
            r = self.renamings[i]
            if i in chosen or r.dirs() & needed:
                chosen.add(i)
                needed |= r.dirs()
        return chosen

    def unsynced(self):
        """How many changes of names and how many of data no sync has covered."""
        return (sum(not r.durable for r in self.renamings),
                sum(not c.durable for node in set(self.nodes.values()) for c in node.changes))

    def content(self, node, some):
        """Bytes and time of a file; some(change) says what is there of an unsynced one: True,
        False, "zero", or how much of it as a share."""
        data, mtime = bytearray(node.data), node.mtime
        for c in node.changes:
            how = c.durable or some(c)
            if how is False:
                continue
            if c.what == 'U':
                mtime = c.number
            elif c.what == 'T':
                data = data[:c.number].ljust(c.number, b'\0')
                mtime = self.today
            else:
                new = c.data if how is True else bytes(len(c.data)) if how == 'zero' else c.data[:int(len(c.data) * how)]
                if len(data) < c.number:
                    data = data.ljust(c.number, b'\0')
                data[c.number:c.number + len(new)] = new
                mtime = self.today
        return bytes(data), mtime

    def image(self, chosen, some):
        """{path: None for a directory, else (bytes, time)}"""
        names = {}

        def of(place):
            return names.setdefault(id(place[0]), dict(place[0].start))
        for i, r in enumerate(self.renamings):
            if i in chosen:
                self.apply(r, of)
        found = {}

        def walk(path, node):
            found[path] = None if node.is_dir else self.content(node, some)
            if node.is_dir:
                for name, below in of((node, None)).items():
                    walk(os.path.join(path, name), below)
        walk(b'', self.top)
        # Its other half is in memory that is gone, and made anew.
        return {path: (bytes(len(what[0])), what[1]) if path.endswith(b'/lock.mdb') else what
                for path, what in found.items()}


def write_image(image, home):
    for path, what in image.items():
        path = os.path.join(os.fsencode(home), path)
        if what is None:
            os.mkdir(path.rstrip(b'/'))
            continue
        with open(path, 'wb') as f:
            f.write(what[0])
        os.utime(path, ns=(what[1], what[1]))


def difference(image, home):
    """Where an image is not what really lies there: paths."""
    real = Disk(home)
    real = real.image(set(), lambda c: True)
    return sorted(path for path in image.keys() | real.keys()
                  if (path in image) != (path in real) or (image[path] or ('',))[0] != (real[path] or ('',))[0])
