# shellcheck shell=bash
# What the bats files share.  "load lib" gives each test a home of its own, the
# tools first in PATH, a user of its own on the suite's Dovecot, and the helpers
# below; setup and teardown may be replaced by ones that call t_setup, t_teardown.
#
#   ROOT BUILD          the source tree; build or build/san (SAN=1)
#   SERVED              runs a Python script of t/ (t/served.c)
#   HOME MAILDIR META   the test's own; ~/Mail, ~/.offlineimap
#   PORT TLSPORT CA U   of the server in use, and the user; the password is "pw"
#   MAILS               where that server keeps a directory for each user
#
#   server OPTION...          a Dovecot for this test alone (see dovecot.bash)
#   quota LINE...             the same with a quota
#   write_conf [PART:LINE...] ~/.offlineimaprc for the account "test", PART is
#                             general, account, remote or local; "remote:-NAME"
#                             leaves one of the usual lines out; in clear text
#                             where the file does not set OVER_TLS, which costs 20 ms a run
#   imap COMMAND...           t/imap.py as the test's user
#   sync [OPTION...]          offlineimap -o, quietly
#   message N                 a small message, made of N
#   mail N [FOLDER [FLAGS [TIME]]]     put on the server
#   deliver N [FOLDER [LETTERS [TIME]]]  put in the Maildir, as another program would
#   on_server N [FOLDER]      the server has so many messages there, in all folders without one
#   file_of N [FOLDER]        the path of its file; fails if there is not just one
#   find_file N [FOLDER]      the same as FILE, which saves the shell of a $(...)
#   agree                     both sides hold the same (t/agree.py), times included
#   agree_but_times           the same without them
#   put FILE                  standard input, text, into a file, without a process
#   sent_little               the run whose words are in "output" sent less than 10 kB
#   the_original OPTION...    Debian's OfflineIMAP
#   cuts FIRST STEP LAST      bytes at which to cut a connection
#   unprivileged COMMAND...   as nobody, if the tests run as root
#   counted N REGEX FILE      so many of its lines match, N+ for so many or more, + for any
#   holds N [FOLDER]          the server has so many messages in it, or in all
#   frozen DIR...             all that can be known of what lies there, but times of reading

ROOT=${BATS_TEST_DIRNAME%/*}
BUILD=$ROOT/build
SERVED=$ROOT/build/t/served
[ -z "${SAN:-}" ] || BUILD=$ROOT/build/san
# shellcheck source=t/dovecot.bash
. "$ROOT/t/dovecot.bash"

t_setup() {
	# bats looks where it is before each command; when one fails is soon enough
	trap - DEBUG
	trap 'where_failed; bats_error_trap' ERR
	export HOME=$BATS_TEST_TMPDIR/home LC_ALL=C TZ=UTC
	export MAILDIR=$HOME/Mail META=$HOME/.offlineimap
	export PATH=$BUILD/bin:$PATH
	export TMPDIR=$BATS_TEST_TMPDIR
	unset XDG_CONFIG_HOME
	mkdir -p "$HOME" && cd "$HOME" || return 1
	U=${BATS_TEST_FILENAME##*/}
	U=${U%.bats}$BATS_TEST_NUMBER
	PORT=$T_PORT TLSPORT=$T_TLSPORT CA=$T_CA
	# shellcheck disable=SC2034
	MAILS=$T_MAILS
	export U PORT TLSPORT CA
}

# bats asks for the time by a process.
get_mills_since_epoch() {
	local now=${EPOCHREALTIME/.}
	echo "${now%???}"
}

