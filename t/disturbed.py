"""One two-way sync - uploads, downloads, flags, deletions, moves, new folders on both
sides - that is disturbed, from the same start at one place after the other, and then run
again: each time the end must be that of an undisturbed run.  For kill.py, fail.py, cut.py, power.py."""
import argparse, collections, copy, glob, os, shutil, subprocess, sys, time
import world as worlds
from scenarios import SCENARIOS
from world import World, Wrong

SHIM = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../build/t/shim.so')
LIMIT = 30      # seconds that a run may take, disturbed or not


def arguments(usage):
    p = argparse.ArgumentParser(usage=usage + OPTIONS)
    p.add_argument('--points', type=int, default=0)
    p.add_argument('--at', type=int, action='append')
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('--no-uidplus', action='store_true')
    for what in 'first', 'trash', 'renumber', 'forget':
        p.add_argument('--' + what, action='store_true')
    p.add_argument('--scenario', choices=SCENARIOS, default='plain')
    p.add_argument('mails')
    p.add_argument('port', type=int)
    p.add_argument('tlsport', type=int)
    p.add_argument('ca')
    p.add_argument('user')
    p.add_argument('home')
    return p


OPTIONS = '''
--points N     only so many of them, spread evenly (all)
--at N         only this one (and this one ...)
--first        a first sync: nothing but what the server has
--trash        deleted messages go to a trash folder, on either side
--renumber     besides, the server has made a folder anew
--forget       the state is lost, and nothing else has changed
--scenario S   one of scenarios.py
--no-uidplus   the server shows no UIDPLUS
--seed S'''


