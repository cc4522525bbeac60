"""Charts as SVG, for light and dark pages alike."""
import math
from html import escape

COLOURS = {             # on light, on dark
    'this': ('#1d5fd1', '#6aa5ff'),
    'mbsync': ('#3c8d5a', '#63c08a'),
    'offlineimap': ('#d08a1d', '#e8b04f'),
    'interimap': ('#9357b8', '#c193e3'),
}
SERIES = ['this', 'mbsync', 'offlineimap']      # colours of curves
WIDTH = 880


def style():
    light = ''.join(f'.{n} {{ fill: {c[0]}; stroke: {c[0]} }}\n' for n, c in COLOURS.items())
    dark = ''.join(f'.{n} {{ fill: {c[1]}; stroke: {c[1]} }}\n' for n, c in COLOURS.items())
    return f'''<style>
svg {{ font: 12px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif }}
.page {{ fill: #ffffff }} .ink {{ fill: #1f2328 }} .pale {{ fill: #656d76 }} .bad {{ fill: #cf222e }}
.grid {{ stroke: #d8dee4; stroke-width: 1; fill: none }} .floor {{ stroke: #1f2328; stroke-width: 2 }}
.title {{ font-size: 15px; font-weight: 600 }} .bold {{ font-weight: 600 }} .curve {{ fill: none; stroke-width: 2 }}
{light}@media (prefers-color-scheme: dark) {{
.page {{ fill: #0d1117 }} .ink {{ fill: #e6edf3 }} .pale {{ fill: #8d96a0 }} .bad {{ fill: #ff7b72 }}
.grid {{ stroke: #30363d }} .floor {{ stroke: #e6edf3 }}
{dark}.curve {{ fill: none }}
}}
</style>
'''


def text(x, y, s, kind='ink', anchor='start'):
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(s)}</text>\n'


def rule(x1, y1, x2, y2, kind='grid'):
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>\n'


def page(height, body, title):
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}" '
            f'height="{height:.0f}" role="img" aria-label="{escape(title)}">\n{style()}'
            f'<rect class="page" width="{WIDTH}" height="{height:.0f}" rx="6"/>\n{body}</svg>\n')


class Log:
    """A logarithmic axis from one decade to another."""

    def __init__(self, values, start, end):
        self.first = math.floor(math.log10(min(values)))
        self.last = max(math.ceil(math.log10(max(values)) - 1e-9), self.first + 1)
        self.start, self.end = start, end

    def at(self, value):
        part = (math.log10(max(value, 10 ** self.first)) - self.first) / (self.last - self.first)
        return self.start + part * (self.end - self.start)

    def decades(self):
        return [10.0 ** e for e in range(self.first, self.last + 1)]


def short(value):
    return f'{value:,.0f}' if value >= 1 else f'{value:g}'


def duration(s):
    """Seconds with two digits or three."""
    return next((form % s for limit, form in ((.0995, '%.3f'), (.995, '%.2f'), (9.95, '%.1f')) if s < limit),
                '%.0f' % s)


def grouped(results):
    works = {}
    for r in results:
        if r['kind'] != 'floor' and not r['work'].startswith('growth'):
            works.setdefault(r['work'], []).append(r)
    return works


def legend(tools, y, floors):
    out, x = '', 24
    for t in tools:
        out += f'<rect class="{t["name"]}" x="{x}" y="{y - 9}" width="10" height="10" rx="2"/>\n'
        label = 'this project' if t['name'] == 'this' else f"{t['label']} {t['version']}"
        out += text(x + 16, y, label, 'ink bold' if t['name'] == 'this' else 'ink')
        x += 34 + 7 * len(label)
    if floors:
        out += rule(x + 4, y - 11, x + 4, y + 3, 'floor') + text(x + 12, y, 'floor: the server or the wire alone')
    return out


