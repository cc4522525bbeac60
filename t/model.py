#!/usr/bin/env python3
"""Model test of sync-plan.

Random worlds with time in them: a server's folder, a Maildir, a state.  They are
listed (full, as deltas, as presence, failing), planned by the real sync-plan, and
random subsets of the plans are applied in random order, partly failing, late, twice,
mixed, while other clients and readers change both sides.  In the end one undisturbed
run must bring both sides together, with nothing lost, doubled or altered.

The model knows sets and counters; it shares no code with the planner.

usage: t/model.py [--seeds A-B] [--plan PATH] [--trace] [--batch N]
"""
import argparse
import os
import random
import subprocess
import sys

LETTERS = 'DFRST'
TEXT = [''.join(c for i, c in enumerate(LETTERS) if n >> i & 1) or '%' for n in range(32)]
BITS = {t: n for n, t in enumerate(TEXT)}
T = BITS['T']
LARGE = 8192            # from this size on a digest is of the message's start only
RULES = ('lnodelete', 'lreadonly', 'noexpunge', 'rnodelete', 'rreadonly')


class Wrong(Exception):
    """The planner, or the world after it, is not as it must be."""


class Crash(Exception):
    """sync-apply dies here."""


class Content:
    def __init__(self, number, size, dig, origin=None):
        self.number, self.size, self.dig = number, size, dig
        self.full = (number << 60) + dig
        self.origin = origin or self
        self.nul = self.refused = False
        self.made = {'L': 0, 'R': 0}    # how often a user put it there
        self.gone = 0                   # how often a user took one away
        self.vanish = False             # its only message was deleted after both sides had it
        self.dirty = {}                 # flag bit -> {side: last value}


class Remote:
    def __init__(self, content, flags, mod, date):
        self.content, self.flags, self.mod, self.date = content, flags, mod, date


class File:
    def __init__(self, content, flags, uid, date):
        # content None: an empty file
        self.content, self.flags, self.uid, self.date = content, flags, uid, date


class Row:
    def __init__(self, flags, name, size=None, date=None, dig=None, kept=None):
        self.flags, self.name, self.kept = flags, name, kept
        self.size, self.date, self.dig = size, date, dig


class Intent:
    def __init__(self, size, date, dig, nxt, gen):
        self.size, self.date, self.dig, self.next, self.gen = size, date, dig, nxt, gen
        self.refused = False
        self.stored = False             # the server said that it has it


class State:
    def __init__(self, gen=0):
        self.exists = False
        self.gen = gen
        self.rows, self.intents = {}, {}
        self.validity = 0
        self.rhead = self.lhead = self.rules = None
        self.past = None                # (validity, rows) of before it changed
        self.renewed = False            # no later sync has ended under the present one

    def kept(self):
        return sum(1 for r in self.rows.values() if r.kept)


def fnv(line):
    h = 14695981039346656037
    for field in line.split('\t'):
        if field.startswith('spool'):
            continue
        for b in field.encode() + b'\t':
            h = (h ^ b) * 1099511628211 & 0xffffffffffffffff
    return h


def parse(line):
    """verb, positionals, keys"""
    fields = line.split('\t')
    pos = [f for f in fields[1:] if '=' not in f]
    keys = dict(f.split('=', 1) for f in fields[1:] if '=' in f)
    return fields[0], pos, keys


