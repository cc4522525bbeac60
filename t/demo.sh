#!/bin/bash
# A sample mailbox on a throwaway Dovecot, synced both ways before your eyes.
# "make demo" calls this after the build.  Everything that stays is in build/demo.
set -u
here=$(cd "$(dirname "$0")/.." && pwd) || exit 1
# shellcheck source=t/dovecot.bash
. "$here/t/dovecot.bash"

user=you
export HOME=$here/build/demo TZ=UTC PATH=$here/build/bin:$PATH
unset XDG_CONFIG_HOME
maildir=$HOME/Mail conf=$HOME/.offlineimaprc
# As root Dovecot runs as nobody, who must be able to come here.
[ "$(id -u)" -ne 0 ] || unset TMPDIR
run=$(mktemp -d "${TMPDIR:-/tmp}/offlineimap-demo.XXXXXX") && chmod 711 "$run" || exit 1
clean() {
	dovecot_stop "$run/dovecot"
	rm -rf "$run"
}
trap clean EXIT
trap 'exit 1' HUP INT TERM

bold='' plain=''
if [ -t 1 ]; then
	bold=$(printf '\033[1m') plain=$(printf '\033[0m')
fi
say() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
fail() {
	printf 'demo: %s\n' "$*" >&2
	exit 1
}
# Shows a command and runs it.
show() {
	printf '  $ %s\n' "$*"
	"$@" 2>&1 | sed 's/^/    /'
	[ "${PIPESTATUS[0]}" -eq 0 ] || fail "\"$*\" failed"
}
imap() { python3 "$here/t/imap.py" "$DOVECOT_PORT" "$user" "$@" || fail "imap $*"; }
agree() { "$here/t/agree.py" --dates --utf8 "$DOVECOT_PORT" "$user" "$maildir"; }
# The first file of a folder whose message has this in it.
file_with() { grep -rlF -- "$2" "$maildir/$1/cur" "$maildir/$1/new" | head -n 1; }

rm -rf "$HOME" && mkdir -p "$HOME" || exit 1

say '1. A server: Dovecot on loopback, with a certificate of its own authority'
dovecot_start "$run/dovecot" || fail 'no server'
cp "$DOVECOT_CA" "$HOME/ca.pem"
filled=$("$here/t/seed.py" "$DOVECOT_PORT" "$user" sample) || fail 'the server could not be filled'
echo "  IMAP over TLS on localhost:$DOVECOT_TLSPORT; the account \"$user\" has $filled."

say '2. The configuration, as OfflineIMAP has always had it'
cat >"$conf" <<END
[general]
accounts = Demo

[Account Demo]
localrepository = Local
remoterepository = Remote
utf8foldernames = yes

[Repository Local]
type = Maildir
localfolders = ~/Mail

[Repository Remote]
type = IMAP
remotehost = localhost
remoteport = $DOVECOT_TLSPORT
sslcacertfile = ~/ca.pem
remoteuser = $user
remotepass = pw
END
sed 's/^/    /' "$conf"

say '3. The first sync'
show offlineimap -o
echo
find "$maildir" -mindepth 1 -maxdepth 1 -type d -printf '%f\n' | sort |
	while read -r f; do
		printf '    %4d in %s\n' "$(find "$maildir/$f/cur" "$maildir/$f/new" -type f | wc -l)" "$f"
	done

say '4. Life goes on, on both sides'
echo '  On the server: a new message, one marked as read, one deleted, a new folder.'
printf 'From: Ada <ada@example.org>\nTo: you@example.net\nSubject: Friday it is\nMessage-ID: <late@example.org>\n\nSee you!\n' |
	imap append INBOX - '' 1720000000 >/dev/null
imap store INBOX 1 +FLAGS '\Seen'
imap delete Archive/2023 1
imap create Archive/2025
echo '  In the Maildir: a message flagged, one deleted, one written, a new folder.'
f=$(file_with INBOX 'Build 4711') || fail 'a message is missing'
mv "$f" "$maildir/INBOX/cur/$(basename "${f%:2,*}"):2,FS"
f=$(file_with Sent 'holiday pictures') || fail 'a message is missing'
rm "$f" || exit 1
mkdir -p "$maildir/Ideas"/{cur,new,tmp}
printf 'From: Me <you@example.net>\nTo: you@example.net\nSubject: An idea\n\nWritten offline.\n' \
	>"$maildir/Ideas/cur/1720000001.1.demo:2,S"
touch -d @1720000001 "$maildir/Ideas/cur/1720000001.1.demo:2,S"

say '5. What the next sync would do; nothing is touched'
show offlineimap --dry-run

say '6. The second sync'
show offlineimap -o

say '7. The proof, from Python over imaplib and the file system, with none of our code'
printf '  $ %s\n' "t/agree.py --dates --utf8 $DOVECOT_PORT $user $maildir"
agree | sed 's/^/    /'
[ "${PIPESTATUS[0]}" -eq 0 ] || fail 'the two sides differ'

say 'The server stops now.  What stays:'
echo "  the Maildir        $maildir"
echo "  the configuration  $conf"
echo "  the sync's state   $HOME/.offlineimap"
