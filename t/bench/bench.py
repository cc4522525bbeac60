#!/usr/bin/env python3
"""Measures this project and its peers at the same works; README.md, in this folder.

bench.py [OPTION...] [--] [WORD...]

A WORD chooses the works whose key has it in it, -WORD leaves them out; --list shows
the keys.  All of them without a WORD."""
import argparse
import json
import os
import signal
import sys
import tempfile
import time

import floors
import maildir
import measure
import report
import server
import tools
import trees
import works

LONG = 3            # seconds: what takes longer is not repeated
ENOUGH = 5          # runs of what is short
TIMEOUT = 900       # seconds for one run


class Bench:
    def __init__(self, options, where, results):
        self.options, self.where, self.results = options, where, results
        self.server = server.Server(os.path.join(where, 'server'), 1 if options.quick else 4)
        self.accounts = {}

    def close(self):
        self.server.close()

    def say(self, text):
        print(text, file=sys.stderr, flush=True)

    def line(self, far):
        """Delay one way and rate of the line to the server."""
        return (self.options.rtt / 2, self.options.rate) if far else (0, 0)

    def account(self, scenario):
        """The account that each tool gets a copy of; made when it is first wanted."""
        key = scenario.account
        if key not in self.accounts:
            name = 'base-%d-%d-%d' % key
            self.say(f'filling an account: {key[0]} folders, {key[1]} messages')
            self.accounts[key] = dict(self.server.seed(name, *key), user=name,
                                      names=list(self.server.census(name)))
        return self.accounts[key]

    def forget(self, scenario):
        """Its base is not wanted any more."""
        base = self.accounts.pop(scenario.account, None)
        if base:
            self.server.drop(base['user'])

    def scenario(self, scenario, chosen):
        """Does the works with all tools, work by work, so that all have the same weather."""
        base = self.account(scenario)
        runners = []
        for tool in self.options.tools:
            if not scenario.big or tool.can_big or self.options.quick:
                runners.append(Runner(self, scenario, tool, base['user']))
        for i, work in enumerate(scenario.works):
            # The first sync is what all others start from; others are done if asked for.
            if i and not works.wanted(work.key, chosen):
                continue
            told = work.tells and works.wanted(work.key, chosen)
            if told:
                self.floor(scenario, work, base)
            for runner in runners:
                result = runner.work(work)
                self.note(scenario, work, runner.tool.name, result, told)
        for runner in runners:
            runner.close()

    def note(self, scenario, work, tool, result, told=True):
        row = dict(result, work=work.key, title=work.title, kind=work.kind, tool=tool, scenario=scenario.name,
                   folders=scenario.folders, messages=scenario.messages)
        self.say(report.line(row))
        if told:
            self.results.append(row)

    def floor(self, scenario, work, base):
        """The floor beside a work, if it has one."""
        line = self.line(work.far)
        if work.kind == 'noop':
            runs = [floors.ask(self.server, base['user'], line) for _ in range(ENOUGH)]
            self.note(scenario, work, 'floor: one question', choose(runs))
        elif work.kind == 'first' and not work.key.startswith('growth'):
            self.note(scenario, work, 'floor: FETCH', choose([floors.fetch(
                self.server, base['user'], base['names'], base['bytes'], line, scenario.tls)]))

    def floor_files(self, scenario):
        """Writing the same files, three ways, and while all are fetched."""
        base = self.account(scenario)
        home = os.path.join(self.where, 'sizes')
        sizes = floors.server_sizes(self.server, base['user'], base['names'])
        for sync, title in (('none', 'no sync'), ('all', 'one syncfs'), ('each', 'an fsync each')):
            work = works.Work(f'floor-files-{sync}-{scenario.messages}',
                              f'the same {scenario.messages:,} files written and renamed, {title}', 'floor')
            self.note(scenario, work, 'floor: files', choose([floors.write_files(home, sizes, sync)]))
        work = works.Work(f'floor-files-both-{scenario.messages}',
                          f'the same {scenario.messages:,} fetched while as many files are written and renamed', 'floor')
        self.note(scenario, work, 'floor: both', choose([floors.both(
            self.server, base['user'], base['names'], base['bytes'], (0, 0), home, sizes)]))