class World:
    def __init__(self, seed):
        self.seed = seed
        self.rng = rng = random.Random(seed)
        self.name = 'w%d' % seed
        self.log = []
        self.validity = rng.randint(1, 9)
        self.uidnext, self.modseq = 1, 1
        self.remote, self.expunged = {}, []
        self.local = {}
        self.trashed = []               # files that a user may restore
        self.dirver = 0
        self.names = 0
        self.contents = []
        self.state = State()
        self.fv = 0
        self.rules = set()
        self.allow = self.recover = self.recovering = False
        self.saved = []                 # plans of other times
        self.condstore = rng.random() < .8
        self.qresync = self.condstore and rng.random() < .6
        self.uidplus = rng.random() < .7
        self.rewrites = rng.random() < .08
        self.dates = rng.choice((3, 1000))
        self.sizes = rng.choice((2, 5, 500))
        self.maxdelete = rng.choice(('50,50', '50,50', '1,30', '-'))
        self.twins = rng.random() < .5
        self.renumbers = rng.random() < .25     # a server that does so often
        for _ in range(rng.randint(0, 5)):
            self.op_new_remote()
        for _ in range(rng.choice((0, 0, 1, 3))):
            self.op_new_local()

    # -- the world's own life ------------------------------------------------

    def note(self, *what):
        self.log.append(' '.join(str(w) for w in what))

    def touch(self):
        self.dirver += 1

    def content(self):
        rng = self.rng
        old = [c for c in self.contents if c.origin is c and not c.nul and not c.refused]
        if old and self.twins and rng.random() < .35:
            return rng.choice(old)
        c = Content(len(self.contents), 100 + rng.randrange(self.sizes), rng.randrange(1 << 60))
        if old and rng.random() < .2:   # the same header, another body
            c.dig = rng.choice(old).dig
            c.size = 5000 + 10 * len(self.contents)
        elif rng.random() < .08:        # large ones that are equally long and start alike
            c.size, c.dig = 9000, rng.choice((1, 2))
        self.contents.append(c)
        return c

    def date(self):
        return 1000000 + self.rng.randrange(self.dates)

    def bump(self):
        self.modseq += 1
        return self.modseq

    def append(self, content, flags, date):
        uid = self.uidnext
        self.uidnext += self.rng.choice((1, 1, 1, 3))
        self.remote[uid] = Remote(content, flags, self.bump(), date)
        return uid

    def newname(self):
        self.names += 1
        return 'b%d' % self.names

    def put(self, content, flags, uid, date, name=None):
        name = name or self.newname()
        self.local[name] = File(content, flags, uid, date)
        self.touch()
        return name

    def flags(self):
        return self.rng.choice((0, 0, 8, 8, self.rng.randrange(32)))

    def op_new_remote(self):
        c = self.content()
        c.made['R'] += 1
        c.vanish = False
        self.note('user: new on the server', self.append(c, self.flags(), self.date()), 'c%d' % c.number)

    def op_new_local(self):
        c = self.content()
        if not c.made['L'] and not c.made['R']:
            c.nul = self.rng.random() < .04
            c.refused = not c.nul and self.rng.random() < .05
        c.made['L'] += 1
        c.vanish = False
        self.note('user: new file', self.put(c, self.flags(), 0, self.date()), 'c%d' % c.number)

    def pick(self, where, want=lambda x: True):
        some = [k for k, v in where.items() if want(v)]
        return self.rng.choice(some) if some else None

    def sole(self, c):
        return c.made['L'] + c.made['R'] == 1

    def linked(self, uid=None, name=None):
        """the row of a message that both sides have, undisturbed"""
        if self.state.validity != self.validity:
            return None
        for u, row in self.state.rows.items():
            if (u == uid or (name and row.name == name)) and row.name in self.local and \
                    u in self.remote and not row.kept:
                return row
        return None

    def deleted(self, c, row):
        c = c.origin
        c.gone += 1
        for bit in range(5):            # what its flags were to become is of no interest any more
            c.dirty[1 << bit] = {'L': 0, 'R': 0}
        if row and self.sole(c) and c.origin is c and not self.rewrites:
            c.vanish = True

    def op_del_remote(self):
        uid = self.pick(self.remote)
        if uid:
            self.deleted(self.remote[uid].content, self.linked(uid=uid))
            self.expunge(uid)
            self.note('user: deleted on the server', uid)

    def expunge(self, uid):
        del self.remote[uid]
        self.expunged.append((uid, self.bump()))

    def op_del_local(self):
        name = self.pick(self.local)
        if name:
            f = self.local.pop(name)
            self.touch()
            if f.content:
                self.deleted(f.content, self.linked_gone(name))
                self.trashed.append((name, f))
            self.note('user: deleted file', name)

    def linked_gone(self, name):
        for u, row in self.state.rows.items():
            if row.name == name and not row.kept and u in self.remote and \
                    self.state.validity == self.validity:
                return row
        return None

    def flagged(self, c, side, bit, value, row):
        if c.origin is c:
            c.dirty.setdefault(bit, {})[side] = value
            if not row:     # never agreed on: nobody can tell later who changed it
                c.dirty[bit] = {'L': 0, 'R': 0}

    def op_flag_remote(self):
        uid = self.pick(self.remote)
        if uid:
            m, bit = self.remote[uid], self.rng.choice((1, 2, 4, 8, 8, 16))
            m.flags ^= bit
            m.mod = self.bump()
            row = self.state.rows.get(uid)
            if row and row.kept == 'expunge':
                m.content.origin.vanish = False
            self.flagged(m.content, 'R', bit, m.flags & bit, self.linked(uid=uid))
            self.note('user: flags on the server', uid, TEXT[m.flags])

    def op_flag_local(self):
        name = self.pick(self.local)
        if name:
            f, bit = self.local[name], self.rng.choice((1, 2, 4, 8, 8, 16))
            f.flags ^= bit
            self.touch()
            if f.content:
                self.flagged(f.content, 'L', bit, f.flags & bit, self.linked(name=name))
            self.note('user: flags of file', name, TEXT[f.flags])

    def op_rename(self):
        name = self.pick(self.local, lambda f: f.content)
        if name:
            f = self.local.pop(name)
            if self.rng.random() < .4:
                f.uid = 0
            new = self.newname()
            self.local[new] = f
            self.touch()
            # as good as another file: one gone, one made
            c = f.content.origin
            c.made['L'] += 1
            c.gone += 1
            c.vanish = False
            self.note('user: renamed', name, new)

    def op_copy_file(self):
        name = self.pick(self.local, lambda f: f.content)
        if name:
            f = self.local[name]
            c = f.content.origin
            c.made['L'] += 1
            c.vanish = False
            uid = f.uid if self.rng.random() < .5 else 0
            self.note('user: copied', name, 'to', self.put(f.content, f.flags, uid, f.date))

    def op_restore(self):
        if self.trashed:
            name, f = self.trashed.pop(self.rng.randrange(len(self.trashed)))
            if name not in self.local:
                self.local[name] = f
                self.touch()
                f.content.origin.made['L'] += 1
                f.content.origin.vanish = False
                self.note('user: restored', name)

    def op_empty(self):
        uid = self.pick(self.remote)
        if uid and self.rng.random() < .4:
            self.note('crash left an empty file', self.put(None, 0, uid, self.date()), 'U=%d' % uid)

    def op_both_same(self):
        c = self.content()
        if c.nul or c.refused:
            return
        c.made['R'] += 1
        c.made['L'] += 1
        c.vanish = False
        d = self.date()
        uid = self.append(c, self.flags(), d)
        name = self.put(c, self.flags(), 0, d if self.rng.random() < .5 else self.date())
        self.note('user: same on both sides', uid, name, 'c%d' % c.number)

    def op_rule(self):
        self.rules ^= {self.rng.choice(RULES)}
        self.note('rules', sorted(self.rules))

    def forget_history(self):
        for c in self.contents:
            c.vanish = False
            for bit in range(5):
                c.dirty[1 << bit] = {'L': 0, 'R': 0}

    def op_lose_state(self):
        if self.rewrites or self.rng.random() < .5:
            return
        self.state = State(self.state.gen + 100)
        if self.rng.random() < .5:
            self.fv = 0
        self.saved = []
        self.forget_history()
        self.note('state lost, FolderValidity', self.fv)

    def op_validity(self):
        """the folder is deleted on the server and made anew, with most of its messages"""
        if self.rewrites or self.rng.random() < .7 and not self.renumbers:
            return
        old = list(self.remote.values())
        self.rng.shuffle(old)
        self.validity += self.rng.randint(1, 3)
        self.remote, self.expunged, self.uidnext = {}, [], self.rng.randint(1, 3)
        self.modseq = self.rng.randint(1, self.modseq)
        for m in old:
            if self.rng.random() < .9:
                self.append(m.content, m.flags, m.date)
            else:
                m.content.origin.gone += 1
        self.forget_history()
        self.note('UIDVALIDITY is now', self.validity)

    def op_recover(self):
        """the user says that a doubtful recovery goes on"""
        self.recover = not self.recover
        self.note('--recover', self.recover)

    OPS = ((op_new_remote, 10), (op_new_local, 8), (op_del_remote, 7), (op_del_local, 7),
           (op_flag_remote, 10), (op_flag_local, 10), (op_rename, 1), (op_copy_file, 1),
           (op_restore, 1), (op_empty, .5), (op_both_same, 1), (op_rule, 2),
           (op_lose_state, .5), (op_validity, .5), (op_recover, 1))
    CHOICES = [o for o, _ in OPS]
    WEIGHTS = [w for _, w in OPS]

    def live(self, n):
        for op in self.rng.choices(self.CHOICES, self.WEIGHTS, k=n):
            op(self)
        if self.renumbers and self.rng.random() < .15:
            self.op_validity()
        self.settle_flags()

    def settle_flags(self):
        """a flag that only one side changed must end as that side has it"""
        if self.state.validity != self.validity:
            return
        for uid, row in self.state.rows.items():
            m, f = self.remote.get(uid), self.local.get(row.name)
            if not m or not f or not f.content or m.content is not f.content:
                continue
            c = m.content
            if not c.dirty or c.origin is not c:
                continue
            if not self.sole(c):
                c.dirty = {}
                continue
            for bit in list(c.dirty):
                if (m.flags ^ row.flags | f.flags ^ row.flags) & bit:
                    continue
                sides = c.dirty.pop(bit)
                if len(sides) == 1:
                    (side, value), = sides.items()
                    if m.flags & bit != value:
                        raise Wrong('flag %s of c%d, set to %s on %s, was undone' %
                                    (TEXT[bit], c.number, bool(value), side))

    # -- the listing tools ----------------------------------------------------

    def rule_text(self, extra=()):
        return ','.join(sorted(self.rules | set(extra))) or '%'

    def listing(self, probes, calm):
        """The pair's blocks.  calm: nothing fails, nothing happens in between."""
        rng, s, me = self.rng, self.state, self.name
        once = [w for w, on in (('allowdelete', self.allow), ('recover', self.recover)) if on]
        out = ['pair\t%s\t%s\tfmd5=x\tmaxdelete=%s\trules=%s' %
               (me, me, self.maxdelete, self.rule_text(once))]
        out += ['probe\tremote\t%s\t%s\t%s' % (me, me, p + (
            '\tgone=1' if full == 'gone' else '\tfull=1' if full else '')) for p, full in probes.items()]
        keys = {'kind': 'full' if s.exists else 'none', 'gen': s.gen if s.exists else None,
                'validity': s.validity or None, 'fv': self.fv or None, 'rules': s.rules,
                'intents': len(s.intents), 'kept': s.kept(), 'rows': len(s.rows),
                'renewed': 1 if s.renewed else None, 'was': len(s.past[1]) if s.past else None}
        if s.rhead:
            keys['next'], keys['count'], keys['modseq'] = s.rhead
        if s.lhead:
            keys['cur'], keys['new'] = s.lhead
        sets = self.unmoved() and (calm or rng.random() < .8)
        if sets:
            keys['kind'] = 'sets'
            out.append(self.record('folder\ts\t%s\t%s' % (me, me), keys))
            out += self.row_sets()
        else:
            out.append(self.record('folder\ts\t%s\t%s' % (me, me), keys))
        for uid in sorted(s.rows):
            r = s.rows[uid]
            if sets and not r.kept:
                continue
            out.append(self.record('m\ts\t%d:%d' % (s.validity, uid), {
                'date': r.date, 'dig': self.hex(r.dig), 'flags': TEXT[r.flags], 'kept': r.kept,
                'name': r.name, 'size': r.size}))
        for name, i in s.intents.items():
            out.append(self.record('intent\ts\t-', {
                'date': i.date, 'dig': self.hex(i.dig), 'gen': i.gen, 'name': name, 'size': i.size,
                'kept': 'refused' if i.refused else 'ambiguous' if i.stored else None,
                'next': '%d:%d' % i.next if i.next else None}))
        if s.past:
            for uid, r in sorted(s.past[1].items()):
                out.append(self.record('was\ts\t%d:%d' % (s.past[0], uid), {
                    'date': r.date, 'dig': self.hex(r.dig), 'flags': TEXT[r.flags], 'kept': r.kept,
                    'name': r.name, 'size': r.size}))
        out.append('end\ts\t%s\t%d' % (me, len(s.rows)))
        if not calm and rng.random() < (.4 if sets else .1):
            self.live(1)
        theirs = self.list_remote(probes, calm)
        out += theirs
        if not calm and rng.random() < (.3 if sets else .15):
            self.live(1)
        out += self.list_known(s, theirs, calm) if sets else self.list_local(calm)
        return out

    def unmoved(self):
        """the state may tell its rows as sets: the files are as they say"""
        s = self.state
        return s.validity == self.validity and not s.past and s.lhead == self.dirhead() and s.rules == self.rule_text() and not s.intents and \
            not any(r.kept and r.name for r in s.rows.values())

    def row_sets(self):
        uids = [u for u, r in sorted(self.state.rows.items()) if not r.kept]
        sets = []
        while uids:
            n = self.rng.randint(1, len(uids))
            ranges = []
            for u in uids[:n]:
                if ranges and ranges[-1][1] == u - 1:
                    ranges[-1][1] = u
                else:
                    ranges.append([u, u])
            sets.append('rows\ts\t%d:%s' % (self.state.validity, ','.join(
                '%d' % a if a == b else '%d:%d' % (a, b) for a, b in ranges)))
            uids = uids[n:]
        return sets

    def list_known(self, s, theirs, calm):
        """the local block behind such sets: files as the state has them, wherever they are now"""
        me = self.name
        told, every = set(), False
        for line in theirs:
            verb, pos, k = parse(line)
            if verb == 'folder':
                every = k['kind'] in ('full', 'presence')
            elif verb == 'm':
                told.add(int(pos[1].split(':')[1]))
            elif verb == 'gone':
                for part in pos[1].split(':', 1)[1].split(','):
                    a, _, b = part.partition(':')
                    told |= {u for u in s.rows if int(a) <= u <= int(b or a)}
        base = 'folder\tl\t%s\t%s' % (me, me)
        if self.state is not s or (not calm and self.rng.random() < .05):
            return [self.record(base, {'kind': 'failed'}), 'end\tl\t%s\t0' % me]
        out = [self.record(base, {'kind': 'delta', 'cur': s.lhead[0], 'new': s.lhead[1]})]
        out += [self.record('m\tl\t-', {'flags': TEXT[r.flags], 'name': r.name, 'uid': u})
                for u, r in sorted(s.rows.items()) if not r.kept and (every or u in told)]
        out.append('end\tl\t%s\t%d' % (me, len(out) - 1))
        return out

    @staticmethod
    def hex(dig):
        return None if dig is None else '%032x' % dig

    @staticmethod
    def record(start, keys):
        return start + ''.join('\t%s=%s' % (k, keys[k]) for k in sorted(keys) if keys[k] is not None)

    def unchanged_rules(self):
        return self.state.rules is not None and self.state.rules == self.rule_text() and \
            not self.state.intents and not self.state.kept()

    def list_remote(self, probes, calm):
        rng, s, me = self.rng, self.state, self.name
        count, modseq = len(self.remote), self.modseq if self.condstore else None
        base = 'folder\tr\t%s\t%s' % (me, me)
        keys = {'count': count, 'next': self.uidnext, 'modseq': modseq, 'validity': self.validity}
        kind = 'full'
        if s.rhead and s.validity == self.validity and self.condstore:
            # rows that are kept apart are always told of
            sound = self.unchanged_rules() or self.unmoved() or (not calm and rng.random() < .1)
            if sound and s.rhead == (self.uidnext, count, modseq) and not s.kept() and \
                    rng.random() < .85:
                kind = 'delta'
            elif sound and self.qresync and rng.random() < .7:
                kind = 'delta'
        if not calm and rng.random() < .1:
            kind = rng.choice(('presence', 'presence', 'failed'))
        if probes:
            kind = 'full' if calm or kind != 'failed' else kind
        self.hidden = set()
        named = [u for u, r in s.rows.items() if r.name]
        if not calm and not probes and kind == 'full' and s.validity == self.validity and \
                len(named) >= 3 and not self.rules & {'lreadonly', 'rnodelete'} and rng.random() < .15:
            # a limited view: nothing of what both sides had is shown, and the count agrees
            self.hidden = {u for u in named if u in self.remote}
            keys['count'] -= len(self.hidden)
        keys['kind'] = kind
        out, rows = [], []
        since = s.rhead[2] if kind == 'delta' else -1
        known = s.rhead[0] if s.rhead and s.validity == self.validity else 0
        for uid in sorted(self.remote):
            m = self.remote[uid]
            row = s.rows.get(uid)
            if uid in self.hidden or kind == 'failed' or (m.mod <= since and not (row and row.kept)) or (kind == 'presence' and rng.random() < .4):
                continue
            k = {'flags': TEXT[m.flags]}
            ident = '%d:%d' % (self.validity, uid)
            wanted = probes.get(ident, 'gone') != 'gone'
            if uid >= known or wanted:
                k['size'], k['date'] = m.content.size, m.date
            if wanted:
                k['dig'] = self.hex(m.content.dig)
                if probes[ident]:
                    k['full'] = self.hex(m.content.full)
            rows.append(self.record('m\tr\t%d:%d' % (self.validity, uid), k))
        if rng.random() < .2:
            rng.shuffle(rows)
        out = [self.record(base, keys)] + rows
        if kind == 'delta':
            gone = sorted(u for u, mod in self.expunged if mod > since)
            if gone:
                text = ','.join(map(str, gone))
                if rng.random() < .3:   # a server that also names uids never seen
                    text += ',%d:4294967295' % self.uidnext
                out.append('gone\tr\t%d:%s' % (self.validity, text))
        out.append('end\tr\t%s\t%d' % (me, len(rows)))
        return out

    def dirhead(self):
        return ('1:2:%d:7' % self.dirver, '1:3:%d:7' % self.dirver)

    def list_local(self, calm):
        rng, s, me = self.rng, self.state, self.name
        base = 'folder\tl\t%s\t%s' % (me, me)
        head = self.dirhead()
        known = {r.name for r in s.rows.values() if r.kept != 'deleting'}
        if s.validity != self.validity:
            known = set()
        kind = 'full'
        if s.validity == self.validity and s.lhead == head and self.unchanged_rules() and rng.random() < .9:
            kind = 'delta'
        elif not calm and rng.random() < .1:
            kind = rng.choice(('presence', 'presence', 'failed'))
        if not calm and rng.random() < .2:
            head = (None, None)         # too young to be relied on
        out, n = [self.record(base, {'kind': kind, 'cur': head[0], 'new': head[1]})], 0
        names = sorted(self.local)
        rng.shuffle(names)
        for name in names:
            f = self.local[name]
            if kind in ('delta', 'failed') or (kind == 'presence' and rng.random() < .4):
                continue
            k = {'dir': rng.choice(('cur', 'new')), 'flags': TEXT[f.flags], 'name': name,
                 'uid': f.uid or None}
            if name not in known:
                k['date'] = f.date
                k['bad'] = 'empty' if not f.content else 'nul' if f.content.nul else None
                k['size'] = f.content.size if f.content else 0
                k['dig'] = self.hex(f.content.dig if f.content else 0)
                if f.content and f.content.size > LARGE:
                    k['full'] = self.hex(f.content.full)
            out.append(self.record('m\tl\t-', k))
            n += 1
        out.append('end\tl\t%s\t%d' % (me, n))
        return out

    # -- sync-apply -------------------------------------------------------------

    def apply(self, lines, calm):
        rng = self.rng
        gen0 = self.state.gen if self.state.exists else 0
        self.begun = [(i.size, i.dig, i.gen) for i in self.state.intents.values() if not i.refused]
        marks = [l for l in lines if l.startswith('mark\t')]
        rest = [l for l in lines if not l.startswith('mark\t')]
        met, total, ok = len(rest), sum(map(fnv, rest)) & 0xffffffffffffffff, True
        weight = (self.state.kept(), len(self.state.intents))
        if not self.state.rows and not self.state.intents and not self.state.past:
            self.state.validity, self.state.rhead = 0, None     # nothing depends on it
        self.recovering = self.state.past is not None
        changed = False
        rng.shuffle(rest)
        if calm or rng.random() < .8:
            rest.sort(key=lambda l: not l.startswith('renew\t'))
        try:
            for line in rest:
                if not calm and rng.random() < .03:
                    raise Crash
                if not calm and rng.random() < .08:
                    outcome = 'fail'
                else:
                    outcome = self.apply_line(line, calm)
                self.note('   ', outcome, line)
                ok = ok and outcome in ('done', 'kept')
                changed = changed or outcome != 'skip'
        except Crash:
            self.note('    crash')
            marks, ok, changed = [], False, True
        if changed and self.state.exists:
            self.state.gen += 1
        moved = set()
        for line in marks:
            _, pos, k = parse(line)
            if ok and int(k['gen']) == gen0 and int(k['lines']) == met and int(k['sum']) == total:
                self.mark(pos[0], k)
                moved.add(pos[0])
                self.note('    mark', pos[0])
        if weight[0] > self.state.kept() or weight[1] > len(self.state.intents):
            # a word that a head relied on is gone, and nothing vouches for the head
            if 'remote' not in moved:
                self.state.rhead = None
            if 'local' not in moved:
                self.state.lhead = None
        self.settle_flags()

    def mark(self, side, k):
        s = self.state
        if side == 'remote':
            if s.validity not in (0, int(k['validity'])):
                return
            self.know(int(k['validity']))
            s.rhead = (int(k['next']), int(k['count']), int(k['modseq']) if 'modseq' in k else None) \
                if 'next' in k else None
        else:
            s.exists = True
            s.lhead = (k['cur'], k['new']) if 'cur' in k else None
            if not s.intents and s.validity and \
                    ('lreadonly' not in self.rules or self.fv in (0, s.validity)):
                self.fv = s.validity    # all file names are of this UIDVALIDITY now
        if self.recovering:
            s.past = None
        else:
            s.renewed = False
        s.rules = k['rules']
        s.gen += 1

    def know(self, validity):
        s = self.state
        s.exists = True
        s.validity = validity

    def apply_line(self, line, calm):
        verb, pos, k = parse(line)
        side, ident = pos[0], pos[3] if len(pos) > 3 else '-'
        validity = uid = 0
        if verb == 'probe':
            return 'skip'
        if ident != '-':
            validity, uid = map(int, ident.split(':'))
            if self.state.validity not in (0, validity) or self.validity != validity:
                return 'skip'
        return getattr(self, verb + '_' + side)(uid, k, calm)

    def row_of(self, uid):
        return self.state.rows.get(uid)

    def named(self, name):
        return any(r.name == name and r.kept != 'deleting' for r in self.state.rows.values())

    def equal(self, uid):
        """a kept word is void once both sides are as the row says"""
        row = self.row_of(uid)
        m, f = self.remote.get(uid), self.local.get(row.name)
        if m and f and m.flags == f.flags == row.flags:
            row.kept = None

    def copy_local(self, uid, k, calm):
        m, row = self.remote.get(uid), self.row_of(uid)
        if not m or TEXT[m.flags] != k['flags'] or (row and row.name):
            return 'skip'
        if row and row.kept == 'expunge' and m.flags & T:
            return 'skip'
        if self.there(uid):
            return 'skip'
        name = self.put(m.content, m.flags, uid, m.date)
        if not calm and self.rng.random() < .05:
            raise Crash
        self.know(self.validity)
        self.state.rows[uid] = Row(m.flags, name, m.content.size, m.date, m.content.dig)
        return 'done'

    def there(self, uid):
        """a file that claims this uid, and is it: the download of a run that died"""
        claim = [n for n, f in self.local.items() if f.uid == uid and f.content and not self.named(n)]
        return len(claim) == 1 and self.remote[uid].content is self.local[claim[0]].content

    def copy_remote(self, _, k, calm):
        s, name = self.state, k['name']
        f = self.local.get(name)
        if not f or not f.content or f.content.size != int(k['size']) or \
                self.hex(f.content.dig) != k['dig'] or TEXT[f.flags] != k['flags'] or self.named(name):
            return 'skip'
        nxt = tuple(map(int, k['next'].split(':'))) if 'next' in k else None
        if nxt and (nxt[0] != self.validity or s.validity not in (0, nxt[0])):
            return 'skip'
        old = s.intents.get(name)
        if old and old.stored and (old.size, old.dig) == (f.content.size, f.content.dig):
            return 'skip'
        if old and not old.refused and old.gen > int(k['gen']):
            return 'skip'               # begun by a plan that this one did not know of
        if any(i[:2] == (f.content.size, f.content.dig) and i[2] > int(k['gen']) for i in self.begun):
            return 'skip'               # so was that of a twin, and may be taken for this one
        s.intents[name] = Intent(f.content.size, f.date, f.content.dig, nxt, s.gen + 1)
        s.exists = True
        if not s.validity and nxt:
            self.know(nxt[0])
        s.gen += 1
        if f.content.refused:
            s.intents[name].refused = True
            return 'kept'
        fate = 'ok' if calm else self.rng.choices(('ok', 'lost', 'unsent'), (12, 2, 1))[0]
        if fate == 'unsent':
            return 'fail'
        content = f.content
        if self.rewrites and self.rng.random() < .5:
            content = Content(len(self.contents), content.size + 2,
                              content.dig if self.rng.random() < .5 else content.dig + 1, content.origin)
            self.contents.append(content)
        # of an upload without an answer the date must be left, or nobody can know it
        other = content is not f.content and fate == 'ok' and self.rng.random() < .5
        uid = self.append(content, f.flags, f.date + other)
        if fate == 'ok' and not (self.uidplus or calm):
            self.unfound(s.intents[name], uid)
        if fate != 'ok' or not (self.uidplus or calm):
            return 'fail'
        new = self.rename_uid(name, uid)
        if not calm and self.rng.random() < .05:
            raise Crash
        s.rows[uid] = Row(f.flags, new, f.content.size, f.date, f.content.dig)
        del s.intents[name]
        return 'done'

    def unfound(self, intent, uid):
        """the server has it, and the search for its uid failed, or it finds a message in other bytes"""
        intent.stored = True
        if self.state.validity == self.validity and self.rng.random() < .7:
            self.state.rows[uid] = Row(0, None, kept='ambiguous')

    def rename_uid(self, name, uid):
        f = self.local.pop(name)
        f.uid = uid
        new = '%s,U=%d,FMD5=x' % (name.split(',')[0], uid)
        if new in self.local:
            new = self.newname()
        self.local[new] = f
        self.touch()
        return new

    def adopt_both(self, uid, k, calm):
        s, name = self.state, k['name']
        f, row = self.local.get(name), self.row_of(uid)
        if not f or not f.content or self.named(name) or uid not in self.remote:
            return 'skip'
        if row and row.name and row.name in self.local:
            return 'skip'
        if f.content.origin is not self.remote[uid].content.origin:
            raise Wrong('adopts c%d for c%d' % (self.remote[uid].content.number, f.content.number))
        if not row or not row.name:
            # without a row nobody can tell who changed what: the flags are united
            for bit in range(5):
                if (self.remote[uid].flags ^ f.flags) >> bit & 1:
                    f.content.origin.dirty[1 << bit] = {'L': 0, 'R': 0}
        new = name if 'lreadonly' in self.rules else self.rename_uid(name, uid)
        if not calm and self.rng.random() < .05:
            raise Crash
        self.know(self.validity)
        s.rows[uid] = Row(BITS[k['flags']], new, f.content.size, f.date, f.content.dig,
                          row.kept if row else None)
        s.intents.pop(name, None)
        self.equal(uid)
        return 'done'

    def renew_both(self, _, k, calm):
        s, now, saved = self.state, int(k['now']), int(k['saved'])
        if s.validity != saved or s.gen != int(k['gen']):
            return 'skip'
        if s.rows:
            s.past, s.rows = (s.validity, s.rows), {}
        s.intents = {n: i for n, i in s.intents.items() if not i.refused}
        s.validity, s.renewed = now, True
        s.rhead = s.lhead = s.rules = None
        s.gen += 1
        self.fv = 0
        self.recovering = True
        return 'done'

    def agree_both(self, uid, k, calm):
        row, m = self.row_of(uid), self.remote.get(uid)
        if not row or row.name not in self.local or not m:
            return 'skip'
        f = self.local[row.name]
        flags, was = BITS[k['flags']], BITS[k['was']]
        bits = flags ^ was
        if not bits:
            if m.flags != flags or f.flags != flags or row.flags != flags:
                return 'skip'
            row.kept = None
            return 'done'
        if (row.flags ^ was | m.flags ^ flags | f.flags ^ flags) & bits:
            return 'skip'
        row.flags ^= bits
        self.equal(uid)
        return 'done'

    def change(self, uid, k, side):
        row, m = self.row_of(uid), self.remote.get(uid)
        f = self.local.get(row.name) if row else None
        if not m or not f:
            return None
        target, source = (f, m) if side == 'local' else (m, f)
        add, rem = BITS[k.get('add', '%')], BITS[k.get('del', '%')]
        if TEXT[target.flags] != k['was'] or source.flags & add != add or source.flags & rem or \
                row.flags & add or row.flags & rem != rem:
            return None
        target.flags = (target.flags | add) & ~rem
        row.flags = (row.flags | add) & ~rem
        if row.kept == 'deleting' and rem & T:
            row.kept = None
        return target

    def flags_local(self, uid, k, calm):
        if not self.change(uid, k, 'local'):
            return 'skip'
        self.touch()
        self.equal(uid)
        return 'done'

    def flags_remote(self, uid, k, calm):
        m = self.change(uid, k, 'remote')
        if not m:
            return 'skip'
        m.mod = self.bump()
        self.equal(uid)
        return 'done'

    def delete_local(self, uid, k, calm):
        row = self.row_of(uid)
        f = self.local.get(row.name) if row else None
        if not f or uid in self.remote or TEXT[f.flags] != k['was']:
            return 'skip'
        del self.local[row.name]
        self.touch()
        if not calm and self.rng.random() < .05:
            raise Crash
        del self.state.rows[uid]
        return 'done'

    def delete_remote(self, uid, k, calm):
        row, m = self.row_of(uid), self.remote.get(uid)
        if not row or not row.name or row.name in self.local or not m or TEXT[m.flags] != k['was']:
            return 'skip'
        row.kept, row.flags = 'deleting', row.flags | T
        self.state.gen += 1
        if not calm and self.rng.random() < .05:
            raise Crash
        m.flags |= T
        m.mod = self.bump()
        if not calm and self.rng.random() < .05:
            raise Crash
        if self.uidplus and 'noexpunge' not in self.rules:
            self.expunge(uid)
            if not calm and self.rng.random() < .05:
                raise Crash
            del self.state.rows[uid]
        else:
            row.kept, row.name, row.flags = 'expunge', None, m.flags
        return 'done'

    def forget_both(self, uid, k, calm):
        if uid:
            row = self.row_of(uid)
            if not row or uid in self.remote or row.name in self.local and row.kept != 'deleting':
                return 'skip'
            del self.state.rows[uid]
            return 'done'
        name = k['name']
        if name in self.local and not self.named(name):
            return 'skip'
        self.state.intents.pop(name, None)
        return 'done'

    def keep(self, uid, k):
        if not uid:
            return 'kept'
        row = self.row_of(uid)
        if not row:
            if not self.state.exists or uid not in self.remote:
                self.know(self.validity)
            self.know(self.validity)
            row = self.state.rows[uid] = Row(BITS[k.get('flags', '%')], None,
                                             int(k['size']) if 'size' in k else None)
        elif row.kept == 'expunge' and uid in self.remote and self.remote[uid].flags & T:
            return 'skip'
        if row.kept != 'deleting':
            row.kept = k['why']
        return 'kept'

    def keep_local(self, uid, k, calm):
        return self.keep(uid, k)

    def keep_remote(self, uid, k, calm):
        return self.keep(uid, k)

    def keep_both(self, uid, k, calm):
        return 'kept'

    # -- one step of a run ---------------------------------------------------------

    def step_apply(self, plan):
        """a random part of one or two plans, now or later"""
        rng = self.rng
        if rng.random() < .25:
            self.saved.append(plan)
        if rng.random() < .2:
            self.note('  the plan is left for another time')
            return
        if rng.random() < .3:
            self.live(rng.randint(1, 2))
        lines = list(plan)
        if rng.random() < .35:
            lines = [l for l in lines if rng.random() < .7]
        if self.saved and rng.random() < .15:
            self.note('  mixed with an old plan')
            lines += rng.choice(self.saved)
        if rng.random() < .06:
            lines += plan
        self.apply(lines, False)
        if self.saved and rng.random() < .1:
            self.note('  an old plan once more')
            self.apply(list(rng.choice(self.saved)), False)

    # -- the end ---------------------------------------------------------------------

    def prepare_end(self):
        self.rules = set()
        if self.rng.random() < .25:
            self.rules = {self.rng.choice(RULES)}
        self.allow = self.recover = True
        self.note('the last run; rules', sorted(self.rules))

    def check_end(self, plan):
        """plan: the last one, which has nothing but keep lines"""
        held, waiting, ambiguous = set(), set(), False
        for line in plan:
            verb, pos, k = parse(line)
            why = k['why']
            uid = int(pos[3].split(':')[1]) if pos[3] != '-' else 0
            f = self.local.get(k.get('name'))
            right = {'readonly': self.rules & {'lreadonly', 'rreadonly'},
                     'sync_deletes': self.rules & {'lnodelete', 'rnodelete'},
                     'nul': f and f.content and f.content.nul,
                     'empty': f and not f.content,
                     'refused': f and f.content and f.content.refused,
                     'ambiguous': self.state.intents}.get(why)
            if not right:
                raise Wrong('unexplained: ' + line)
            ambiguous |= why == 'ambiguous'
            (held if uid else waiting).add(uid or k['name'])
        s = self.state
        if s.past and not ambiguous and not (held and waiting):
            raise Wrong('the recovery does not end')
        for uid, row in s.rows.items():
            if row.kept and row.kept != 'expunge' and uid not in held:
                raise Wrong('%d is kept (%s) for no reason' % (uid, row.kept))
            if row.kept == 'expunge':
                held.add(uid)
        remote = {u: m for u, m in self.remote.items() if u not in held}
        local = {n: f for n, f in self.local.items() if n not in waiting and f.content}
        count = {}
        for where, side in ((remote.values(), 'R'), (local.values(), 'L')):
            for m in where:
                count.setdefault(m.content.origin, {'R': 0, 'L': 0})[side] += 1
        if not self.rules & {'lreadonly', 'rreadonly', 'lnodelete', 'rnodelete'}:
            a = sorted((m.content.origin.number, m.flags) for m in remote.values())
            b = sorted((f.content.origin.number, f.flags) for f in local.values())
            if a != b:
                raise Wrong('the sides differ: %s %s' % (a, b))
        self.check_counts(count, ambiguous, held, waiting)

    def check_counts(self, count, ambiguous, held, waiting):
        everywhere = {}
        for m in list(self.remote.values()) + [f for f in self.local.values() if f.content]:
            everywhere[m.content.origin] = True
        for c in self.contents:
            if c.origin is not c:
                continue
            n = count.get(c, {'R': 0, 'L': 0})
            most = c.made['L'] + c.made['R']
            least = max(c.made['L'], c.made['R']) if c.made['L'] and c.made['R'] else most
            least -= c.gone
            if most > 1:                # twins of which the server altered one are beyond anybody
                most += sum(1 for d in self.contents if d.origin is c) - 1
            for side in 'LR':
                if n[side] > most:
                    raise Wrong('c%d is %d times on %s, made %d times' % (c.number, n[side], side, most))
            if least > 0 and c not in everywhere:
                raise Wrong('c%d is lost' % c.number)
            if least > 0 and not self.rules and not ambiguous and not c.nul and not c.refused and \
                    min(n['L'], n['R']) < least:
                raise Wrong('c%d: %s, at least %d must be there' % (c.number, n, least))
            if c.vanish and not self.rules and (n['L'] or n['R']):
                raise Wrong('the deletion of c%d was not carried out' % c.number)