def spread(these, a):
    """All of these places, only some, or those that were asked for."""
    step = max(1, len(these) // a.points) if a.points else 1
    return a.at or these[step // 2::step]


def some(op, times=2):
    while times > 0:
        times -= bool(op())


class Disturbed:
    """The start: both sides synced, then changed.  Its copies are worlds of their own."""
    def __init__(self, a, small=False, many=0, **conf):
        self.a, self.conf, self.tried = a, conf, 0
        self.scenario = scenario = SCENARIOS[a.scenario]
        self.ends = None        # those of the undisturbed run, with its scenario and after it
        worlds.FLAGS = scenario.flags
        self.start = w = World(a.port, a.user, a.home, a.seed, uidplus=not a.no_uidplus, trash=a.trash and 'Trash',
                               sep=scenario.sep)
        w.small, w.tuid = small or scenario.small, scenario.tuid
        self.free = [] if scenario.always else [w]      # worlds without the scenario's configuration
        w.rules = frozenset(scenario.rules if scenario.always else ())
        self.configure(w)
        w.begin()
        if a.first:
            w.make_one('one/two'.replace('/', w.sep), 'server')
            some(w.remote_new, 12)
        elif a.forget:
            self.synced(w)
            shutil.rmtree(a.home + '/.offlineimap/Account-test')
        else:
            self.synced(w)
            # by chance it may choose none
            if a.renumber and not any(w.renumber() for _ in range(20)):
                raise Wrong('there is no folder that could be made anew')
            if scenario.change:
                scenario.change(w)
            for op in (w.make_folder, w.remote_new, w.local_new, w.twin, w.remote_flags, w.local_flags,
                       w.remote_delete, w.local_delete, w.remote_move, w.local_move, w.local_copy,
                       w.local_rename, w.remote_keyword):
                if op.__name__ not in scenario.without:
                    some(op)
        some(w.remote_new, many)
        self.as_it_was = self.untouched(w)
        self.quiet(w)

    def synced(self, w):
        for op in w.remote_new, w.local_new:
            some(op, 12)
        if self.scenario.start:
            self.scenario.start(w)
        if self.scenario.first:
            w.make_one('one', 'both')
        else:
            some(w.make_folder, 3)
        if w.trash:
            w.make_one(w.trash, 'both')
        if self.a.renumber:
            w.make_one('anew', 'both')
            for _ in range(5):
                w.append('anew', w.text(), w.flags(), w.date())
        self.succeeds(w, 'the start', *self.scenario.first(w) if self.scenario.first else w.sync(limit=LIMIT))
        if self.scenario.ready:
            self.succeeds(w, 'what comes before', *w.command(*self.scenario.ready), end=False)
        w.begin()

    def configure(self, world, port=None):
        conf = {} if world in self.free else self.scenario.conf
        world.configure(port or self.a.tlsport, self.a.ca,
                        **{part: self.conf.get(part, '') + conf.get(part, '') for part in {**self.conf, **conf}})

    def quiet(self, world):
        """Leaves, and waits until the server has no file of the user's open any more."""
        world.m.logout()
        mail = os.path.realpath(f'{self.a.mails}/{world.user}') + '/'
        until = time.monotonic() + LIMIT
        while any(target.startswith(mail) for target in self.open_files()):
            if time.monotonic() > until:
                raise Wrong(f'the server does not let go of {world.user}: {[t for t in self.open_files() if t.startswith(mail)]}')
            time.sleep(.01)

    @staticmethod
    def open_files():
        for comm in glob.glob('/proc/[0-9]*/comm'):
            try:
                with open(comm) as f:
                    files = glob.glob(os.path.dirname(comm) + '/fd/*') if f.read().startswith('imap') else []
                yield from map(os.readlink, files)
            except OSError:
                pass

    def world(self, name, home, server):
        """The start's world as another user, who has the server's folders of the user "server"."""
        subprocess.run(['cp', '-a', f'{self.a.mails}/{server}', f'{self.a.mails}/{name}'], check=True)
        new = World(self.a.port, name, home, self.a.seed, uidplus=self.start.uidplus, trash=self.start.trash,
                    sep=self.start.sep)
        for what in 'known', 'new', 'side', 'refused', 'count', 'small', 'tuid':
            setattr(new, what, copy.deepcopy(getattr(self.start, what)))
        new.rules = frozenset(self.scenario.rules)
        self.configure(new)
        return new

    def clone(self, name):
        """The same start once more."""
        name = f'{self.a.user}.{name}'
        home = f'{self.a.home}-{name}'
        subprocess.run(['cp', '-a', self.start.home, home], check=True)
        return self.world(name, home, self.start.user)

    def drop(self, world):
        if world.m.state != 'LOGOUT':
            world.m.logout()
        for file in glob.glob(glob.escape(world.home) + '.*'):
            os.unlink(file)
        shutil.rmtree(world.home)
        shutil.rmtree(f'{self.a.mails}/{world.user}')

    def shimmed(self, world, **env):
        """A run under the shim: status, what it said, its steps, and calls that could have failed."""
        counter = world.home + '.steps'
        if os.path.exists(counter):
            os.unlink(counter)
        # a sanitizer that may open nothing cannot look for leaks
        asan = os.environ.get('ASAN_OPTIONS', '') + ':verify_asan_link_order=0' + (':detect_leaks=0' if 'SHIM_FAIL' in env else '')
        status, said = self.sync(world, SHIM_FILE=counter, LD_PRELOAD=SHIM, ASAN_OPTIONS=asan, **env)
        with open(counter, 'rb') as f:
            return status, said, *(int.from_bytes(f.read(8), sys.byteorder) for _ in range(2))

    def sync(self, world, limit=LIMIT, **env):
        """What is disturbed: status, what it said."""
        if self.scenario.command:
            return world.command(*self.scenario.command, limit=limit, **env)
        return world.sync(*self.scenario.options, limit=limit, **env)

    def whole(self, world, status, said):
        """A run that nobody disturbed, first of all: it must succeed."""
        if self.scenario.between:
            self.succeeds(world, 'the whole run', status, said, end=False)
            self.scenario.between(world)
            status, said = self.sync(world)
        self.finished(world, 'the whole run', status, said)
        self.drop(world)

    def again(self, world, what):
        """Run again undisturbed: the end."""
        if self.scenario.between:
            self.scenario.between(world)
        self.finished(world, f'{what}, then run again', *self.sync(world))
        self.tried += 1

    def finished(self, world, what, status, said):
        """The end, and what comes of it with the scenario over, are as the model has them, and as they
        were when nobody disturbed."""
        if self.scenario.command:
            self.succeeds(world, what, status, said, end=False)
            status, said = world.sync(limit=LIMIT)
        self.succeeds(world, what, status, said)
        if self.untouched(world) != self.as_it_was:
            raise Wrong(f'{what}: a side was changed that must not be\n{said}')
        ends = [self.picture(world)]
        if self.scenario.later is not None:
            ends.append(self.later(world, what))
        self.ends = self.ends or ends
        # which of two equal messages is moved to the trash is nobody's business
        if ends != self.ends and not world.trash:
            raise Wrong(f'{what}: not the end of the undisturbed run:\n' + '\n'.join(
                f'{word} {n} of {m}' for got, wanted in zip(ends, self.ends) for word, bag in
                (('lacks', wanted - got), ('too many,', got - wanted)) for m, n in bag.items()) + f'\n{said}')

    def later(self, world, what):
        """The scenario is over: what was held is done now."""
        if not self.scenario.later:
            self.free.append(world)
            self.configure(world)
        world.rules &= {'disk names'}
        if self.scenario.after:
            self.scenario.after(world)
        self.succeeds(world, f'{what}, and again with all allowed', *world.sync(*self.scenario.later, limit=LIMIT))
        return self.picture(world)

    def untouched(self, world):
        """A side that must not change in anything."""
        rules = self.scenario.rules
        return ('server fixed' in rules and world.server(), 'disk fixed' in rules and sorted(
            (os.path.relpath(p, world.root), os.stat(p).st_mtime_ns) for p in glob.glob(world.root + '/**', recursive=True)))

    @staticmethod
    def picture(world):
        """All that both sides hold, but for uids and names."""
        server, disk = world.seen
        return collections.Counter(
            [('server', folder, *message) for folder in server for message in server[folder].values()] +
            [('disk', folder, *message[:4]) for folder in disk for message in disk[folder]])

    def succeeds(self, world, what, status, said, end=True):
        if status not in (self.scenario.statuses if world.rules or world.refused else (0,)):
            raise Wrong(f'{what}: exit status {status}\n{said}')
        if end:
            self.check(world, what, said)

    @staticmethod
    def check(world, what, said):
        try:
            if world.trash:
                # what came into one side's trash
                status, more = world.sync(limit=LIMIT)
                said += more
                if status != 0:
                    raise Wrong(f'the sync after it: exit status {status}')
            world.check()
        except Wrong as e:
            raise Wrong(f'{what}:\n{e}\n{said}')

    def honest(self, world, what, status, said):
        """A run that met with a failure: no tool died of it, and it says so unless all is done."""
        if status < 0 or 'killed by signal' in said or 'Sanitizer' in said:
            raise Wrong(f'{what}: a tool died (exit status {status})\n{said}')
        if status == 0:
            # what comes between makes another end of it
            if not self.scenario.command and not self.scenario.between:
                self.check(world, f'{what}, with exit status 0', said)
        elif status not in (1, 2, 75):
            raise Wrong(f'{what}: exit status {status}\n{said}')
        elif not said.strip():
            raise Wrong(f'{what}: exit status {status}, and not a word')


def run(a, test):
    """Prints what test says; 1 if it finds something wrong."""
    try:
        print(test(a))
    except Wrong as e:
        print(f'seed {a.seed}:', e, sep='\n')
        sys.exit(1)
