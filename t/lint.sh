#!/bin/bash
# What machines can say about the source: "make lint".  Every tool runs; the
# status is 1 if any had something to say.
set -u
cd "$(dirname "$0")/.." || exit 2
status=0
say() { printf '== %s\n' "$1"; }

say 'clang-tidy'
# The flags come quoted as make has them.
eval "flags=($LINT_CPPFLAGS)"
# shellcheck disable=SC2154
# A process for each: in one that has seen several files it mistakes va_lists.
printf '%s\n' bin/*.c lib/*/*.c t/bench/*.c |
	xargs -P 2 -I '{}' clang-tidy --quiet '{}' -- -std=c11 "${flags[@]}" 2>/dev/null || status=1

say 'cppcheck'
cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr \
	--error-exitcode=1 --suppress=missingIncludeSystem -D_GNU_SOURCE -Ilib bin lib t/bench || status=1

say 'shellcheck'
mapfile -t scripts < <(git ls-files '*.sh' '*.bash' .ci/run 'share/*' |
	while read -r f; do head -n 1 "$f" | grep -qE '^#!.*sh$|shellcheck shell=' && echo "$f"; done)
shellcheck -x "${scripts[@]}" || status=1
mapfile -t bats < <(git ls-files 't/*.bats')
# Variables of lib.bash and of bats come from elsewhere.
[ ${#bats[@]} -eq 0 ] || shellcheck -x -s bats -S warning -e SC1091,SC2016,SC2030,SC2031,SC2154 "${bats[@]}" || status=1

say 'mandoc'
for page in man/*.[157]; do
	[ -e "$page" ] || continue
	# Whether a page that it names is installed here is no matter of style.
	mandoc -Tlint "$page" 2>/dev/null | grep -v ': referenced manual not found:' && status=1
done

say 'python'
mapfile -t python < <(git ls-files '*.py')
for f in "${python[@]}"; do
	python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read(), sys.argv[1])' "$f" || status=1
done
exit $status