# As bats' own, which takes two subshells: on some machines each costs more than the tool that is run.
# What the command leaves running in the background is not waited for.
run() {
	local want='' apart='' flags=$- file=$BATS_TEST_TMPDIR.run.$BASH_SUBSHELL IFS=$' \t\n'
	while :; do
		case $1 in
		'!') want='!' ;;
		-[0-9]*) want=${1#-} ;;
		--separate-stderr) apart=1 ;;
		*) break ;;
		esac
		shift
	done
	[ "$1" != -- ] || shift
	set +eET
	status=0
	if [ -n "$apart" ]; then
		run_here "$@" >"$file" 2>"$file.err" || status=$?
		run_took stderr stderr_lines "$file.err"
	else
		run_here "$@" >"$file" 2>&1 || status=$?
	fi
	run_took output lines "$file"
	set "-$flags"
	case $want in
	'') ;;
	'!') [ "$status" -ne 0 ] || { echo "$*: success, which was not expected" >&2; return 1; } ;;
	*) [ "$status" -eq "$want" ] || { echo "$*: exit status $status instead of $want" >&2; return 1; } ;;
	esac
}

# A function gets a shell of its own: it may leave, or go elsewhere.
run_here() {
	if declare -F -- "$1" >/dev/null; then
		("$@")
	else
		"$@"
	fi
}

# run_took VALUE LINES FILE: as $(...) would have it.
run_took() {
	local -n value=$1 all=$2
	mapfile -d '' all <"$3"
	printf -v value %s "${all[@]}"
	while [[ $value == *$'\n' ]]; do value=${value%$'\n'}; done
	IFS=$'\n' read -rd '' -a all <<<"$value" || :
}

where_failed() { bats_capture_stack_trace; }

# relay_start SCRIPT ARG...: a relay of t/ before the server, until the test ends.  Its directory is "relay", and
# it says there, in "port", where it listens; it ends with its input.
relay_start() {
	mkdir relay && mkfifo relay/end
	"$SERVED" "$@" <relay/end 3>&- &
	exec 7>relay/end
	for _ in {1..500}; do
		[ ! -s relay/port ] || break
		nap
	done
}

t_teardown() {
	local pid
	[ ! -p "$BATS_TEST_TMPDIR/home/relay/end" ] || exec 7>&-
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
	# shellcheck disable=SC2034	# for the bats files
	MAILS=$BATS_TEST_TMPDIR/server$n/mail
}

# quota LINE...: such a server, with these settings of the quota plugin.
quota() {
	{
		printf '%s\n' 'mail_plugins = quota' 'protocol imap {' '  mail_plugins = quota imap_quota' '}'
		printf '%s\n' 'plugin {' '  quota = count:User' '  quota_vsizes = yes' "$@" '}'
	} >quota.conf
	server include="$PWD/quota.conf"
}

# The lines of one part of the configuration: "defaults" (one a line) but for
# options given anew, then those given.
conf_part() {
	local part=$1 default line name
	while IFS= read -r default; do
		name=${default%% *}
		for line in "${@:3}"; do
			[[ ! $line =~ ^$part:(-$name$|\ *$name\ *=) ]] || continue 2
		done
		printf '%s\n' "$default"
	done <<<"$2"
	for line in "${@:3}"; do
		[[ $line != "$part:"* || $line == "$part:-"* ]] || printf '%s\n' "${line#*:}"
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
		if [ -n "${OVER_TLS:-}" ]; then
			line="remoteport = $TLSPORT"$'\n'"sslcacertfile = $CA"
		else
			line="remoteport = $PORT"$'\nssl = no\nstarttls = no'
		fi
		conf_part remote "type = IMAP
remotehost = localhost
$line
remoteuser = $U
remotepass = pw" "$@"
	} >"$HOME/.offlineimaprc"
}

imap() { "$SERVED" imap.py "$PORT" "$U" "$@"; }
agree() { "$SERVED" agree.py --dates "$@" "$PORT" "$U" "$MAILDIR"; }
agree_but_times() { "$SERVED" agree.py "$@" "$PORT" "$U" "$MAILDIR"; }
put() {
	local text
	IFS= read -rd '' text || :
	printf %s "$text" >"$1"
}
# shellcheck disable=SC2154	# run sets it
sent_little() { [[ $output =~ ' '[0-9]+' B up,' || $output =~ ' '[0-9](\.[0-9]+)?' kB up,' ]]; }
the_original() { /usr/bin/offlineimap "$@"; }