def choose(runs):
    """Of several runs the one with the median time; the others' times stay beside it."""
    order = sorted(runs, key=lambda r: r['wall'])
    failed = [r for r in runs if r['exit'] != 0 or r.get('wrong')]
    middle = failed[0] if failed else order[(len(order) - 1) // 2]
    return dict(middle, walls=[r['wall'] for r in runs], failed=failure(middle))


def failure(run):
    if run['exit'] != 0:
        return 'exit status %d' % run['exit']
    return run.get('wrong') or ''


class Runner:
    """One tool at one scenario."""

    def __init__(self, bench, scenario, tool, base):
        self.bench, self.scenario, self.tool = bench, scenario, tool
        self.server, self.options = bench.server, bench.options
        self.user = f'{scenario.name}-{scenario.folders}-{scenario.messages}-{tool.name}'
        self.home = os.path.join(bench.where, self.user)
        os.makedirs(self.home)
        self.server.copy(base, self.user)
        self.port = measure.free_port()
        self.setup = tools.Setup(self.home, self.user, self.port, scenario.tls, scenario.fsync, self.server.ca)
        self.place = works.Place(self.server, self.user, self.setup.maildir)
        self.dead = ''

    def close(self):
        trees.put_away(self.home, self.bench.where)
        self.server.drop(self.user)

    def run(self, work, memory=2, far=None):
        """One run and what came of it."""
        delay, rate = self.bench.line(work.far if far is None else far)
        argv = self.tool.command(self.setup)
        if not self.options.quick:
            # What others have left to be written would be written on our time.
            os.sync()
        relay = measure.Relay(self.server.tlsport if self.scenario.tls else self.server.port, delay, rate, self.port)
        return measure.run(argv, self.home, relay, TIMEOUT, memory)

    def pause(self):
        """Mbsync waits until a second is over in which a directory changed: mail came earlier."""
        if not self.options.quick:
            time.sleep(1.1)

    def wrong(self):
        """What differs between the two sides, in words; "" if nothing does."""
        far = {k: v for k, v in self.server.census(self.user).items() if v[0]}
        near = {k: v for k, v in maildir.census(self.setup.maildir).items() if v[0]}
        if far == near:
            return ''
        name = next(n for n in sorted(far.keys() | near.keys()) if far.get(n) != near.get(n))
        return f'{name}: {far.get(name)} on the server, {near.get(name)} here'

    def checked(self, run):
        run['wrong'] = self.wrong() if run['exit'] == 0 else ''
        if failure(run):
            run['said'] = run['output']
        return run

    def work(self, work):
        if self.dead:
            return {'failed': 'no first sync', 'exit': 1, 'walls': []}
        result = getattr(self, work.kind)(work)
        if work.kind == 'first' and result['failed']:
            self.dead = result['failed']
        return result

    def first(self, work):
        return choose([self.checked(self.run(work))])

    def noop(self, work):
        """Several runs without a look at memory, then one with many looks; what is long just once or twice.

        The run right after another work may still look at what that left behind: it stands apart."""
        self.pause()
        before = self.run(work)
        if before['wall'] >= 5 * LONG:
            return choose([self.checked(before)])
        runs = [self.run(work, memory=0)]
        while runs[0]['wall'] < LONG and len(runs) < self.options.runs:
            runs.append(self.run(work, memory=0))
        result = choose([*runs[:-1], self.checked(runs[-1])])
        looked = self.run(work, memory=40) if runs[0]['wall'] < LONG else before
        result.update({k: looked[k] for k in ('private', 'largest', 'processes')}, before=before['wall'])
        return result

    def change(self, work):
        """Each run after a change of its own; between them one that finds the echo of the change.

        The first is watched; if it was short others follow that are not, and the time is theirs."""
        runs = []
        while not runs or (runs[-1]['wall'] < LONG and len(runs) <= min(3, self.options.runs)):
            work.change(self.place, len(runs))
            self.pause()
            runs.append(self.checked(self.run(work, memory=0 if runs else 5)))
            if runs[-1]['exit'] == 0:
                runs[-1]['echo'] = self.run(work, memory=0, far=False)['turns']
        looked = runs[0]
        if len(runs) == 1 or failure(looked):
            return choose([looked])
        return dict(choose(runs[1:]), **{k: looked[k] for k in ('private', 'largest', 'processes')})


def arguments():
    p = argparse.ArgumentParser(usage=__doc__, add_help=True)
    p.add_argument('words', nargs='*')
    p.add_argument('--out', default=os.path.join(tools.ROOT, 'build', 'bench'))
    p.add_argument('--dir', default='/tmp', help='where server and mail are for the time being')
    p.add_argument('--tools', default='', help='names, separated by commas')
    p.add_argument('--rtt', type=float, default=50, help='milliseconds of a round trip')
    p.add_argument('--rate', type=int, default=0, help='bytes a second that the far line carries; no limit')
    p.add_argument('--runs', type=int, help=f'of what is short; {ENOUGH}, or 2 if --quick')
    p.add_argument('--quick', action='store_true', help='small numbers: does it work at all?')
    p.add_argument('--million', action='store_true', help='growth up to 1,000,000 messages in a folder')
    p.add_argument('--save', action='store_true', help="copy the charts into the tree, for the README")
    p.add_argument('--list', action='store_true', help='the keys of all works')
    options = p.parse_args()
    options.tools = tools.installed([t for t in options.tools.split(',') if t])
    options.runs = options.runs or (2 if options.quick else ENOUGH)
    if options.quick and options.rtt == 50:
        options.rtt = 4
    return options


def do_all(bench, options):
    chosen = options.words
    main = works.scenarios(options.quick, options.rtt)
    for i, scenario in enumerate(main):
        if any(w.tells and works.wanted(w.key, chosen) for w in scenario.works):
            bench.scenario(scenario, chosen)
        if scenario.name in ('nosync', 'big') and works.wanted('floor-files', chosen) and (
                any(works.wanted(w.key, chosen) for w in scenario.works)):
            bench.floor_files(scenario)
        if not any(s.account == scenario.account for s in main[i + 1:]):
            bench.forget(scenario)
    bench.options.tools = [t for t in options.tools if t.name == 'this']
    for scenario in works.growth(options.quick, options.rtt, options.million):
        if bench.options.tools and any(works.wanted(w.key, chosen) for w in scenario.works):
            bench.scenario(scenario, chosen)
            bench.forget(scenario)


def main():
    options = arguments()
    if options.list:
        for s in works.scenarios(options.quick, options.rtt) + works.growth(options.quick, options.rtt, False):
            for w in s.works:
                print(f'{w.key:18} {w.title}')
        return 0
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    os.makedirs(options.out, exist_ok=True)
    present = list(options.tools)
    where = tempfile.mkdtemp(prefix='offlineimap-bench.', dir=options.dir)
    os.chmod(where, 0o711)      # as root Dovecot runs as nobody, who must pass
    stopped, results = False, []
    try:
        bench = Bench(options, where, results)
        try:
            do_all(bench, options)
        finally:
            bench.close()
    except KeyboardInterrupt:
        stopped = True          # what has been done is worth telling
    finally:
        trees.remove(where)
    data = {'facts': report.facts(options, present), 'results': results}
    with open(os.path.join(options.out, 'results.json'), 'w') as f:
        json.dump(data, f, indent=1)
    report.write(data, options.out, options.save and not stopped)
    return 1 if stopped or any(r['failed'] and r['tool'] == 'this' for r in results) else 0


if __name__ == '__main__':
    sys.exit(main())
