#!/usr/bin/env python3
"""cut.py [OPTION...] MAILS PORT TLSPORT CA USER HOME

The sync of disturbed.py through a relay that cuts its connection behind the first byte, from the
same start behind the second, and so on, in each direction; or that stalls there: nothing more
comes, and the connection stays.  Then it is run again undisturbed.  In clear text: TLS would only
hide which byte it is.

--stall        stall; without it, cut
--way WAY      only up (to the server), or only down
--jobs N       so many at a time (1)"""""
import os, sys
from concurrent.futures import ThreadPoolExecutor
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from cutter import Relay
from disturbed import Disturbed, Wrong, arguments, run, spread

DIRECTIONS = {'up': 'to the server', 'down': 'from the server'}


def one(d, a, way, k, total):
    # by turns the one connection is lost, or the network
    dead = bool(k // max(1, total // a.points if a.points else 1) % 2)
    stopped = 'stalled' if a.stall else 'the network cut' if dead else 'cut'
    what = f'{stopped} behind byte {k} of {total} {DIRECTIONS[way]}'
    relay = Relay(a.port)
    try:
        w = d.clone(f'{"s" if a.stall else "c"}{way}{k}')
        d.configure(w, relay.port)
        relay.let(way, k, a.stall, dead)
        status, said = d.sync(w, limit=60)
    except Wrong as e:
        raise Wrong(f'{what}: {e}')
    finally:
        relay.close()
    d.quiet(w)
    w.login()
    d.configure(w)
    d.honest(w, what, status, said)
    d.again(w, what)
    d.drop(w)
    return relay.met, status != 0


def cut(a):
    # what the server does not say for a second it will not say
    d = Disturbed(a, small=True, general='socktimeout = 1\n' if a.stall else '')
    relay = Relay(a.port)
    w = d.clone('all')
    d.configure(w, relay.port)
    status, said = d.sync(w)
    total = dict(relay.passed)
    relay.close()
    d.configure(w)
    d.whole(w, status, said)
    with ThreadPoolExecutor(a.jobs) as pool:
        todo = [pool.submit(one, d, a, way, k, total[way]) for way in a.way or DIRECTIONS for k in spread(range(1, total[way] + 1), a)]
        try:
            done = [t.result() for t in todo]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    met = sum(m for m, _ in done)
    if met < len(done) * 3 // 4:
        raise Wrong(f'only {met} of {len(done)} runs came to their byte')
    return (f'{total["up"]} bytes to the server, {total["down"]} from it; {"stalled" if a.stall else "cut"} at '
            f'{d.tried} points, {d.tried - met} of them past its end; {sum(f for _, f in done)} runs said so, '
            'the others had done all')


def main(args):
    p = arguments(__doc__)
    p.add_argument('--stall', action='store_true')
    p.add_argument('--way', choices=DIRECTIONS, action='append')
    p.add_argument('--jobs', type=int, default=1)
    a = p.parse_args(args)
    a.tlsport, a.ca = a.port, '-'
    run(a, cut)


if __name__ == '__main__':
    main(sys.argv[1:])
