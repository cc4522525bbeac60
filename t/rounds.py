#!/usr/bin/env python3
"""rounds.py [OPTION...] PORT TLSPORT CA USER HOME

Rounds of random changes on both sides of a real account, each followed by a sync
with the driver: both sides must then hold what the model says, down to the byte,
the flags and the time, and a second run must change nothing.  CA "-" is clear text.

--rounds N --seed S   how many, and which
--changes N           up to so many changes a round (20)
--kill                kill the first run of each round at a random step, twice, and run again
--live                go on changing things while the first run of each round works
--no-uidplus          the server shows no UIDPLUS: deleted mail stays there, marked
--sep SEP             of the Maildir
--lines               the server ends a message that ends in mid-line
--parents             the server makes the folders above a new one
--trash               deleted messages go to a trash folder, on either side
--forget              lose the state after each round: nothing may be transferred for that
--renumber            the server makes a folder anew in each round where it can
--settle              wait, so that directory times count as proof and runs are deltas"""
import argparse, os, shutil, sys, time
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from world import World, Wrong

SHIM = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../build/t/shim.so')


def run(w, what, *options, **env):
    status, said = w.sync(*options, **env)
    if status != 0:
        raise Wrong(f'{what}: exit status {status}\n{said}')
    return said


def killed(w, steps):
    """Two runs that are stopped somewhere in the steps that the last one needed."""
    env = {'SHIM_FILE': w.home + '/steps', 'LD_PRELOAD': SHIM,
           'ASAN_OPTIONS': os.environ.get('ASAN_OPTIONS', '') + ':verify_asan_link_order=0'}
    for _ in range(2):
        k = w.random.randint(1, steps)
        if os.path.exists(w.home + '/steps'):
            os.unlink(w.home + '/steps')
        status, _ = w.sync(SHIM_KILL=str(k), SHIM_WHEN=w.random.choice(['before', 'after']), **env)
        w.log.append(f'killed at step {k}: status {status}')
        with open(w.home + '/steps', 'rb') as f:
            steps = max(50, int.from_bytes(f.read(8), sys.byteorder))
    return max(steps, 300)


def live(w):
    """A run during which both sides go on changing, each message once."""
    def meanwhile():
        w.change()
        time.sleep(w.random.random() * .02)
    w.log.append('while a sync runs:')
    status, said = w.sync(meanwhile=meanwhile)
    w.log.append(f'its status {status}:\n{said}that was it')


def main(args):
    p = argparse.ArgumentParser(usage=__doc__)
    p.add_argument('--rounds', type=int, default=10)
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('--changes', type=int, default=20)
    p.add_argument('--kill', action='store_true')
    p.add_argument('--live', action='store_true')
    p.add_argument('--no-uidplus', action='store_true')
    p.add_argument('--sep', default='.')
    p.add_argument('--lines', action='store_true')
    p.add_argument('--parents', action='store_true')
    p.add_argument('--forget', action='store_true')
    p.add_argument('--renumber', action='store_true')
    p.add_argument('--trash', action='store_true')
    p.add_argument('--settle', action='store_true')
    p.add_argument('port', type=int)
    p.add_argument('tlsport', type=int)
    p.add_argument('ca')
    p.add_argument('user')
    p.add_argument('home')
    a = p.parse_args(args)
    w = World(a.port, a.user, a.home, a.seed, a.sep, not a.no_uidplus, a.lines, a.parents, 'Trash' if a.trash else None)
    w.configure(a.tlsport, a.ca)
    w.once = a.live
    steps, said = 600, ''
    try:
        for number in range(1, a.rounds + 1):
            w.log = []
            w.begin()
            if a.renumber:
                w.log.append(f'renumber {w.renumber()}')
            if a.trash and number == 1:
                w.make_one('Trash', 'both')
            w.changes(w.random.randint(1, a.changes))
            if a.settle:
                time.sleep(2.1)
            if a.live:
                live(w)
            if a.kill:
                steps = killed(w, steps)
            said = run(w, 'the sync')
            if a.trash:
                # what came into one side's trash
                said += run(w, 'the sync after it')
            w.check()
            if a.settle:
                time.sleep(2.1)
            before = w.snapshot()
            if a.forget:
                # All of it, or all but FolderValidity.
                shutil.rmtree(a.home + '/.offlineimap' + w.random.choice(['', '/Account-test']))
                said = run(w, 'the sync without a state')
                w.check()
                if w.snapshot()[0] != before[0]:
                    raise Wrong('the sync without a state changed the server')
                before = w.snapshot()
            said = run(w, 'the second sync')
            if w.snapshot() != before:
                raise Wrong('the second sync changed something')
    except Wrong as e:
        print(f'seed {a.seed}, round {number}:', *w.log, str(e), 'The last run said:', said, sep='\n')
        sys.exit(1)
    total = sum(len(f) for f in w.known.values())
    print(f'seed {a.seed}: {number} rounds, {w.count} things made, {total} messages in {len(w.known)} folders at the end')


if __name__ == '__main__':
    main(sys.argv[1:])