# cuts FIRST STEP LAST: where a connection is cut; everywhere with SOAK=1.
cuts() { seq "$1" "$([ -n "${SOAK:-}" ] && echo 1 || echo "$2")" "$3"; }

unprivileged() {
	[ "$EUID" -eq 0 ] || {
		"$@"
		return
	}
	# The tree may lie where nobody can go.
	[ -d "$HOME/bin" ] || cp -r "$BUILD/bin" "$BUILD/lib" "$HOME"
	chown -R nobody "$HOME"
	PATH=$HOME/bin:$PATH setpriv --reuid=nobody --regid="$(id -gn nobody)" --clear-groups "$@"
}

sync() { offlineimap -o -u quiet "$@"; }

# A fork costs more than most of what is done here: text is made without one.
message_text() {
	printf -v "$2" '%s\n' 'From: a@example.org' 'To: b@example.org' "Subject: number $1" \
		'Date: Mon, 01 Jan 2024 00:00:00 +0000' "Message-ID: <$1@example.org>" '' "body $1"
}

message() {
	local text
	message_text "$1" text
	printf %s "$text"
}

mail() {
	local text
	message_text "$1" text
	imap append "${2:-INBOX}" - "${3:-}" "${4:-1700000000}" <<<"${text%$'\n'}" >/dev/null
}

deliver() {
	local dir=$MAILDIR/${2:-INBOX} sub=new name=${4:-1700000000}.$1.elsewhere
	[ -z "${3:-}" ] || { sub=cur name+=:2,$3; }
	if ! [ -d "$dir/cur" ] || ! [ -d "$dir/new" ] || ! [ -d "$dir/tmp" ]; then
		mkdir -p "$dir"/{cur,new,tmp}
	fi
	message "$1" >"$dir/$sub/$name"
	touch -d "@${4:-1700000000}" "$dir/$sub/$name"
}

on_server() {
	local all
	imap ls "${@:2}" >"$BATS_TEST_TMPDIR/ls" || return 1
	mapfile -t all <"$BATS_TEST_TMPDIR/ls"
	[ ${#all[@]} -eq "$1" ] || { echo "the server has ${#all[@]} messages, not $1" >&2; return 1; }
}

file_of() {
	local FILE
	find_file "$@" && printf '%s' "$FILE"
}

# The same without a shell of its own: the path in FILE.
find_file() {
	local file found='' lines text
	for file in "$MAILDIR/${2:-INBOX}"/{cur,new}/*; do
		[ -f "$file" ] || continue
		mapfile -n 20 lines <"$file"
		printf -v text %s "${lines[@]}"
		[[ $'\n'$text == *$'\n'"Subject: number $1"$'\n'* ]] || continue
		[ -z "$found" ] || return 1
		found=$file
	done
	FILE=$found
	[ -n "$found" ]
}

# Gives the file of message N these flag letters, as a mail reader does.
letters() {
	local FILE dir file
	find_file "$1" "${3:-INBOX}" || return 1
	dir=${FILE%/*/*} file=${FILE##*/}
	mv "$FILE" "$dir/cur/${file%:2,*}:2,$2"
}

counted() {
	local line n=0
	while IFS= read -r line; do
		[[ ! $line =~ $2 ]] || n=$((n + 1))
	done <"$3" || return 1
	case $1 in
	+) [ "$n" -ne 0 ] ;;
	*+) [ "$n" -ge "${1%+}" ] ;;
	*) [ "$n" -eq "$1" ] ;;
	esac || {
		echo "$3: $n lines with \"$2\" instead of $1" >&2
		return 1
	}
}

holds() {
	imap ls "${@:2}" >"$HOME/held"
	counted "$1" . "$HOME/held"
}

frozen() { find "$@" -printf '%p %i %y %m %n %s %T@ %C@ %l\n' 2>/dev/null | sort; }

# Fails with what differs, for values of more than one line.
same() {
	[ "$1" = "$2" ] || diff -u --label got --label wanted <(printf '%s\n' "$1") <(printf '%s\n' "$2")
}
