# shellcheck shell=bash
# What the bats files share.  "load lib" gives each test a home of its own, the
# tools first in PATH, a user of its own on the suite's Dovecot, and the helpers
# below; setup and teardown may be replaced by ones that call t_setup, t_teardown.
#
#   ROOT BUILD          the source tree; build or build/san (SAN=1)
#   HOME MAILDIR META   the test's own; ~/Mail, ~/.offlineimap
#   PORT TLSPORT CA U   of the server in use, and the user; the password is "pw"
#
#   server OPTION...          a Dovecot for this test alone (see dovecot.bash)
#   write_conf [PART:LINE...] ~/.offlineimaprc for the account "test", PART is
#                             general, account, remote or local
#   imap COMMAND...           t/imap.py as the test's user
#   sync [OPTION...]          offlineimap -o, quietly
#   message N [FILE]          a small message, made of N
#   agree                     both sides hold the same (t/agree.py)

ROOT=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
BUILD=$ROOT/build
[ -z "${SAN:-}" ] || BUILD=$ROOT/build/san
# shellcheck source=t/dovecot.bash
. "$ROOT/t/dovecot.bash"

t_setup() {
	export HOME=$BATS_TEST_TMPDIR/home LC_ALL=C TZ=UTC
	export MAILDIR=$HOME/Mail META=$HOME/.offlineimap
	export PATH=$BUILD/bin:$PATH
	export TMPDIR=$BATS_TEST_TMPDIR
	unset XDG_CONFIG_HOME
	mkdir -p "$HOME" && cd "$HOME" || return 1
	U=u$BATS_SUITE_TEST_NUMBER
	PORT=$T_PORT TLSPORT=$T_TLSPORT CA=$T_CA
	export U PORT TLSPORT CA
}

t_teardown() {
	local pid
	for pid in "$BATS_TEST_TMPDIR"/server*/pid; do
		[ ! -e "$pid" ] || dovecot_stop "${pid%/pid}"
	done
}

setup() { t_setup; }
teardown() { t_teardown; }

server() {
	local n=0
	while [ -e "$BATS_TEST_TMPDIR/server$n" ]; do n=$((n + 1)); done
	dovecot_start "$BATS_TEST_TMPDIR/server$n" ca="$T_CADIR" "$@" || return 1
	PORT=$DOVECOT_PORT TLSPORT=$DOVECOT_TLSPORT CA=$DOVECOT_CA
}

# The lines of one part of the configuration: "defaults" (one a line) but for
# options given anew, then those given.
conf_part() {
	local part=$1 default line name
	while IFS= read -r default; do
		name=${default%% *}
		for line in "${@:3}"; do
			[[ ! $line =~ ^$part:\ *$name\ *= ]] || continue 2
		done
		printf '%s\n' "$default"
	done <<<"$2"
	for line in "${@:3}"; do
		[[ $line != "$part:"* ]] || printf '%s\n' "${line#*:}"
	done
}

write_conf() {
	local line
	for line; do
		[[ $line =~ ^(general|account|remote|local): ]] || {
			echo "write_conf: what part is \"$line\" of?" >&2
			return 1
		}
	done
	{
		echo '[general]'
		conf_part general 'accounts = test' "$@"
		printf '\n[Account test]\n'
		conf_part account $'localrepository = local\nremoterepository = remote' "$@"
		printf '\n[Repository local]\n'
		conf_part local "type = Maildir"$'\n'"localfolders = $MAILDIR" "$@"
		printf '\n[Repository remote]\n'
		conf_part remote "type = IMAP
remotehost = localhost
remoteport = $TLSPORT
sslcacertfile = $CA
remoteuser = $U
remotepass = pw" "$@"
	} >"$HOME/.offlineimaprc"
}

imap() { python3 "$ROOT/t/imap.py" "$PORT" "$U" "$@"; }
agree() { python3 "$ROOT/t/agree.py" "$@" "$PORT" "$U" "$MAILDIR"; }
sync() { offlineimap -o -u quiet "$@"; }

message() {
	printf 'From: a@example.org\nTo: b@example.org\nSubject: number %s\n' "$1"
	printf 'Date: Mon, 01 Jan 2024 00:00:00 +0000\nMessage-ID: <%s@example.org>\n\n' "$1"
	printf 'body %s\n' "$1"
}

# Fails with what differs, for values of more than one line.
same() {
	diff -u --label got --label wanted <(printf '%s\n' "$1") <(printf '%s\n' "$2")
}
