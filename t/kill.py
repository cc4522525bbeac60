#!/usr/bin/env python3
"""kill.py [OPTION...] MAILS PORT TLSPORT CA USER HOME

One two-way sync - uploads, downloads, flags, deletions, moves, new folders on both
sides - killed at its first step, from the same start at its next, and so on; then
run again undisturbed.  Each time the end must be that of an undisturbed run.
MAILS is where Dovecot keeps a folder per user.

--points N     only so many of the steps, spread evenly (all)
--no-uidplus   the server shows no UIDPLUS
--seed S"""
import argparse, copy, os, shutil, subprocess, sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from world import World, Wrong

p = argparse.ArgumentParser(usage=__doc__)
p.add_argument('--points', type=int, default=0)
p.add_argument('--seed', type=int, default=1)
p.add_argument('--no-uidplus', action='store_true')
p.add_argument('mails')
p.add_argument('port', type=int)
p.add_argument('tlsport', type=int)
p.add_argument('ca')
p.add_argument('user')
p.add_argument('home')
a = p.parse_args()
SHIM = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../build/t/shim.so')


def clone(world, name):
    """The same start once more, for another user in another home."""
    subprocess.run(['cp', '-a', f'{a.mails}/{world.user}', f'{a.mails}/{name}'], check=True)
    subprocess.run(['cp', '-a', world.home, f'{a.home}-{name}'], check=True)
    new = World(a.port, name, f'{a.home}-{name}', a.seed, uidplus=world.uidplus)
    new.known, new.new = copy.deepcopy(world.known), copy.deepcopy(world.new)
    new.configure(a.tlsport, a.ca)
    return new


def drop(world):
    world.m.logout()
    shutil.rmtree(world.home)
    shutil.rmtree(f'{a.mails}/{world.user}')


def shimmed(world, **env):
    """A run under the shim: status, what it said, and how many steps it took."""
    counter = world.home + '/steps'
    asan = os.environ.get('ASAN_OPTIONS', '') + ':verify_asan_link_order=0'
    status, said = world.sync(SHIM_FILE=counter, LD_PRELOAD=SHIM, ASAN_OPTIONS=asan, **env)
    with open(counter, 'rb') as f:
        return status, said, int.from_bytes(f.read(8), sys.byteorder)


def undisturbed(world, what):
    status, said = world.sync()
    if status != 0:
        raise Wrong(f'{what}: exit status {status}\n{said}')
    try:
        world.check()
    except Wrong as e:
        raise Wrong(f'{what}:\n{e}\n{said}')


def some(op, times=2):
    while times > 0:
        times -= bool(op())


k = 0
try:
    start = World(a.port, a.user, a.home, a.seed, uidplus=not a.no_uidplus)
    start.configure(a.tlsport, a.ca)
    start.begin()
    for op in start.remote_new, start.local_new:
        some(op, 12)
    some(start.make_folder, 3)
    undisturbed(start, 'the start')
    start.begin()
    for op in (start.make_folder, start.remote_new, start.local_new, start.twin, start.remote_flags, start.local_flags,
               start.remote_delete, start.local_delete, start.remote_move, start.local_move, start.local_copy,
               start.local_rename, start.remote_keyword):
        some(op)
    start.m.logout()

    w = clone(start, a.user + 'all')
    status, said, steps = shimmed(w)
    if status != 0:
        raise Wrong(f'the whole run: exit status {status}\n{said}')
    w.check()
    drop(w)
    tried = early = 0
    for k in range(1, steps + 1, max(1, steps // a.points) if a.points else 1):
        for when in ('before', 'after') if not a.points else ('before', 'after')[k % 2:][:1]:
            w = clone(start, f'{a.user}k{k}{when}')
            status, said, _ = shimmed(w, SHIM_KILL=str(k), SHIM_WHEN=when)
            # Answers come in pieces as they like: a run may need fewer steps than the first.
            early += status == 0
            undisturbed(w, f'killed {when} step {k} of {steps}, then run again')
            drop(w)
            tried += 1
except Wrong as e:
    print(f'seed {a.seed}:', e, sep='\n')
    sys.exit(1)
print(f'{steps} steps in the whole run; killed at {tried} points, {early} of them past its end')
if early > tried // 4 + 1:
    sys.exit('too many runs were over before their step came')