class Planner:
    def __init__(self, path):
        self.path = path

    def run(self, worlds, calm):
        """Lists and plans all of them, with a second round for probes; world -> lines."""
        plans = self.once(worlds, {w: {} for w in worlds}, calm)
        for _ in range(4):
            asked = {w: {} for w in worlds}
            for w in worlds:
                for line in plans[w]:
                    if line.startswith('probe\t'):
                        _, pos, k = parse(line)
                        asked[w][pos[3]] = 'gone' if 'gone' in k else 'full' in k
            asked = {w: p for w, p in asked.items() if p and (calm or w.rng.random() < .8)}
            if not asked:
                return plans
            for w in asked:
                w.note('  probes', *asked[w])
                if not calm and w.rng.random() < .2:
                    w.live(1)
            plans.update(self.once(list(asked), asked, calm))
        for w in asked:
            if calm and any(l.startswith('probe\t') for l in plans[w]):
                w.wrong = 'asks for digests for ever'
        return plans

    def once(self, worlds, probes, calm):
        lines = ['listing\t1\taccount=A']
        order = list(worlds)
        for w in order:
            block = w.listing(probes[w], calm)
            w.note('listing:')
            w.log += ['    ' + l for l in block]
            lines += block
        lines.append('end\t-\t-\t%d' % len(lines))
        p = subprocess.run([self.path], input='\n'.join(lines) + '\n', capture_output=True, text=True)
        out = p.stdout.split('\n')
        if p.returncode != 0 or out[0] != 'plan\t1\taccount=A' or \
                out[-2] != 'end\t-\t-\t%d' % (len(out) - 2):
            with open('/tmp/model.failed', 'w') as f:
                f.write('\n'.join(lines) + '\n')
            sys.exit('sync-plan: exit %d %s; see /tmp/model.failed' % (p.returncode, p.stderr))
        plans = {w.name: [] for w in worlds}
        for line in out[1:-2]:
            plans[line.split('\t', 3)[2]].append(line)
        for w in worlds:
            for line in plans[w.name]:
                verb, pos, _ = parse(line)
                if verb in ('delete', 'forget') and pos[3] != '-' and int(pos[3].split(':')[1]) in w.hidden:
                    w.wrong = 'believes a limited view: ' + line
            w.note('plan:')
            w.log += ['    ' + l for l in plans[w.name]]
        return {w: plans[w.name] for w in worlds}