def speed(data):
    """Bars: each work with each tool, seconds on a logarithmic scale."""
    works, tools = grouped(data['results']), data['facts']['tools']
    walls = [r['wall'] for rows in works.values() for r in rows if not r['failed']]
    left, right, bar, y = 24, WIDTH - 70, 11, 84
    axis = Log(walls or [1], 330, right)
    names = [t['name'] for t in tools]
    marks, body = '', ''
    for rows in works.values():
        mine = sorted((r for r in rows if r['tool'] in names), key=lambda r: names.index(r['tool']))
        floor = next((r for r in rows if r['tool'] not in names and not r['failed']), None)
        height = bar * max(len(mine), 1)
        title = rows[0]['title']
        body += text(left, y + height / 2 + 4, title[0].upper() + title[1:])
        for i, r in enumerate(mine):
            top, end = y + i * bar, axis.at(r.get('wall', 0))
            if r['failed']:
                marks += text(axis.start + 4, top + bar - 2, 'failed', 'bad')
                continue
            body += (f'<rect class="{r["tool"]}" x="{axis.start}" y="{top + 1}" '
                     f'width="{max(end - axis.start, 1):.1f}" height="{bar - 2}" stroke-width="0"/>\n')
            marks += text(end + 5, top + bar - 1.5, duration(r['wall']), 'ink bold' if r['tool'] == 'this' else 'pale')
        if floor:
            body += rule(axis.at(floor['wall']), y - 3, axis.at(floor['wall']), y + height + 3, 'floor')
        y += height + 14
    grid = ''.join(rule(axis.at(v), 72, axis.at(v), y - 6) + text(axis.at(v), 66, short(v) + ' s', 'pale', 'middle')
                   for v in axis.decades())
    title = 'Seconds for the same work (logarithmic; on loopback where no RTT is named)'
    return page(y + 6, text(left, 24, title, 'ink title') + legend(tools, 46, True) + grid + body + marks, title)


WORKS = [('-first', 'first sync'), ('-noop', 'nothing changed'), ('-flag', 'one flag changed')]


def panel(rows, series, x_name, value, box, title, unit):
    """Curves of one value over one axis, both logarithmic."""
    left, top, right, bottom = box
    rows = [r for r in rows if r['work'].startswith(series) and r['tool'] == 'this' and not r['failed']]
    if not rows:
        return ''
    x = Log([r[x_name] for r in rows], left + 52, right)
    y = Log([value(r) for r in rows], bottom - 24, top + 26)
    out = text(left, top + 8, title, 'ink bold')
    for v in y.decades():
        out += rule(x.start, y.at(v), x.end, y.at(v)) + text(x.start - 6, y.at(v) + 4, short(v) + unit, 'pale', 'end')
    for v in x.decades():
        out += rule(x.at(v), y.start, x.at(v), y.end) + text(x.at(v), bottom - 8, short(v), 'pale', 'middle')
    for (suffix, _), colour in zip(WORKS, SERIES):
        points = [(x.at(r[x_name]), y.at(value(r)), value(r)) for r in rows if r['work'].endswith(suffix)]
        path = ' '.join(f'{a:.1f},{b:.1f}' for a, b, _ in points)
        out += f'<polyline class="curve {colour}" style="fill: none" points="{path}"/>\n'
        out += ''.join(f'<circle class="{colour}" cx="{a:.1f}" cy="{b:.1f}" r="3"/>\n' for a, b, _ in points)
    return out


def growth(data):
    """Time and memory over the number of folders and of messages."""
    title = 'How time and memory grow (both axes logarithmic)'
    body = text(24, 24, title, 'ink title')
    x = 24
    for (_, label), colour in zip(WORKS, SERIES):
        body += f'<rect class="{colour}" x="{x}" y="37" width="10" height="10" rx="2"/>\n' + text(x + 16, 46, label)
        x += 40 + 7 * len(label)
    rows, middle = data['results'], WIDTH / 2
    for i, (series, x_name, word) in enumerate((('growth-folders', 'folders', 'folders'),
                                                ('growth-messages', 'messages', 'messages in one folder'))):
        left, right = 24 + i * (middle - 6), middle - 24 + i * (middle - 6)
        body += panel(rows, series, x_name, lambda r: r['wall'], (left, 66, right, 300),
                      f'seconds, by {word}', ' s')
        body += panel(rows, series, x_name, lambda r: max(r['largest'], 1) / 1024, (left, 316, right, 520),
                      f'memory of the largest process, by {word}', ' MB')
    return page(532, body, title)
