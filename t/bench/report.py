"""Figures as Markdown, and the files that a run leaves."""
import os
import platform
import shutil
import subprocess
import time

import chart
import server

HERE = os.path.dirname(os.path.abspath(__file__))


def facts(options, present):
    """What a reader must know to believe the figures."""
    mount = subprocess.run(['findmnt', '-n', '-o', 'FSTYPE', '--target', options.dir], stdout=subprocess.PIPE, text=True)
    return {
        'date': time.strftime('%Y-%m-%d', time.gmtime()),
        'cores': os.cpu_count(),
        'load': os.getloadavg()[2],
        'kernel': platform.release().partition('-')[0],
        'disk': mount.stdout.strip() or 'unknown',
        'dovecot': server.version(),
        'rtt': options.rtt,
        'rate': options.rate,
        'runs': options.runs,
        'quick': options.quick,
        'tools': [{'name': t.name, 'label': t.label, 'version': t.version(), 'note': t.note} for t in present],
    }


def seconds(s):
    return chart.duration(s) + ' s'


def size(n):
    for unit, factor in (('GB', 1e9), ('MB', 1e6), ('kB', 1e3)):
        if n >= factor:
            return f'{n / factor:.3g} {unit}' if n < 999.5 * factor else f'{n / factor:.0f} {unit}'
    return f'{n} B'


def megabytes(kb):
    return f'{kb / 1024:.1f} MB' if kb < 10240 else f'{kb / 1024:.0f} MB'


def plural(n, word):
    return f'{n:,} {word}' + ('' if n == 1 else 's')


def line(row):
    """One result for the terminal."""
    if row['failed']:
        return f"{row['work']:18} {row['tool']:20} FAILED: {row['failed']}\n{row.get('said', '')}".rstrip()
    parts = [f"{row['work']:18} {row['tool']:20} {seconds(row['wall']):>8} cpu {seconds(row['cpu']):>8}"]
    if row.get('private'):
        parts.append(f"private {megabytes(row['private'])}, largest {megabytes(row['largest'])}")
    if 'turns' in row:
        parts.append(f"{plural(row['turns'], 'turn')}, {plural(row['connections'], 'connection')}, "
                     f"up {size(row['up'])}, down {size(row['down'])}")
    if 'echo' in row:
        parts.append(plural(row['echo'], 'turn') + ' to find the echo')
    return ', '.join(parts)


def table(head, rows):
    out = ['| ' + ' | '.join(head) + ' |', '|' + '---|' * len(head)]
    out += ['| ' + ' | '.join(r) + ' |' for r in rows]
    return '\n'.join(out) + '\n'


def by_work(results):
    """{work: {tool: row}}, in the order in which they were done."""
    works = {}
    for row in results:
        works.setdefault(row['work'], {})[row['tool']] = row
    return works


def cell(row):
    """Time and turns of one result."""
    if row is None:
        return '-'
    if row['failed']:
        return 'failed'
    out = seconds(row['wall'])
    # The run before the first of these still had something of the past to look at.
    if row['kind'] == 'noop' and row.get('before', 0) > row['wall'] * 1.25 + .01:
        out += f" ({seconds(row['before'])} the first time)"
    if 'turns' in row and row['tool'][:5] != 'floor':
        out += ', ' + plural(row['turns'], 'turn')
    return out


def floor_of(tools):
    return next((r for name, r in tools.items() if name.startswith('floor')), None)


def ratio(tools):
    """How many times faster than mbsync."""
    ours, theirs = tools.get('this'), tools.get('mbsync')
    if not ours or not theirs or ours['failed'] or theirs['failed']:
        return '-'
    return f"{theirs['wall'] / ours['wall']:.1f}"


def summary(data):
    names = [t['name'] for t in data['facts']['tools']]
    head = ['work'] + [t['label'] if t['name'] == 'this' else f"{t['label']} {t['version']}"
                       for t in data['facts']['tools']]
    faster = 'mbsync' in names and 'this' in names
    rows = []
    for tools in by_work(data['results']).values():
        first = next(iter(tools.values()))
        if first['work'].startswith('growth'):
            continue
        row = [first['title'][0].upper() + first['title'][1:]] + [cell(tools.get(n)) for n in names]
        rows.append(row + [ratio(tools)] * faster + [cell(floor_of(tools))])
    return table(head + ['× mbsync'] * faster + ['floor'], rows)


