#!/usr/bin/env python3
"""cut.py [OPTION...] MAILS PORT TLSPORT CA USER HOME

The sync of disturbed.py through a relay that cuts its connection behind the first byte, from the
same start behind the second, and so on, in each direction; or that stalls there: nothing more
comes, and the connection stays.  Then it is run again undisturbed.  In clear text: TLS would only
hide which byte it is.

--stall        stall; without it, cut
--jobs N       so many at a time (1)"""""
import os, select, socket, sys, threading
from concurrent.futures import ThreadPoolExecutor
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from disturbed import Disturbed, Wrong, arguments, run, spread

DIRECTIONS = {'up': 'to the server', 'down': 'from the server'}


class Relay:
    """Passes on what comes on its port, all connections together so many bytes of one direction."""
    def __init__(self, port):
        self.to, self.listener = port, socket.create_server(('127.0.0.1', 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.wake, self.woken = os.pipe()
        self.let()
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()

    def let(self, direction=None, n=0, stall=False, dead=False):
        """What the next connections may do; dead: once one is cut there are no others."""
        self.direction, self.left, self.stall, self.dead = direction, n, stall, dead
        self.passed = {'up': 0, 'down': 0}
        self.met = False

    def close(self):
        os.close(self.woken)
        self.thread.join()
        os.close(self.wake)
        self.listener.close()

    def work(self):
        other, way, stalled = {}, {}, set()

        def end(*socks):
            for s in socks:
                for x in s, other.get(s):
                    if x and x.fileno() != -1:
                        stalled.discard(x)
                        other.pop(x, None)
                        x.close()

        while True:
            ready, _, _ = select.select([self.wake, self.listener, *(s for s in other if s not in stalled)], [], [])
            if self.wake in ready:
                return end(*list(other))
            for s in ready:
                if s is self.listener:
                    client = s.accept()[0]
                    if self.met and self.dead:
                        client.close()
                        continue
                    server = socket.create_connection(('127.0.0.1', self.to))
                    for x in client, server:
                        x.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    other.update({client: server, server: client})
                    way.update({client: 'up', server: 'down'})
                elif s in other and not self.pass_on(s, other[s], way[s]):
                    if self.met and self.stall:
                        # what comes from there waits; the other direction goes on
                        stalled.add(s)
                    elif self.met and self.dead:
                        end(*list(other))
                    else:
                        end(s)

    def pass_on(self, source, target, way):
        """1 if the connection goes on."""
        limited = way == self.direction
        if limited and self.met and self.stall:
            return False
        try:
            data = source.recv(self.left if limited and not self.met and self.left < 65536 else 65536)
            target.sendall(data)
        except OSError:
            return False
        self.passed[way] += len(data)
        if limited and not self.met:
            self.left -= len(data)
            if self.left == 0 and data:
                self.met = True
                return False
        return bool(data)


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
        status, said = w.sync(limit=60)
    except Wrong as e:
        raise Wrong(f'{what}: {e}')
    finally:
        relay.close()
    d.quiet(w)
    w.login()
    d.honest(w, what, status, said)
    d.configure(w)
    d.again(w, what)
    d.drop(w)
    return relay.met, status != 0


def cut(a):
    # what the server does not say for a second it will not say
    d = Disturbed(a, small=True, general='socktimeout = 1\n' if a.stall else '')
    relay = Relay(a.port)
    w = d.clone('all')
    d.configure(w, relay.port)
    status, said = w.sync()
    total = dict(relay.passed)
    relay.close()
    d.whole(w, status, said)
    with ThreadPoolExecutor(a.jobs) as pool:
        todo = [pool.submit(one, d, a, way, k, total[way]) for way in DIRECTIONS for k in spread(range(1, total[way] + 1), a)]
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


p = arguments(__doc__)
p.add_argument('--stall', action='store_true')
p.add_argument('--jobs', type=int, default=1)
args = p.parse_args()
args.tlsport, args.ca = args.port, '-'
run(args, cut)
