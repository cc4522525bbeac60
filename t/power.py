#!/usr/bin/env python3
"""power.py [OPTION...] MAILS PORT TLSPORT CA USER HOME

The sync of disturbed.py whose machine loses its power before the first step at which something is
not synced, from the same start before the next, and so on (with all synced a power loss is a kill).  For each, several things that the disk could hold then (disk.py) are put in
place of the home, with the server as it was at that moment, and it is run again: nothing durable
may be lost, doubled or altered.  The images of each step:

least     no change of names and no data that was not synced
apart     the same, each directory for itself
names     all changes of names, none of the unsynced data
data      no unsynced change of names, all data
random    some beginning of the changes of names, any subset of the data, whole, in part, or zeros
strewn    the same, each directory for itself
all       everything

--images N     only so many of each step, others each time (all)
--deaf WHAT    as if no sync of files, or of dirs, had happened: this must be found
--again        it is killed at the step, and run again; power is lost at the end of that
--many N       so many more downloads: one syncfs for all of them"""""
import os, random, sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from disk import Disk, difference, read_log, write_image
from disturbed import Disturbed, Wrong, arguments, run, spread

KINDS = 'least', 'names', 'random', 'apart', 'strewn', 'data', 'all'


def nothing(change):
    return False


def everything(change):
    return True


def chance(r):
    """Each time some of the data, in one of its ways; the same change has the same."""
    chosen = {}
    return lambda change: chosen.setdefault(change, r.choice([True, False, 'zero', r.random()]))


def image(disk, kind, r):
    n = len(disk.renamings)
    more = r.randint(0, n)
    names = {'least': disk.beginning, 'data': disk.beginning, 'apart': disk.apart,
             'random': lambda: disk.beginning(more), 'names': lambda: range(n), 'all': lambda: range(n),
             'strewn': lambda: disk.apart(r.sample(range(n), r.randint(0, min(n, 4))))}[kind]()
    return disk.image(names, {'data': everything, 'all': everything, 'random': chance(r),
                              'strewn': chance(r)}.get(kind, nothing))


def traced(d, world, *runs):
    """Runs, each with its environment, and what they did to the disk; the last one's status, words and steps."""
    disk, ops = Disk(world.home), []
    for number, env in enumerate(runs):
        log = f'{world.home}.disk{number}'
        status, said, steps, _ = d.shimmed(world, SHIM_DISK=log, **env)
        ops += read_log(log)
    return disk, ops, status, said, steps


def deafened(ops, what, disk):
    """Without the syncs of files, or of directories; those of the state's own file stay."""
    if not what:
        return ops
    dirs = {number for number, node in disk.nodes.items() if node.is_dir} | {op.target for op in ops if op.what == 'M'}
    kept = databases(disk)
    return [op for op in ops if not (op.what == 'A' or op.what == 'S' and op.target not in kept and
                                     (op.target in dirs) == (what == 'dirs'))]


def databases(disk):
    state = [node for node in disk.nodes.values() if node.is_dir and b'data.mdb' in node.start]
    files = {id(node.start[b'data.mdb']) for node in state}
    return {number for number, node in disk.nodes.items() if id(node) in files}


def placed(d, world, kind, what):
    """A world with that image, and the server as that world left it."""
    home = f'{world.home}-{kind}'
    write_image(what, home)
    return d.world(f'{world.user}{kind}', home, world.user)


def power(a):
    d = Disturbed(a, small=bool(a.many), many=a.many)
    r = random.Random(a.seed)
    w = d.clone('all')
    disk, ops, status, said, steps = traced(d, w, {})
    exposed = set()
    for k in range(1, steps + 1):
        while ops and ops[0].step < k:
            disk.run([ops.pop(0)])
        if any(disk.unsynced()):
            exposed.add(k)
    disk.run(ops)
    wrong = difference(image(disk, 'all', r), w.home)
    if wrong:
        raise Wrong(f'the model of the disk is wrong: {wrong}')
    d.whole(w, status, said)
    risky = [k for k in range(1, steps + 1) if a.again or k in exposed]
    early = places = first = 0
    when = 'killed before step {}, run again, power lost then' if a.again else 'power lost before step {}'
    # the last one is behind the end
    for k in [*(spread(risky, a) if not a.deaf else []), None]:
        w = d.clone(f'p{k or "end"}')
        stop = {'SHIM_KILL': str(k)} if k else {}
        disk, ops, status, *_ = traced(d, w, *([stop, {}] if a.again else [stop]))
        early += k is not None and not a.again and status == 0
        disk.run(deafened(ops, a.deaf, disk))
        d.quiet(w)
        places += 1
        seen = []
        for kind in KINDS[first:] + KINDS[:first]:
            what = image(disk, kind, r)
            if what in seen:
                continue
            if a.images and len(seen) == a.images:
                break
            first = (KINDS.index(kind) + 1) % len(KINDS)
            seen.append(what)
            v = placed(d, w, kind, what)
            d.again(v, f'{when.format(k) if k else "power lost behind the end"} of {steps}, image "{kind}"')
            d.drop(v)
        d.drop(w)
    if early > places // 4 + 1:
        raise Wrong(f'{early} of {places} runs were over before their step came')
    return (f'{steps} steps in the whole run, {len(exposed)} with something unsynced; '
            f'power lost at {places} points; {d.tried} different images tried')


def main(args):
    p = arguments(__doc__)
    p.add_argument('--images', type=int, default=0)
    p.add_argument('--again', action='store_true')
    p.add_argument('--many', type=int, default=0)
    p.add_argument('--deaf', choices=['files', 'dirs'])
    run(p.parse_args(args), power)


if __name__ == '__main__':
    main(sys.argv[1:])
