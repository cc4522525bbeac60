#!/usr/bin/env python3
"""fail.py [OPTION...] MAILS PORT TLSPORT CA USER HOME

The sync of disturbed.py in which one call fails, from the same start the next one, and so on: a
full disk, a broken one, no descriptor left, a connection that is reset.  No tool may die of it or wait for ever,
and the exit status tells unless all is done; then it is run again undisturbed.

--error E      one of ENOSPC, EIO, EMFILE, ECONNRESET (each)
--on           all later ones fail, too (once without, once with it)"""
import os, sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from disturbed import Disturbed, Wrong, arguments, run, spread

def met_first(log):
    """The call that failed: program, call, object."""
    with open(log) as f:
        return next((line.split(' ', 2)[2].strip() for line in f if '! ' in line), 'no call')


def one(d, error, on, k, calls):
    w = d.clone(f'{error.lower()}{k}{"on" if on else ""}')
    env = {'SHIM_ON': '1'} if on else {}
    log = w.home + '.log'
    what = f'{error} at call {k} of {calls}{" and all later ones" if on else ""}'
    try:
        status, said, _, met = d.shimmed(w, SHIM_ERROR=error, SHIM_FAIL=str(k), SHIM_LOG=log, **env)
    except Wrong as e:
        raise Wrong(f'{what} ({met_first(log)}): {e}')
    what += f' ({met_first(log)})'
    d.honest(w, what, status, said)
    d.again(w, what)
    d.drop(w)
    return met >= k, status != 0


def fail(a):
    # a tool may wait for a server that was never asked, but not for ever
    d = Disturbed(a, general='socktimeout = 10\n')
    said, failed, met = [], 0, 0
    for error in a.error or ['ENOSPC', 'EIO', 'EMFILE', 'ECONNRESET']:
        w = d.clone(f'{error.lower()}all')
        status, words, _, calls = d.shimmed(w, SHIM_ERROR=error)
        d.whole(w, status, words)
        for number, k in enumerate(spread(range(1, calls + 1), a)):
            # in a sample by turns
            for on in [True] if a.on else [bool((number + len(said)) % 2)] if a.points and not a.at else [False, True]:
                was_met, told = one(d, error, on, k, calls)
                met += was_met
                failed += told
        said.append(f'{error} {calls}')
    if met < d.tried * 3 // 4:
        raise Wrong(f'only {met} of {d.tried} runs came to their call')
    return (f'calls that can fail in the whole run: {", ".join(said)}; failed at {d.tried} points, '
            f'{d.tried - met} of them past its end; {failed} runs said so, the others had done all')


def main(args):
    p = arguments(__doc__)
    p.add_argument('--error', action='append')
    p.add_argument('--on', action='store_true')
    run(p.parse_args(args), fail)


if __name__ == '__main__':
    main(sys.argv[1:])
