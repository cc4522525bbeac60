# shellcheck shell=bash
# What imap-list asks on each rung of the ladder, and the plan that comes of it: the same on all.
# Sourced by the tests, behind lib.bash.

# A record: its fields.
r() {
	local IFS=$'\t'
	printf '%s\n' "$*"
}

# seed N [FOLDER]: so many messages in one command.
seed() { imap fill "${2:-INBOX}" "$1"; }

# The pairs that changed; the listing of them, with the dialogue in "trace"; the plan.
pairs() { sync-state -H | imap-list -H | maildir-scan -H | sync-pair; }
listing() { sync-state | imap-list -d 2>trace | maildir-scan; }
# What was asked (with a sed script for it), and of a plan what does not depend on names and numbers of the day.
asked() { sed -n "s/^\[imap\]: > [^ ]* //; T; ${1-}; p" trace; }
plain_plan() { sed -E '/^(plan|end|note|mark\tlocal)/d; s/\t[0-9]+:/\tV:/; s/\t(name|sum|gen|modseq|validity|cur|new|rules|date)=[^\t]*//g'; }

# rung ADDRESS PORT COMMAND...: new, flags, expunge, nothing, on the server that is spoken to there; the
# commands for the folder must be these, and the plan is the same everywhere.
rung() {
	local wanted
	export PORT=$2
	write_conf 'general:fsync = no' "remote:remotehost = $1"
	printf -v wanted '%s\n' "${@:3}"
	seed 30
	sync
	mail a
	mail b INBOX '\Flagged'
	imap store INBOX 3 +FLAGS '\Answered'
	imap store INBOX 4 -FLAGS '\Seen'
	imap delete INBOX 7:8
	pairs >pair
	listing <pair >listed
	sync-plan <listed >plan
	asked '/^ENABLE/d; s/([0-9]* [0-9]*)/(V M)/; s/CHANGEDSINCE [0-9]*/CHANGEDSINCE M/' >commands
	same "$(<commands)" "${wanted%$'\n'}"
	plain_plan <plan >plain
	same "$(<plain)" "$(r flags local INBOX INBOX V:3 add=R was=S
		r flags local INBOX INBOX V:4 del=S was=S
		r delete local INBOX INBOX V:7 was=S
		r delete local INBOX INBOX V:8 was=S
		r copy local INBOX INBOX V:31 flags=% size=137
		r copy local INBOX INBOX V:32 flags=F size=137
		r mark remote INBOX INBOX count=30 lines=6 next=33)"
	imap-fetch <plan | sync-apply >report
	counted 6 ^done report
	agree_but_times
	# and nothing: the plan is empty, whatever had to be asked
	pairs >pair
	listing <pair | sync-plan | plain_plan >plain
	[ "$(grep -c -v ^mark plain)" -eq 0 ]
}

# shellcheck disable=SC2034 # for the tests
NEW='UID FETCH 31:* (UID FLAGS INTERNALDATE RFC822.SIZE)'
