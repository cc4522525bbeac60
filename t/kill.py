#!/usr/bin/env python3
"""kill.py [OPTION...] MAILS PORT TLSPORT CA USER HOME

The sync of disturbed.py killed at its first step, from the same start at its next, and so on; then
run again undisturbed.  MAILS is where Dovecot keeps a folder per user.

--only TOOL    its steps, and it alone is killed: the others see what comes of that
"""
import os, sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from disturbed import Disturbed, Wrong, arguments, run, spread


def kill(a):
    d = Disturbed(a)
    w = d.clone('all')
    only = {'SHIM_ONLY': a.only} if a.only else {}
    status, said, steps, _ = d.shimmed(w, **only)
    d.whole(w, status, said)
    early = 0
    for k in spread(range(1, steps + 1), a):
        for when in ('before', 'after') if not a.points or a.at else ('before', 'after')[k % 2:][:1]:
            w = d.clone(f'k{k}{when}')
            status, *_ = d.shimmed(w, SHIM_KILL=str(k), SHIM_WHEN=when, **only)
            # Answers come in pieces as they like: a run may need fewer steps than the first.
            early += status == 0
            d.again(w, f'killed {when} step {k} of {steps}')
            d.drop(w)
    if early > d.tried // 4 + 1:
        raise Wrong(f'{early} of {d.tried} runs were over before their step came')
    return f'{steps} steps in the whole run; killed at {d.tried} points, {early} of them past its end'


def main(args):
    p = arguments(__doc__)
    p.add_argument('--only')
    run(p.parse_args(args), kill)


if __name__ == '__main__':
    main(sys.argv[1:])