def trouble(w, e):
    w.wrong = str(e)


def each(worlds, act):
    """Runs act on all; those where something is wrong leave."""
    rest = []
    for w in worlds:
        try:
            act(w)
        except Wrong as e:
            w.wrong = str(e)
        if w.wrong is None:
            rest.append(w)
    return rest


def batch(planner, seeds):
    every = worlds = [World(s) for s in seeds]
    for w in worlds:
        w.wrong = None
        w.steps = w.rng.randint(2, 9)
    for step in range(9):
        now = [w for w in worlds if step < w.steps]
        if now:
            plans = planner.run(now, False)
            each(now, lambda w: w.step_apply(plans[w]))
            each(now, lambda w: w.live(w.rng.randint(0, 4)))
        worlds = [w for w in worlds if w.wrong is None]
    each(worlds, World.prepare_end)
    for _ in range(9):
        if not worlds:
            break
        plans = planner.run(worlds, True)
        worlds = [w for w in worlds if w.wrong is None]
        still = []
        for w in worlds:
            if all(l.startswith('keep\t') for l in plans[w]):
                each([w], lambda w: w.check_end(plans[w]))
            else:
                still.append(w)
        worlds = each(still, lambda w: w.apply(plans[w], True))
    for w in worlds:
        w.wrong = 'does not converge'
    return [w for w in every if w.wrong is not None]


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    ap = argparse.ArgumentParser()
    ap.add_argument('--seeds', default='1-2000')
    ap.add_argument('--plan', default=os.path.join(here, '..', 'build', 'bin', 'sync-plan'))
    ap.add_argument('--batch', type=int, default=500)
    ap.add_argument('--trace', action='store_true')
    args = ap.parse_args()
    first, _, last = args.seeds.partition('-')
    first, last = int(first), int(last or first)
    planner = Planner(args.plan)
    bad = []
    for at in range(first, last + 1, args.batch):
        bad += batch(planner, range(at, min(at + args.batch, last + 1)))
        if bad:
            break
    if args.trace and first == last and not bad:
        w = World(first)
    for w in bad[:1]:
        print('\n'.join(w.log))
    for w in bad[:20]:
        print('seed %d: %s' % (w.seed, w.wrong))
    print('model: seeds %d-%d, %d failed' % (first, min(at + args.batch - 1, last), len(bad)))
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