def details(data):
    head = ['work', 'tool', 'wall', 'CPU', 'private, all', 'largest process', 'connections', 'turns',
            'longest', 'up', 'down', 'other runs']
    rows = []
    for r in data['results']:
        if r['work'].startswith('growth'):
            continue
        if r['failed']:
            rows.append([r['title'], r['tool'], 'failed: ' + r['failed'].replace('|', '/')] + [''] * 9)
            continue
        memory = [megabytes(r[k]) if r.get(k) else '-' for k in ('private', 'largest')]
        wire = ['-'] * 5
        if 'turns' in r:
            wire = [str(r['connections']), f"{r['turns']:,}", f"{r['longest']:,}", size(r['up']), size(r['down'])]
        others = ' '.join(seconds(w)[:-2] for w in r['walls']) if len(r['walls']) > 1 else ''
        if 'echo' in r:
            others += f" ({plural(r['echo'], 'turn')} in the run after)"
        rows.append([r['title'], r['tool'], seconds(r['wall']), seconds(r['cpu']), *memory, *wire, others.strip()])
    return table(head, rows)


def growth(data):
    head = ['account', 'work', 'wall', 'CPU', 'private, all', 'largest process', 'turns', 'up', 'down']
    rows = []
    for r in data['results']:
        if not r['work'].startswith('growth'):
            continue
        what = f"{plural(r['folders'], 'folder')}, {r['messages']:,} messages"
        if r['failed']:
            rows.append([what, r['title'], 'failed: ' + r['failed'].replace('|', '/')] + [''] * 6)
            continue
        floor = r['tool'].startswith('floor')
        memory = ['-', '-'] if floor else [megabytes(r['private']), megabytes(r['largest'])]
        rows.append([what, r['tool'] if floor else r['title'], seconds(r['wall']), seconds(r['cpu']), *memory,
                     str(r['turns']), size(r['up']), size(r['down'])])
    return table(head, rows) if rows else ''


def conditions(f):
    tools = '\n'.join(f"- {t['label']} {t['version']}: {t['note']}" for t in f['tools'])
    rate = f" and carries {size(f['rate'])} a second" if f['rate'] else ''
    return f"""{f['date']}, {f['cores']} cores, Linux {f['kernel']}, {f['disk']}, Dovecot {f['dovecot']}, load {f['load']:.1f}.
"RTT" goes through a relay that adds {f['rtt'] / 2:g} ms each way{rate}. A turn: the client spoke after it had heard an
answer; login and farewell are turns too, and so is each step of a TLS handshake. Each tool has a copy of
the same account and all do the works in the same order. What takes less than 3 s is done {f['runs']} times
(after a change: 3 times, each after a change of its own) and the median is shown. After each work both
sides are counted, messages and flags, folder by folder: what differs has failed. The floors: for a first
sync one pipelined `UID FETCH 1:* (BODY.PEEK[])` per folder read to nowhere; for "nothing changed" a
login and one question. A first sync has to fetch and to write, and here both share {f['cores']} processors with the
server: "fetched while" is just these two at once.

{tools}
"""


def for_readme(data):
    """The section of the project's README."""
    parts = ['## How fast\n', '![Seconds for the same work](t/bench/speed.svg)\n', summary(data),
             conditions(data['facts']),
             '[Everything that was measured](t/bench/results.md): CPU, memory, bytes; `make bench` does it again.\n']
    if growth(data):
        parts.append('![How time and memory grow](t/bench/growth.svg)\n')
    return '\n'.join(parts)


def markdown(data):
    quick = '\n**A quick run with small numbers: it shows that the bench works, nothing else.**\n' \
        if data['facts']['quick'] else ''
    parts = [f'# How fast\n{quick}', conditions(data['facts'])]
    if any(not r['work'].startswith('growth') for r in data['results']):
        parts[1:1] = ['![Seconds for the same work](speed.svg)\n', summary(data)]
        parts += ['## Everything\n', details(data)]
    if growth(data):
        parts += ['## Growth\n', '![How time and memory grow](growth.svg)\n', growth(data)]
    return '\n'.join(parts)


def write(data, out, save):
    made = {'results.md': markdown(data), 'speed.svg': chart.speed(data)}
    if growth(data):
        made['growth.svg'] = chart.growth(data)
    for name, content in made.items():
        with open(os.path.join(out, name), 'w') as f:
            f.write(content)
        if save:
            shutil.copy(os.path.join(out, name), os.path.join(HERE, name))
    # Where it is shown its charts have other names: it is not saved.
    with open(os.path.join(out, 'readme.md'), 'w') as f:
        f.write(for_readme(data))
    print(made['results.md'])
    print('in ' + out + ': ' + ', '.join(made) + ', readme.md, results.json')
