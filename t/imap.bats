# imap-list, imap-fetch and sync-apply against servers that do what they should not: a scripted
# one (t/scripted.py) for what no real server can be brought to, and the real one.
bats_require_minimum_version 1.5.0
load lib

setup() {
	t_setup
	write_conf
	T="exec $SERVED scripted.py $HOME/script $HOME/log"
}

# Texts of small messages, and of each what records call it.
A=$'Subject: a\n\nbody\n' B=$'Subject: b\n\nbody\n' C=$'Subject: c\n\nbody\n'
declare -gA digests=([$A]=ee43ae1903b0bb15f4c6084084e717fa [$B]=5f1d4457700047174b6ea4d2913ede12 [$C]=0dabe6715729f2b9f62d7313e4fb6038)

# A record: its fields.
r() {
	local IFS=$'\t'
	printf '%s\n' "$*"
	RECORDS=$((RECORDS + 1))
}

# The server's script, from standard input; what it gets is in the log.
script() {
	put "$HOME/script"
	: >"$HOME/log"
}

# apply [FIELD...]: that plan line, or those on standard input, carried out; as "run", but without the
# records of the stat and the end.
apply() {
	local line said
	if [ $# -gt 0 ]; then
		local IFS=$'\t'
		run sync-apply -a test -t "$T" <<<"$*"
	else
		run sync-apply -a test -t "$T"
	fi
	said=("${lines[@]}") lines=()
	for line in "${said[@]}"; do
		[[ $line == stat* || $line == end* ]] || lines+=("$line")
	done
	printf -v output '%s\n' "${lines[@]}"
	output=${output%$'\n'}
}
list() { imap-list -a test -t "$T" "$@"; }
fetch() { imap-fetch -a test -t "$T" "$@"; }

# matches N REGEX: N lines of standard input match; "+" is at least one.
matches() {
	local line all n=0
	mapfile -t all
	for line in "${all[@]}"; do
		[[ ! $line =~ $2 ]] || n=$((n + 1))
	done
	[ "$n" = "$1" ] || { [ "$1" = + ] && [ "$n" -gt 0 ]; } || {
		printf '%s\n' "$n lines, not $1, match $2:" "${all[@]}"
		return 1
	}
}

# logged REGEX TEXT: those lines of the server's log that match are just this text.
logged() {
	local line found=
	while IFS= read -r line; do
		[[ ! $line =~ $1 ]] || found+=${found:+$'\n'}$line
	done <log
	same "$found" "$2"
}

# files N DIR: N files lie below it.
files() {
	local file n=0
	shopt -s globstar dotglob
	for file in "$2"/**; do
		[ ! -f "$file" ] || [ -L "$file" ] || n=$((n + 1))
	done
	shopt -u globstar dotglob
	[ "$n" -eq "$1" ] || {
		echo "$n files, not $1, in $2"
		return 1
	}
}

# Around the records of a stream: its head, and the end that counts them.
listing() {
	RECORDS=0
	r listing 1 account=test
}
ended() { r end - - "$RECORDS"; }
pair() { r pair "$1" "${2-$1}" fmd5=x maxdelete=- "rules=${3-%}"; }

# digest TEXT: what records call that, of its first 8192 bytes in wire form; in DIGEST.
digest() {
	local wire=${1//$'\n'/$'\r\n'}
	wire=${wire:0:8192}
	[ -n "${digests[$1]:-}" ] || read -r -n 32 'digests[$1]' < <(printf %s "${wire//$'\r'}" | sha256sum)
	DIGEST=${digests[$1]}
}

# have FOLDER V:UID FLAGS TEXT: a message that both sides and the state have.
have() {
	local spool=offlineimap-spool.1.$RANDOM oneline=${4//$'\n'}
	[ -d "$MAILDIR/$1" ] || mkdir -p "$MAILDIR/$1"/{cur,new,tmp}
	digest "$4"
	printf '%s' "$4" >"$MAILDIR/$1/tmp/$spool"
	r copy local "$1" "$1" "$2" date=1000000000 "flags=${3:-%}" size=$((2 * ${#4} - ${#oneline})) \
		"spool=$1/tmp/$spool" "spooldig=$DIGEST" "spoolsize=${#4}" >had
	sync-apply -a test -t false <had >/dev/null
}
# file FOLDER UID: its file, in FILE, and the base name, in BASE; fails if there is not just one.
file() {
	local file found=()
	for file in "$MAILDIR/$1"/{cur,new}/*",U=$2,"*; do
		[ ! -e "$file" ] || found+=("$file")
	done
	FILE=${found:-} BASE=${found##*/}
	BASE=${BASE%:2,*}
	[ ${#found[@]} -eq 1 ]
}
no_file() {
	file "$@" || :
	[ -z "$FILE" ]
}
# reflag FOLDER UID LETTERS: what a mail reader makes of its name.
reflag() {
	file "$1" "$2" && mv "$FILE" "$MAILDIR/$1/cur/$BASE:2,$3"
}
# gone FOLDER UID: what "have" made, without its file; NAME is the base name.
gone() {
	file "$1" "$2" && rm "$FILE"
	NAME=$BASE
}
# The state's rows of a folder, in ROWS: lines of "V:UID FLAGS KEPT NAME", the name cut to its uid;
# and its intents, in INTENTS: lines of "KEPT NAME".
state() {
	local fields field line
	{ listing; pair "$1"; ended; } >asked
	sync-state -a test <asked >answer || return 1
	ROWS='' INTENTS=''
	while IFS=$'\t' read -ra fields; do
		line=
		for field in "${fields[@]:3}"; do
			case ${fields[0]}:$field in
			m:name=*,U=*) field=${field##*,U=} line+=" U=${field%%,*}" ;;
			m:flags=* | *:kept=* | *:name=*) line+=" $field" ;;
			esac
		done
		case ${fields[0]}:${fields[1]} in
		m:s) ROWS+=${ROWS:+$'\n'}${fields[2]}$line ;;
		intent:*) INTENTS+=${INTENTS:+$'\n'}${line# } ;;
		esac
	done <answer
}
# Nothing but these.
rows() {
	state "$1" && same "$ROWS" "$2"
}
intents() {
	state "$1" && same "$INTENTS" "$2"
}

# --- sync-apply: deletions

@test "delete local: gone from the server, so the file goes" {
	have INBOX 7:5 S "$A"
	script <<-'END'
		on EXAMINE "INBOX"
		* 0 EXISTS
		* OK [UIDVALIDITY 7] x
		TAG OK [READ-ONLY] x
		on UID FETCH 5
		TAG OK x
	END
	apply delete local INBOX INBOX 7:5 was=S
	[[ $output == done$'\t'delete* ]]
	no_file INBOX 5
	rows INBOX ''
}

@test "delete local: a FETCH that is refused proves no absence" {
	local answer
	for answer in 'NO [INUSE] x' 'BAD x'; do
		have INBOX 7:5 S "$A"
		script <<-END
			on EXAMINE "INBOX"
			* 1 EXISTS
			* OK [UIDVALIDITY 7] x
			TAG OK [READ-ONLY] x
			on UID FETCH 5
			TAG $answer
		END
		apply delete local INBOX INBOX 7:5 was=S
		[[ $output == fail=* ]]
		file INBOX 5
		rows INBOX '7:5 flags=S U=5'
	done
}

@test "delete local: the server has it, another UIDVALIDITY, none, a refused folder: it stays" {
	local select fetch='TAG OK x'
	have INBOX 7:5 S "$A"
	for select in '* OK [UIDVALIDITY 8] x|TAG OK x' 'TAG OK x' 'TAG NO [NONEXISTENT] x' 'TAG BAD x' \
		'* OK [UIDVALIDITY 7] x|TAG OK x|has'; do
		[[ $select != *has ]] || fetch=$'* 1 FETCH (UID 5 FLAGS (\\Seen))\nTAG OK x'
		select=${select%|has}
		script <<-END
			on EXAMINE
			${select//|/$'\n'}
			on UID FETCH
			$fetch
		END
		apply delete local INBOX INBOX 7:5 was=S
		[[ $output == fail=*delete* || $output == skip=the*again*delete* ]]
		file INBOX 5
		rows INBOX '7:5 flags=S U=5'
	done
}

@test "delete local: the folder is left before the FETCH is answered: what comes behind proves nothing" {
	have INBOX 7:5 S "$A"
	script <<-'END'
		on EXAMINE
		* 1 EXISTS
		* OK [UIDVALIDITY 7] x
		TAG OK x
		on UID FETCH 5
		%sh true
		on UNSELECT
		TAG OK x
		* 1 FETCH (UID 5 FLAGS (\Seen))
		o2 OK x
		o3 OK x
	END
	apply delete local INBOX INBOX 7:5 was=S
	[[ $output == fail=*out%20of%20turn*delete* ]]
	file INBOX 5
	rows INBOX '7:5 flags=S U=5'
}

@test "delete local: the server dies at any byte of its answers; then the file is there, or the row is not" {
	local cut
	for cut in $(cuts 1 37 150); do
		have INBOX 7:5 S "$A"
		script <<-'END'
			on EXAMINE "INBOX"
			* 0 EXISTS
			* OK [UIDVALIDITY 7] x
			TAG OK [READ-ONLY] x
			on UID FETCH 5
			TAG OK x
		END
		T+=" $cut" apply delete local INBOX INBOX 7:5 was=S
		state INBOX
		if file INBOX 5; then
			[ "$ROWS" = '7:5 flags=S U=5' ]
		else
			[[ -z $FILE && -z $ROWS && $output == done* ]]
		fi
	done
}

@test "delete remote: marked, expunged in a second flight, and nothing of it is left" {
	have INBOX 7:5 S "$A"
	gone INBOX 5
	script <<-'END'
		on SELECT "INBOX"
		* 1 EXISTS
		* OK [UIDVALIDITY 7] x
		TAG OK [READ-WRITE] x
		on UID FETCH 5
		* 1 FETCH (UID 5 FLAGS (\Seen))
		TAG OK x
		on UID STORE
		TAG OK x
		on UID EXPUNGE
		* 1 EXPUNGE
		TAG OK x
	END
	apply delete remote INBOX INBOX 7:5 "name=$NAME" was=S
	[[ $output == done$'\t'delete* ]]
	same "$(<log)" 'SELECT "INBOX"
UID FETCH 5 (UID FLAGS)
UID STORE 5 +FLAGS.SILENT (\Deleted)
UNSELECT
SELECT "INBOX"
UID EXPUNGE 5
UNSELECT'
	rows INBOX ''
}

@test "delete remote: a file that comes back between mark and expunging keeps its message, without the mark" {
	have INBOX 7:5 S "$A"
	file INBOX 5
	cp "$FILE" kept
	gone INBOX 5
	script <<-END
		on SELECT "INBOX"
		* 1 EXISTS
		* OK [UIDVALIDITY 7] x
		TAG OK [READ-WRITE] x
		on UID FETCH 5
		* 1 FETCH (UID 5 FLAGS (\\Seen))
		TAG OK x
		once UID STORE
		%sh cp '$PWD/kept' '$FILE'
		TAG OK x
		on UID STORE
		TAG OK x
		on UID EXPUNGE
		TAG OK x
	END
	apply delete remote INBOX INBOX 7:5 "name=$NAME" was=S
	[[ $output == skip=the%20file%20is%20back* ]]
	matches 0 EXPUNGE <log
	logged STORE 'UID STORE 5 +FLAGS.SILENT (\Deleted)
UID STORE 5 -FLAGS.SILENT (\Deleted)'
	rows INBOX '7:5 flags=S U=5'
	[ -e "$FILE" ]
}

@test "delete remote: the connection ends behind mark or expunge; the row says that it was begun, and it is done again" {
	local last
	for last in 'UID STORE' 'UID EXPUNGE'; do
		have INBOX 7:5 S "$A"
		gone INBOX 5
		script <<-END
			on SELECT
			* 1 EXISTS
			* OK [UIDVALIDITY 7] x
			TAG OK [READ-WRITE] x
			on UID FETCH
			* 1 FETCH (UID 5 FLAGS (\Seen))
			TAG OK x
			on $last
			%close
			on UID STORE
			TAG OK x
		END
		apply delete remote INBOX INBOX 7:5 "name=$NAME" was=S
		[[ $output == fail* ]]
		rows INBOX '7:5 flags=ST kept=deleting U=5'
		script <<-'END'
			on SELECT
			* 1 EXISTS
			* OK [UIDVALIDITY 7] x
			TAG OK [READ-WRITE] x
			on UID FETCH
			* 1 FETCH (UID 5 FLAGS (\Seen \Deleted))
			TAG OK x
			on UID STORE
			TAG OK x
			on UID EXPUNGE
			TAG OK x
		END
		apply delete remote INBOX INBOX 7:5 "name=$NAME" was=ST
		[[ $output == done* ]]
		rows INBOX ''
	done
}

@test "delete remote: a folder made anew loses nothing, and the mark is taken back" {
	local told
	have INBOX 7:5 S "$A"
	gone INBOX 5
	for told in '* OK [UIDVALIDITY 8] x' '* OK no validity'; do
		script <<-END
			on SELECT "INBOX"
			* 1 EXISTS
			$told
			TAG OK [READ-WRITE] x
			on UID FETCH 5
			* 1 FETCH (UID 5 FLAGS (\\Seen))
			TAG OK x
			on UID STORE
			TAG OK x
			on UID EXPUNGE
			TAG OK x
		END
		apply delete remote INBOX INBOX 7:5 "name=$NAME" was=S
		[[ $output == fail=* ]]
		matches 0 EXPUNGE <log
		logged STORE 'UID STORE 5 +FLAGS.SILENT (\Deleted)
UID STORE 5 -FLAGS.SILENT (\Deleted)'
		rows INBOX '7:5 flags=S U=5'
	done
}

@test "deletions: of what the state does not say that both sides had nothing goes, nor is it marked" {
	local side line why other
	have INBOX 7:5 S "$A"
	have other 8:6 S "$B"
	for side in local remote; do
		if [ $side = local ]; then
			file other 6
			other=$BASE
			file INBOX 5
			NAME=$BASE
		else
			gone INBOX 5
		fi
		while IFS='|' read -r line why; do
			script <<-END
				on (SELECT|EXAMINE) "INBOX"
				* 0 EXISTS
				* OK [UIDVALIDITY ${line%%:*}] x
				TAG OK x
				on UID
				TAG OK x
			END
			apply delete $side INBOX INBOX "${line%% *}" "name=${line#* }" was=S
			echo "$side $line: $output"
			[[ $output == "skip=$why"*delete* ]]
			matches 0 'STORE|EXPUNGE' <log
			rows INBOX '7:5 flags=S U=5'
			[ $side = remote ] || file INBOX 5
		done <<-END
			7:6 $NAME|the%20state%20does%20not%20know%20it
			8:5 $NAME|UIDVALIDITY%20is%20not%20the%20state
			7:5 $other|the%20state%20names%20another%20file
		END
	done
}

@test "delete remote: a message that was marked before in a folder made anew stays marked" {
	have INBOX 7:5 S "$A"
	gone INBOX 5
	script <<-'END'
		on SELECT "INBOX"
		* OK [UIDVALIDITY 8] x
		TAG OK [READ-WRITE] x
		on UID FETCH 5
		* 1 FETCH (UID 5 FLAGS (\Deleted))
		TAG OK x
		on UID STORE
		TAG OK x
	END
	apply delete remote INBOX INBOX 7:5 "name=$NAME" was=S
	[[ $output == fail=* ]]
	matches 1 STORE <log
}

@test "delete remote: other flags there now, a refused FETCH, a read-only folder: it stays" {
	local fetched rw store
	have INBOX 7:5 S "$A"
	gone INBOX 5
	for fetched in FLAGS '* 1 FETCH (UID 5 FLAGS (\Seen \Flagged))|TAG OK x|READ-WRITE|TAG OK x' 'TAG NO x|READ-WRITE|TAG OK x' \
		'* 1 FETCH (UID 5 FLAGS (\Seen))|TAG OK x|READ-ONLY|TAG NO x' \
		'* 1 FETCH (UID 5 FLAGS (\Seen))|TAG OK x|READ-WRITE|TAG NO x'; do
		[ "$fetched" != FLAGS ] || continue
		store=${fetched##*|} rw=${fetched%|*} rw=${rw##*|}
		fetched=${fetched%|*|*}
		script <<-END
			on SELECT
			* 1 EXISTS
			* OK [UIDVALIDITY 7] x
			TAG OK [$rw] x
			on UID FETCH
			${fetched//|/$'\n'}
			on UID STORE
			$store
			on UID EXPUNGE
			TAG OK x
		END
		apply delete remote INBOX INBOX 7:5 "name=$NAME" was=S
		[[ $output != done* ]]
		[[ $rw != READ-ONLY || $output == skip=*read-only* ]]
		matches 0 EXPUNGE <log
		rows INBOX '7:5 flags=S U=5'
	done
}

@test "delete remote: the file is back: nothing is even asked" {
	have INBOX 7:5 S "$A"
	file INBOX 5
	NAME=$BASE
	script </dev/null
	apply delete remote INBOX INBOX 7:5 "name=$NAME" was=S
	[[ $output == 'skip=the%20file%20is%20back'* ]]
	[ ! -s log ]
}

@test "delete remote: without UIDPLUS, or with expunge = no, the mark stays and the row says so" {
	have INBOX 7:5 S "$A"
	gone INBOX 5
	script <<-'END'
		caps IMAP4rev1
		on SELECT
		* OK [UIDVALIDITY 7] x
		TAG OK [READ-WRITE] x
		on UID FETCH
		* 1 FETCH (UID 5 FLAGS (\Seen))
		TAG OK x
		on UID STORE
		TAG OK x
		on EXAMINE offlineimap-no-such-folder
		TAG NO x
	END
	apply delete remote INBOX INBOX 7:5 "name=$NAME" was=S
	[[ $output == done* ]]
	[ "$(tail -n 1 log)" = 'EXAMINE offlineimap-no-such-folder' ]
	matches 0 EXPUNGE <log
	rows INBOX '7:5 flags=ST kept=expunge'
}

# --- sync-apply: the trash

# trash FETCHED FIRST SECOND MOVE: a server with MOVE; flags of message 5, what each SELECT tells, and the answer to MOVE.
trash() {
	script <<-END
		caps IMAP4rev1 UNSELECT UIDPLUS MOVE
		once SELECT "INBOX"
		* 1 EXISTS
		$2
		TAG OK [READ-WRITE] x
		on SELECT "INBOX"
		* 1 EXISTS
		$3
		TAG OK [READ-WRITE] x
		on UID FETCH 5
		$1
		TAG OK x
		on UID STORE
		TAG OK x
		on CREATE
		TAG OK x
		$4
	END
}

@test "move remote: one MOVE, behind a SELECT that has told the right UIDVALIDITY; no mark goes along" {
	local v='* OK [UIDVALIDITY 7] x' moved=$'on UID MOVE 5 "Trash"\n* OK [COPYUID 9 5 1] x\n* 1 EXPUNGE\nTAG OK x'
	have INBOX 7:5 S "$A"
	gone INBOX 5
	trash '* 1 FETCH (UID 5 FLAGS (\Seen \Deleted))' "$v" "$v" "$moved"
	apply move remote INBOX INBOX 7:5 Trash - "name=$NAME" was=ST
	[[ $output == done$'\t'move* ]]
	same "$(<log)" 'SELECT "INBOX"
UID FETCH 5 (UID FLAGS)
UNSELECT
SELECT "INBOX"
UID STORE 5 -FLAGS.SILENT (\Deleted)
UID MOVE 5 "Trash"
UNSELECT'
	rows INBOX ''
	# it is gone already, by an answer that was lost
	have INBOX 7:5 S "$A"
	gone INBOX 5
	trash '' "$v" "$v" "$moved"
	apply move remote INBOX INBOX 7:5 Trash - "name=$NAME" was=S
	[[ $output == done$'\t'move* ]]
	matches 0 MOVE <log
	rows INBOX ''
}

@test "move remote: a folder made anew between any two of our commands: nothing is moved" {
	local first second
	have INBOX 7:5 S "$A"
	gone INBOX 5
	for first in 8 7; do
		for second in 8 none; do
			trash '* 1 FETCH (UID 5 FLAGS (\Seen))' "* OK [UIDVALIDITY $first] x" "* OK [UIDVALIDITY $second] x" \
				$'on UID MOVE\nTAG OK x'
			apply move remote INBOX INBOX 7:5 Trash - "name=$NAME" was=S
			[[ $output == fail=* ]]
			matches 0 'MOVE|STORE|EXPUNGE' <log
			rows INBOX '7:5 flags=S U=5'
		done
	done
}

@test "move remote: without MOVE, a folder made anew: nothing is copied, marked or bared" {
	local first
	have INBOX 7:5 S "$A"
	gone INBOX 5
	for first in '* OK [UIDVALIDITY 8] x' '* OK no validity'; do
		script <<-END
			caps IMAP4rev1 UNSELECT UIDPLUS
			on SELECT "INBOX"
			* 1 EXISTS
			$first
			TAG OK [READ-WRITE] x
			on EXAMINE "Trash"
			* 0 EXISTS
			* OK [UIDVALIDITY 9] x
			TAG OK [READ-ONLY] x
			on UID FETCH 5
			* 1 FETCH (UID 5 FLAGS (\\Seen \\Deleted))
			TAG OK x
			on UID STORE
			TAG OK x
			on UID COPY
			TAG OK x
		END
		apply move remote INBOX INBOX 7:5 Trash - "name=$NAME" was=ST
		[[ $output == fail=*UIDVALIDITY* ]]
		matches + '^SELECT "INBOX"$' <log
		matches 0 'COPY|STORE|EXPUNGE' <log
		rows INBOX '7:5 flags=S U=5'
	done
}

@test "move remote: a refused MOVE deletes nothing; one that lacks its folder gets it" {
	local v='* OK [UIDVALIDITY 7] x' seen='* 1 FETCH (UID 5 FLAGS (\Seen))'
	have INBOX 7:5 S "$A"
	gone INBOX 5
	trash "$seen" "$v" "$v" $'on UID MOVE\nTAG NO [OVERQUOTA] full'
	apply move remote INBOX INBOX 7:5 Trash - "name=$NAME" was=S
	[[ $output == fail=*Trash*full* ]]
	matches 0 'CREATE|STORE|EXPUNGE' <log
	rows INBOX '7:5 flags=S U=5'
	trash "$seen" "$v" "$v" $'once UID MOVE\nTAG NO [TRYCREATE] x\non UID MOVE\n* 1 EXPUNGE\nTAG OK x'
	apply move remote INBOX INBOX 7:5 'B%20&A%22' - "name=$NAME" was=S
	[[ $output == done$'\t'move* ]]
	logged 'CREATE|MOVE' 'UID MOVE 5 "B &A\""
CREATE "B &A\""
UID MOVE 5 "B &A\""'
}

@test "move remote: two folders, no trash, and a server that has no word for what is there: made once" {
	have INBOX 7:5 S "$A"
	have other 7:5 S "$B"
	gone INBOX 5
	gone other 5
	script <<-'END'
		caps IMAP4rev1 UNSELECT UIDPLUS MOVE
		on SELECT
		* 1 EXISTS
		* OK [UIDVALIDITY 7] x
		TAG OK [READ-WRITE] x
		on UID FETCH 5
		* 1 FETCH (UID 5 FLAGS (\Seen))
		TAG OK x
		once CREATE
		TAG OK x
		on CREATE
		TAG NO it is there already
		once UID MOVE
		TAG NO [TRYCREATE] x
		once UID MOVE
		TAG NO [TRYCREATE] x
		on UID MOVE
		TAG OK x
	END
	apply < <(r move remote INBOX INBOX 7:5 Trash - was=S; r move remote other other 7:5 Trash - was=S)
	matches 2 $'^done\tmove' <<<"$output"
	matches 1 CREATE <log
	rows INBOX ''
	rows other ''
}

@test "move remote: the server dies at any byte of its answers; then the row is there, or it was moved" {
	local cut v='* OK [UIDVALIDITY 7] x'
	for cut in $(cuts 1 53 380); do
		state INBOX
		[ -n "$ROWS" ] || {
			have INBOX 7:5 S "$A"
			gone INBOX 5
		}
		trash '* 1 FETCH (UID 5 FLAGS (\Seen))' "$v" "$v" $'on UID MOVE\n* 1 EXPUNGE\nTAG OK x'
		T+=" $cut" apply move remote INBOX INBOX 7:5 Trash - "name=$NAME" was=S
		[[ $output == done* ]] || rows INBOX '7:5 flags=ST kept=deleting U=5'
		# nothing but MOVE may take it away
		matches 0 'STORE|EXPUNGE' <log
		[[ $output != done* ]] || matches + MOVE <log
	done
}

@test "move remote: what goes up to the trash in the same plan is enough, if it arrives" {
	local append
	have INBOX 7:5 S "$A"
	file INBOX 5
	mkdir -p "$MAILDIR/Trash"/{cur,new,tmp}
	mv "$FILE" "$MAILDIR/Trash/cur/x:2,S"
	for append in '* OK x|TAG NO [OVERQUOTA] full' '* OK x|TAG OK [APPENDUID 9 1] x'; do
		script <<-END
			caps IMAP4rev1 UNSELECT UIDPLUS MOVE LITERAL+
			on (EXAMINE|SELECT) "INBOX"
			* 1 EXISTS
			* OK [UIDVALIDITY 7] x
			TAG OK [READ-WRITE] x
			on SELECT "Trash"
			* 0 EXISTS
			* OK [UIDVALIDITY 9] x
			TAG OK [READ-WRITE] x
			on UID FETCH 5 .*BODY
			* 1 FETCH (UID 5 FLAGS (\\Seen) RFC822.SIZE 20 INTERNALDATE "09-Sep-2001 01:46:40 +0000" BODY[]<0> {20}
			%raw Subject: a\\x0d\\x0a\\x0d\\x0abody\\x0d\\x0a
			)
			TAG OK x
			on UID FETCH 5
			* 1 FETCH (UID 5 FLAGS (\\Seen))
			TAG OK x
			on UID FETCH
			TAG OK x
			on APPEND
			${append//|/$'\n'}
			on UID (STORE|EXPUNGE)
			TAG OK x
		END
		apply < <(r copy remote Trash Trash - date=1000000000 "dig=$DIGEST" flags=S gen=0 name=x next=9:1 size=20
			r move remote INBOX INBOX 7:5 Trash - "name=$BASE" was=S)
		matches 0 MOVE <log
		if [[ $append == *full ]]; then
			[[ $output == *'skip=the%20same%20message%20did%20not'*move* ]]
			logged '^UID STORE|EXPUNGE' 'UID STORE 5 +FLAGS.SILENT (\Deleted)
UID STORE 5 -FLAGS.SILENT (\Deleted)'
			rows INBOX '7:5 flags=S U=5'
		else
			matches + 'UID EXPUNGE 5' <log
			rows INBOX ''
		fi
	done
}

@test "move remote: a COPY of a run that was stopped may still be under way: waited for, then looked for" {
	local copy
	have INBOX 7:5 S "$A"
	gone INBOX 5
	for copy in %close 'TAG OK x'; do
		script <<-END
			on EXAMINE "Trash"
			* 0 EXISTS
			* OK [UIDVALIDITY 9] x
			* OK [UIDNEXT 1] x
			TAG OK [READ-ONLY] x
			on SELECT "INBOX"
			* 1 EXISTS
			* OK [UIDVALIDITY 7] x
			TAG OK [READ-WRITE] x
			on UID FETCH 5
			* 1 FETCH (UID 5 FLAGS (\\Seen))
			TAG OK x
			on UID (FETCH|STORE|EXPUNGE)
			TAG OK x
			on UID COPY
			$copy
		END
		apply move remote INBOX INBOX 7:5 Trash - "name=$NAME" was=S
		[ "$copy" = %close ] || break
		[[ $output == fail* ]]
		matches 0 NOOP <log
		rows INBOX '7:5 flags=ST kept=deleting U=5'
	done
	[[ $output == done* ]]
	logged 'NOOP|Trash' 'NOOP
EXAMINE "Trash"
UID COPY 5 "Trash"'
}

@test "move remote: a COPY that is refused expunges nothing, and the mark is taken back" {
	have INBOX 7:5 S "$A"
	gone INBOX 5
	script <<-'END'
		on EXAMINE "Trash"
		* 0 EXISTS
		* OK [UIDVALIDITY 9] x
		* OK [UIDNEXT 1] x
		TAG OK [READ-ONLY] x
		on SELECT "INBOX"
		* 1 EXISTS
		* OK [UIDVALIDITY 7] x
		TAG OK [READ-WRITE] x
		on UID FETCH 5
		* 1 FETCH (UID 5 FLAGS (\Seen))
		TAG OK x
		on UID FETCH
		TAG OK x
		on UID COPY
		TAG NO [OVERQUOTA] full
		on UID STORE
		TAG OK x
		on UID EXPUNGE
		TAG OK x
	END
	apply move remote INBOX INBOX 7:5 Trash - "name=$NAME" was=S
	[[ $output == fail=*full* ]]
	logged 'COPY|STORE|EXPUNGE' 'UID COPY 5 "Trash"
UID STORE 5 +FLAGS.SILENT (\Deleted)
UID STORE 5 -FLAGS.SILENT (\Deleted)'
	rows INBOX '7:5 flags=S U=5'
}

# --- sync-apply: flags

@test "flags remote: not for a file whose flags have changed since the plan" {
	have INBOX 7:5 S "$A"
	script <<-'END'
		on SELECT
		* 1 EXISTS
		* OK [UIDVALIDITY 7] x
		TAG OK [READ-WRITE] x
		on UID
		TAG OK x
	END
	# the plan was made for a file with F
	file INBOX 5
	apply flags remote INBOX INBOX 7:5 add=F "name=$BASE" was=S
	[[ $output == skip=the%20file*s%20flags%20changed%20meanwhile*flags* ]]
	matches 0 STORE <log
	rows INBOX '7:5 flags=S U=5'
}

@test "flags remote: BAD to a SELECT: nothing is done to any other folder, and nothing of it is believed" {
	local caps leave first line prev
	for caps in 'IMAP4rev1 UIDPLUS UNSELECT' 'IMAP4rev1 UIDPLUS'; do
		rm -rf "$MAILDIR" "$META"
		have INBOX 7:5 S "$A"
		have later 7:5 S "$B"
		reflag INBOX 5 FS
		first=$BASE
		reflag later 5 FS
		script <<-END
			caps $caps
			on SELECT "later"
			TAG BAD what
			on SELECT "INBOX"
			* 1 EXISTS
			* OK [UIDVALIDITY 7] x
			TAG OK [READ-WRITE] x
			on EXAMINE
			TAG NO x
			on UID FETCH 5
			* 1 FETCH (UID 5 FLAGS (\\Seen))
			TAG OK x
			on UID STORE
			TAG OK x
		END
		apply < <(r flags remote later later 7:5 add=F "name=$BASE" was=S
			r flags remote INBOX INBOX 7:5 add=F "name=$first" was=S)
		echo "$output"
		[[ $output == *fail=*flags*later* && $output == *done*flags*INBOX* ]]
		rows later '7:5 flags=S U=5'
		rows INBOX '7:5 flags=FS U=5'
		# whatever was selected is left before the next
		leave=UNSELECT
		[[ $caps == *UNSELECT ]] || leave=EXAMINE
		prev=$leave
		while IFS= read -r line; do
			[[ $line != SELECT* || $prev == "$leave"* ]]
			prev=$line
		done <log
	done
}

@test "flags remote: a folder made anew gets its own back" {
	have INBOX 7:5 S "$A"
	have INBOX 7:6 FS "$B"
	have INBOX 7:7 S "$C"
	reflag INBOX 5 ST
	reflag INBOX 6 S
	reflag INBOX 7 ST
	script <<-'END'
		on SELECT
		* OK [UIDVALIDITY 8] x
		TAG OK [READ-WRITE] x
		on UID FETCH
		* 1 FETCH (UID 5 FLAGS ())
		* 2 FETCH (UID 6 FLAGS (\Flagged))
		* 3 FETCH (UID 7 FLAGS (\Deleted))
		TAG OK x
		on UID STORE
		TAG OK x
	END
	apply < <(r flags remote INBOX INBOX 7:5 add=T was=S; r flags remote INBOX INBOX 7:6 del=F was=FS
		r flags remote INBOX INBOX 7:7 add=T was=S)
	matches 3 ^fail <<<"$output"
	logged STORE 'UID STORE 5,7 +FLAGS.SILENT (\Deleted)
UID STORE 6 -FLAGS.SILENT (\Flagged)
UID STORE 6 +FLAGS.SILENT (\Flagged)
UID STORE 5 -FLAGS.SILENT (\Deleted)'
	rows INBOX '7:5 flags=S U=5
7:6 flags=FS U=6
7:7 flags=S U=7'
}

@test "flags remote: a STORE that is refused, and a read-only folder, change no row" {
	local told
	have INBOX 7:5 % "$A"
	have INBOX 7:6 % "$B"
	local f
	for f in "$MAILDIR"/INBOX/new/*; do mv "$f" "${f/new/cur}FS"; done
	for told in 'TAG OK [READ-ONLY] x' '* OK [READ-ONLY] x|TAG OK x' 'TAG OK [READ-WRITE] x'; do
		script <<-END
			on SELECT
			* OK [UIDVALIDITY 7] x
			${told//|/$'\n'}
			on UID FETCH
			* 1 FETCH (UID 5 FLAGS ())
			* 2 FETCH (UID 6 FLAGS ())
			TAG OK x
			on UID STORE 5
			TAG NO x
			on UID STORE 6
			TAG OK x
		END
		apply < <(r flags remote INBOX INBOX 7:5 add=F was=%; r flags remote INBOX INBOX 7:6 add=S was=%)
		if [[ $told == *READ-ONLY* ]]; then
			matches 2 '^skip=the%20folder%20is%20read-only%20' <<<"$output"
		else
			[[ $output == *fail=*7:5* ]]
		fi
		state INBOX
		[[ $ROWS == '7:5 flags=% U=5'$'\n'* ]]
	done
}

@test "flags local: a message that was read moves to cur, other letters stay" {
	have INBOX 7:5 % "$A"
	file INBOX 5
	mv "$FILE" "$MAILDIR/INBOX/new/$BASE:2,Pa"
	script </dev/null
	apply flags local INBOX INBOX 7:5 add=FS was=%
	[[ $output == done* ]]
	file INBOX 5
	[[ $FILE == */cur/*:2,FPSa ]]
	rows INBOX '7:5 flags=FS U=5'
}

# --- sync-apply: uploads

# new FOLDER NAME TEXT: a file that only the Maildir has; prints its plan line.
new() {
	local oneline=${3//$'\n'}
	[ -d "$MAILDIR/$1" ] || mkdir -p "$MAILDIR/$1"/{cur,new,tmp}
	printf '%s' "$3" >"$MAILDIR/$1/cur/$2:2,S"
	touch -d @1000000000 "$MAILDIR/$1/cur/$2:2,S"
	digest "$3"
	r copy remote "$1" "$1" - date=1000000000 "dig=$DIGEST" flags=S gen=0 "name=$2" next=7:9 \
		size=$((2 * ${#3} - ${#oneline}))
}
SELECTED='on SELECT
* 0 EXISTS
* OK [UIDVALIDITY 7] x
TAG OK [READ-WRITE] x'

@test "upload: one command for several; name, row and date; the flags are ours alone" {
	script <<-END
		$SELECTED
		on APPEND
		TAG OK [APPENDUID 7 9:10] x
	END
	{ new INBOX one "$A"; new INBOX two "$B"; } >plan
	apply <plan
	[[ ${lines[0]} == done=7:9$'\t'* && ${lines[1]} == done=7:10$'\t'* ]]
	logged '^[^|]' 'SELECT "INBOX"
APPEND "INBOX" (\Seen) "09-Sep-2001 01:46:40 +0000" {20+} (\Seen) "09-Sep-2001 01:46:40 +0000" {20+}
UNSELECT'
	file INBOX 9
	[[ $FILE == */cur/one,U=9,FMD5=*:2,S ]]
	file INBOX 10
	[[ $FILE == */cur/two,U=10,* ]]
	rows INBOX '7:9 flags=S U=9
7:10 flags=S U=10'
	intents INBOX ''
}

@test "upload: the same line twice in one plan is one message" {
	script <<-END
		$SELECTED
		on APPEND
		TAG OK [APPENDUID 7 9] x
	END
	new INBOX one "$A" >plan
	apply <<<"$(<plan)"$'\n'"$(<plan)"
	[[ ${lines[0]} == done* && ${lines[1]} == skip* ]]
	matches 1 APPEND <log
	apply <plan
	[[ $output == skip* ]]
	matches 1 APPEND <log
	files 1 "$MAILDIR/INBOX"
}

@test "upload: from a Maildir that is read only: no name tells that it went; it goes once" {
	write_conf 'local:readonly = yes'
	mkdir -p "$MAILDIR"/INBOX/{cur,new,tmp}
	message 1 >"$MAILDIR/INBOX/new/one"
	plan >old
	matches 1 $'^copy\tremote' <old
	line=$(grep ^copy old)
	carry <<<"$line"$'\n'"$line" >report
	matches 1 $'^done.*\tcopy' <report
	carry <old >report
	matches 1 $'^skip=it%20is%20paired%20already\tcopy' <report
	server_has_just 1
	nothing_left
}

@test "upload: a literal that waits and is refused: not a byte of it follows; the rest goes on" {
	script <<-END
		caps IMAP4rev1 UNSELECT UIDPLUS
		$SELECTED
		refuse APPEND "INBOX" .*\{20\}
		TAG NO [LIMIT] too large
		on APPEND
		TAG OK [APPENDUID 7 9] x
	END
	{ new INBOX one "$A"; new INBOX two "$B$B"; new INBOX three "$C"; } >plan
	apply <plan
	[[ ${lines[0]} == fail=*LIMIT*name=one* && ${lines[1]} == done=7:9*name=two* && ${lines[2]} == fail=*LIMIT*name=three* ]]
	same "$(<log)" 'SELECT "INBOX"
APPEND "INBOX" (\Seen) "09-Sep-2001 01:46:40 +0000" {20}
APPEND "INBOX" (\Seen) "09-Sep-2001 01:46:40 +0000" {40}
| Subject: b
| 
| body
| Subject: b
| 
| body
| 
APPEND "INBOX" (\Seen) "09-Sep-2001 01:46:40 +0000" {20}
UNSELECT'
	intents INBOX 'kept=refused name=one
kept=refused name=three'
}

@test "upload: LITERAL- lets small ones go, waits with larger ones, and never groups" {
	local large
	large=$(printf 'Subject: large\n\n%05000d' 0)
	script <<-END
		caps IMAP4rev1 UNSELECT UIDPLUS LITERAL- MULTIAPPEND
		$SELECTED
		on APPEND .*\{20\+\}
		TAG OK [APPENDUID 7 9] x
		on APPEND .*\{5018\}
		TAG OK [APPENDUID 7 10] x
	END
	{ new INBOX one "$A"; new INBOX two "$large"; } >plan
	apply <plan
	matches 2 ^done= <<<"$output"
	matches 2 ^APPEND <log
}

@test "upload: a group that is refused goes again one by one; only the bad one fails" {
	script <<-END
		$SELECTED
		once APPEND .*\{20\+\} .*\{20\+\} .*\{20\+\}
		TAG NO one of these
		once APPEND
		TAG OK [APPENDUID 7 9] x
		once APPEND
		TAG NO never
		once APPEND
		TAG OK [APPENDUID 7 10] x
	END
	{ new INBOX one "$A"; new INBOX two "$B"; new INBOX three "$C"; } >plan
	apply <plan
	[[ ${lines[0]} == done=7:9* && ${lines[1]} == fail=*never* && ${lines[2]} == done=7:10* ]]
	intents INBOX 'kept=refused name=two'
	matches 2 '^[|] Subject: a' <log
	rows INBOX '7:9 flags=S U=9
7:10 flags=S U=10'
}

# many N: the plan lines of N uploads of 1 MB each, m1 to mN.
many() {
	local i text dir=$MAILDIR/INBOX
	mkdir -p "$dir"/{cur,new,tmp}
	printf -v text 'Subject: x\n\n%01048562d' 0
	digest "${text:0:8192}"
	for ((i = 1; i <= $1; i++)); do
		printf %s "$text" >"$dir/cur/m$i:2,S"
		r copy remote INBOX INBOX - date=1000000000 "dig=$DIGEST" flags=S gen=0 "name=m$i" next=7:9 size=1048576
	done
	touch -d @1000000000 "$dir"/cur/*
}
# appends N LINE...: rules for N APPENDs, each answered with these lines, "@" in them a uid of its own.
appends() {
	local i line
	for ((i = 0; i < $1; i++)); do
		echo 'once APPEND'
		UIDS=$((UIDS + 1))
		for line in "${@:2}"; do echo "${line/@/$UIDS}"; done
	done
}
# The same in time that passes only with the file "clock".
in_time() {
	export ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0
	PROBE_CLOCK=$HOME/clock PROBE_TOOL=sync-apply LD_PRELOAD=$ROOT/build/t/probe.so apply
}

@test "upload: never more than 4 MB without an answer, or what was answered within two seconds" {
	local later='%later OK [APPENDUID 7 @] x' now='TAG OK [APPENDUID 7 @] x'
	UIDS=10
	{
		echo 'caps IMAP4rev1 UNSELECT UIDPLUS LITERAL+'
		echo "$SELECTED"
		appends 3 "$later"
		appends 1 "$later" '%still 0.1' '%now 1'
		appends 1 "$later" '%still 0.1' '%now'
		appends 3 "$now"
		# the second batch: 6 MB in no time
		appends 6 "$now"
		appends 5 "$later"
		# and then a second for 1 MB
		appends 1 "$later" '%still 0.1' '%sh echo 2500 >clock' '%now 1' '%still 0.1' '%now'
		appends 4 "$now"
	} | script
	echo 0 >clock
	many 24 >plan
	in_time <plan
	matches 24 ^done= <<<"$output"
	counted 24 ^APPEND log
	counted 0 ^early log
}

@test "upload: 8 MB are the first batch, the next as much as goes in 20 seconds, or twice as much" {
	local now='TAG OK [APPENDUID 7 @] x' batches='' line
	UIDS=10
	{
		echo 'caps IMAP4rev1 UNSELECT UIDPLUS LITERAL+'
		echo "$SELECTED"
		appends 3 "$now"
		appends 1 '%sh echo 40000 >clock' "$now"
		appends 3 "$now"
		appends 1 '%sh echo 80000 >clock' "$now"
		# from here on no time passes
		appends 7 "$now"
	} | script
	echo 0 >clock
	many 15 >plan
	in_time <plan
	matches 15 ^done= <<<"$output"
	while IFS= read -r line; do
		case $line in SELECT*) batches+=' ' ;; APPEND*) batches+=+ ;; esac
	done <log
	same "$batches" ' ++++++++ ++ ++++ +'
}

@test "upload: tried again, unless something has arrived since the folder was listed" {
	script <<-END
		$SELECTED
		on APPEND
		%close
	END
	new INBOX one "$A" >plan
	apply <plan
	[[ ${lines[0]} == fail=* ]]
	intents INBOX 'name=one'
	# the server had got it, and took its time
	script <<-END
		$SELECTED
		on STATUS
		* STATUS "INBOX" (UIDNEXT 10 UIDVALIDITY 7)
		TAG OK x
	END
	sed -i 's/gen=0/gen=99/' plan
	apply <plan
	[[ ${lines[0]} == skip=something%20has%20arrived* ]]
	matches 0 ^APPEND <log
	intents INBOX 'name=one'
	# and now it has not
	script <<-END
		$SELECTED
		once STATUS
		* STATUS "INBOX" (UIDNEXT 9 UIDVALIDITY 7)
		TAG OK x
		on APPEND
		TAG OK [APPENDUID 7 9] x
	END
	apply <plan
	[[ ${lines[0]} == done=7:9* ]]
	intents INBOX ''
	# it waits first, as a NOOP says how long
	logged '^[^|]' 'NOOP
STATUS "INBOX" (UIDNEXT UIDVALIDITY)
SELECT "INBOX"
APPEND "INBOX" (\Seen) "09-Sep-2001 01:46:40 +0000" {20+}
UNSELECT'
}

@test "upload: refused for now is said once, the rest stays, and the server is asked before a byte goes again" {
	script <<-END
		$SELECTED
		on APPEND
		TAG NO [OVERQUOTA] full
	END
	{ new INBOX one "$A"; new INBOX two "$B$B"; new INBOX three "$C"; new other four "$A"; } >plan
	apply <plan
	[[ ${lines[0]} == fail=*OVERQUOTA*name=one* && ${lines[1]} == skip=*name=two* &&
		${lines[2]} == skip=*name=three* && ${lines[3]} == fail=*OVERQUOTA*name=four* ]]
	matches 2 ^APPEND <log
	intents INBOX 'kept=later name=one
kept=later name=three
kept=later name=two'
	# The smallest first, each by itself, and nothing behind one that is refused.
	script <<-END
		$SELECTED
		refuse APPEND "INBOX" .*\{40\}
		TAG NO [OVERQUOTA] full
		once APPEND .*\{20\}
		TAG OK [APPENDUID 7 9] x
		once APPEND .*\{20\}
		TAG OK [APPENDUID 7 10] x
	END
	new INBOX five "$B$B$B" >five
	again=$(<five)
	mapfile -t -n 3 -O 1 again <plan
	again[0]=${again[0]/gen=0/gen=99}
	apply < <(printf '%s\n' "${again[@]}")
	[[ ${lines[0]} == skip=*name=five* && ${lines[1]} == done=7:9*name=one* &&
		${lines[2]} == fail=*name=two* && ${lines[3]} == done=7:10*name=three* ]]
	logged '^[^|]' 'SELECT "INBOX"
APPEND "INBOX" (\Seen) "09-Sep-2001 01:46:40 +0000" {20}
APPEND "INBOX" (\Seen) "09-Sep-2001 01:46:40 +0000" {20}
APPEND "INBOX" (\Seen) "09-Sep-2001 01:46:40 +0000" {40}
UNSELECT'
	matches 0 '^[|] Subject: b' <log
	intents INBOX 'kept=later name=five
kept=later name=two'
}

@test "upload: BAD to a group ends the session; nothing unanswered is believed, nothing is sent twice" {
	have later 7:5 % "$C"
	reflag later 5 F
	script <<-END
		$SELECTED
		once APPEND "INBOX" .*\{20\+\} .*\{20\+\}
		TAG BAD what
		%close
		once APPEND "INBOX"
		TAG OK [APPENDUID 7 9] x
		on APPEND "INBOX"
		TAG OK [APPENDUID 7 10] x
		on UID STORE
		TAG OK x
		on UID FETCH
		* 1 FETCH (UID 5 FLAGS ())
		TAG OK x
	END
	{ new INBOX one "$A"; new INBOX two "$B"; r flags remote later later 7:5 add=F was=%; new later three "$C"; } >plan
	apply <plan
	[[ ${lines[0]} == done=7:9*name=one* && ${lines[1]} == done=7:10*name=two* ]]
	[[ $output == *fail=*flags*later* && $output == *fail=*name=three* ]]
	rows later '7:5 flags=% U=5'
	# it may be there: what was begun is remembered
	intents later 'name=three'
}

@test "upload: a mail reader changes the letters meanwhile: they stay, and the next run sees them" {
	local file=$MAILDIR/INBOX/cur/one
	script <<-END
		$SELECTED
		on APPEND
		%sh mv '$file:2,S' '$file:2,FS'
		TAG OK [APPENDUID 7 9] x
	END
	apply < <(new INBOX one "$A")
	[[ $output == done=7:9* ]]
	file INBOX 9
	[[ $FILE == *:2,FS ]]
	files 1 "$MAILDIR/INBOX"
	rows INBOX '7:9 flags=S U=9'
}

@test "flags local: a mail reader renames the file in the midst of it: it is left alone, and nothing is made" {
	local five
	have INBOX 7:5 S "$A"
	have INBOX 7:6 S "$B"
	file INBOX 5
	five=$BASE
	reflag INBOX 6 FS
	script <<-END
		on SELECT
		%sh mv '$MAILDIR/INBOX/cur/$five:2,S' '$MAILDIR/INBOX/cur/another.name:2,S'
		* 2 EXISTS
		* OK [UIDVALIDITY 7] x
		TAG OK [READ-WRITE] x
		on UID FETCH
		* 2 FETCH (UID 6 FLAGS (\\Seen))
		TAG OK x
		on UID STORE
		TAG OK x
	END
	apply < <(r flags local INBOX INBOX 7:5 add=F "name=$five" was=S
		r flags remote INBOX INBOX 7:6 add=F "name=$BASE" was=S)
	echo "$output"
	[[ $output == *skip=*flags*local*7:5* && $output == *done*flags*remote*7:6* ]]
	files 2 "$MAILDIR/INBOX"
	[ -e "$MAILDIR/INBOX/cur/another.name:2,S" ]
	rows INBOX $'7:5 flags=S U=5\n7:6 flags=FS U=6'
}

@test "upload: BAD to a group: the session is left, whatever it still says" {
	have later 7:5 % "$C"
	reflag later 5 F
	script <<-END
		$SELECTED
		on APPEND "INBOX" .*\{20\+\} .*\{20\+\}
		TAG BAD what
		on APPEND
		TAG OK [APPENDUID 7 9] x
		on UID STORE
		TAG OK x
		on UID FETCH
		* 1 FETCH (UID 5 FLAGS ())
		TAG OK x
	END
	{ new INBOX one "$A"; new INBOX two "$B"; r flags remote later later 7:5 add=F was=%; new later three "$C"; } >plan
	T="echo >>$HOME/started; $T"
	apply <plan
	echo "$output"
	[ "$(grep -c . started)" -le 2 ]
	[[ $output == *fail=*flags*later* && $output == *fail=*name=three* ]]
	rows later '7:5 flags=% U=5'
	intents later 'name=three'
}

@test "upload: a folder's name that is none here is not sent" {
	local name line
	for name in '%C3%A9' 'a%0AA1%20LOGOUT' 'a%00b'; do
		script <<-END
			$SELECTED
			on APPEND
			TAG OK [APPENDUID 7 9] x
		END
		new INBOX one "$A" >plan
		line=$(<plan)
		apply "${line/INBOX/"$name"}"
		echo "$name: $output"
		[[ $output != done* ]]
		matches 0 'APPEND|SELECT|LOGOUT' <log
	done
}

@test "create remote: what is there already, or is refused, gets nothing of this plan; nobody's refusal is another's" {
	local no
	for no in '[ALREADYEXISTS] it is there' 'there is one of that name'; do
		script <<-END
			once CREATE
			TAG NO $no
			on CREATE
			TAG OK x
			on SUBSCRIBE
			TAG OK x
			$SELECTED
			on APPEND
			TAG OK [APPENDUID 7 9] x
		END
		{
			r create remote Box Box
			r create remote New New
			new Box one "$A"
			new New two "$B"
		} >plan
		write_conf 'remote:subscribedonly = yes'
		apply <plan
		echo "$output"
		[[ ${lines[0]} == fail=*there*$'\t'create*Box* && ${lines[1]} == done$'\t'create*New* ]]
		[[ ${lines[2]} == skip=*$'\t'copy*Box* && ${lines[3]} == done=7:9$'\t'copy*New* ]]
		# nothing is begun before it is known, and all are asked at once
		logged '^[^|]' 'CREATE "Box"
SUBSCRIBE "Box"
CREATE "New"
SUBSCRIBE "New"
SELECT "New"
APPEND "New" (\Seen) "09-Sep-2001 01:46:40 +0000" {20+}
UNSELECT'
		intents Box ''
		rm -rf "$MAILDIR" "$META"
	done
	# a subscription that is refused is told, and the folder is in use
	script <<-'END'
		on CREATE
		TAG OK x
		on SUBSCRIBE
		TAG NO not that one
	END
	apply create remote New New
	[[ $output == done=*not%20that%20one*$'\t'create* ]]
}

@test "upload: APPENDUID that does not fit counts for nothing; the uids are looked for" {
	local told
	for told in '7 9' '7 9:11' '7 9,9' '8 9:10' '7 5:6' '7 *' '7 0' '99999999999 9:10' 'x y' '7'; do
		rm -rf "$MAILDIR" "$META"
		script <<-END
			$SELECTED
			on EXAMINE
			* 3 EXISTS
			* OK [UIDVALIDITY 7] x
			TAG OK x
			on APPEND
			TAG OK [APPENDUID $told] x
			on UID FETCH 9:4294967295 .*BODY
			* 2 FETCH (UID 12 FLAGS (\\Seen) INTERNALDATE "09-Sep-2001 01:46:40 +0000" RFC822.SIZE 20 BODY[]<0> {20}
			%raw Subject: b\\x0d\\x0a\\x0d\\x0abody\\x0d\\x0a
			)
			* 3 FETCH (UID 13 FLAGS (\\Seen) INTERNALDATE "09-Sep-2001 01:46:40 +0000" RFC822.SIZE 20 BODY[]<0> {20}
			%raw Subject: a\\x0d\\x0a\\x0d\\x0abody\\x0d\\x0a
			)
			TAG OK x
			on UID FETCH 9:\\*
			TAG OK x
		END
		{ new INBOX one "$A"; new INBOX two "$B"; } >plan
		apply <plan
		echo "$told"
		[[ ${lines[0]} == done=7:13* && ${lines[1]} == done=7:12* ]]
	done
}

@test "upload: a uid that another message has already is not believed" {
	have INBOX 7:9 S "$C"
	script <<-END
		$SELECTED
		on APPEND
		TAG OK [APPENDUID 7 9] x
		on EXAMINE
		* OK [UIDVALIDITY 7] x
		TAG OK x
		on UID FETCH
		TAG OK x
	END
	new INBOX one "$A" >plan
	apply <plan
	[[ $output == fail=* ]]
	rows INBOX '7:9 flags=S U=9'
	file INBOX 9
	intents INBOX 'kept=ambiguous name=one'
}

@test "upload: without UIDPLUS equal messages find a uid each, and never a stranger's" {
	have INBOX 7:9 S "$A"
	script <<-END
		caps IMAP4rev1 UNSELECT LITERAL+
		$SELECTED
		on EXAMINE
		* 5 EXISTS
		* OK [UIDVALIDITY 7] x
		TAG OK x
		on APPEND
		TAG OK x
		on UID FETCH 9:4294967295 .*BODY
		* 1 FETCH (UID 9 FLAGS (\\Seen) INTERNALDATE "09-Sep-2001 01:46:40 +0000" RFC822.SIZE 20 BODY[]<0> {20}
		%raw Subject: a\\x0d\\x0a\\x0d\\x0abody\\x0d\\x0a
		)
		* 2 FETCH (UID 10 FLAGS (\\Seen) INTERNALDATE "09-Sep-2001 01:46:41 +0000" RFC822.SIZE 20 BODY[]<0> {20}
		%raw Subject: a\\x0d\\x0a\\x0d\\x0abody\\x0d\\x0a
		)
		* 3 FETCH (UID 11 FLAGS () INTERNALDATE "09-Sep-2001 01:46:40 +0000" RFC822.SIZE 20 BODY[]<0> {20}
		%raw Subject: a\\x0d\\x0a\\x0d\\x0abody\\x0d\\x0a
		)
		* 4 FETCH (UID 12 FLAGS () INTERNALDATE "09-Sep-2001 01:46:40 +0000" RFC822.SIZE 20 BODY[]<0> {20}
		%raw Subject: c\\x0d\\x0a\\x0d\\x0abody\\x0d\\x0a
		)
		* 5 FETCH (UID 13 FLAGS () INTERNALDATE "09-Sep-2001 01:46:40 +0000" RFC822.SIZE 20 BODY[]<0> {20}
		%raw Subject: a\\x0d\\x0a\\x0d\\x0abody\\x0d\\x0a
		)
		TAG OK x
		on UID FETCH 9:\\*
		TAG OK x
	END
	{ new INBOX one "$A"; new INBOX two "$A"; new INBOX three "$B"; } >plan
	apply <plan
	[[ ${lines[0]} == done=7:11* && ${lines[1]} == done=7:13* && ${lines[2]} == fail=*'not%20found'* ]]
	intents INBOX 'kept=ambiguous name=three'
	# what else has come may be it in other bytes, and waits with it
	[[ $ROWS == *$'\n7:10 flags=% kept=ambiguous\n'*$'\n7:12 flags=% kept=ambiguous\n'* ]]
}

@test "upload: a folder made anew gets no row; what was begun is remembered" {
	have INBOX 7:5 S "$C"
	script <<-END
		on SELECT
		* OK [UIDVALIDITY 8] x
		TAG OK x
		on APPEND
		TAG OK [APPENDUID 8 1] x
	END
	new INBOX one "$A" >plan
	apply <plan
	[[ $output == fail=* ]]
	rows INBOX '7:5 flags=S U=5'
	intents INBOX 'name=one'
	[ -f "$MAILDIR/INBOX/cur/one:2,S" ] || file INBOX 1
}

@test "upload: the server dies at any byte: a row, or an intent, and the file is there" {
	local cut outcome
	for cut in $(cuts 1 43 220); do
		rm -rf "$MAILDIR" "$META"
		script <<-END
			caps IMAP4rev1 UNSELECT UIDPLUS
			$SELECTED
			on APPEND
			TAG OK [APPENDUID 7 9] x
		END
		new INBOX one "$A" >plan
		run sync-apply -a test -t "$T $cut" <plan
		state INBOX
		outcome=$ROWS/$INTENTS
		case $output in
		done=7:9*) [ "$outcome" = '7:9 flags=S U=9/' ] ;;
		*) [ "$outcome" = /name=one ] || [ "$outcome" = / ] ;;
		esac
		files 1 "$MAILDIR/INBOX"
		# what the server has taken whole must be known
		[[ $(<log) != *'| body'* || $outcome != / ]]
	done
}

@test "upload: a file that is renamed, edited or removed before it goes, and a NUL in one" {
	{ new INBOX one "$A"; new INBOX two "$A"; new INBOX three "$A"; new INBOX four "$A"; } >plan
	mv "$MAILDIR/INBOX/cur/one:2,S" "$MAILDIR/INBOX/cur/other:2,S"
	printf 'Subject: a\n\nbodY\n' >"$MAILDIR/INBOX/cur/two:2,S"
	rm "$MAILDIR/INBOX/cur/three:2,S"
	printf 'Subject: a\n\nbod\0\n' >"$MAILDIR/INBOX/cur/four:2,S"
	script </dev/null
	apply <plan
	matches 4 ^skip <<<"$output"
	[ ! -s log ]
}

@test "upload: a file that becomes shorter, or is rewritten, while it goes is not believed" {
	local how body
	body=$(printf 'Subject: a\n\n%0300000d' 0)
	for how in 'truncate -s 100' 'touch'; do
		rm -rf "$MAILDIR" "$META"
		script <<-END
			caps IMAP4rev1 UNSELECT UIDPLUS
			on SELECT
			* OK [UIDVALIDITY 7] x
			%sh $how "$MAILDIR/INBOX/cur/one:2,S"
			TAG OK x
			on APPEND
			TAG OK [APPENDUID 7 9] x
		END
		new INBOX one "$body" >plan
		apply <plan
		[[ $output == fail=* || $output == skip=*changed* ]]
		rows INBOX ''
		intents INBOX 'name=one'
	done
}

@test "upload: a name at the limit of length gets a new one with the uid" {
	local name letters=ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz
	name=$(printf '%0190d' 1)
	script <<-END
		$SELECTED
		on APPEND
		TAG OK [APPENDUID 7 9] x
	END
	new INBOX "$name" "$A" >plan
	mv "$MAILDIR/INBOX/cur/$name:2,S" "$MAILDIR/INBOX/cur/$name:2,$letters"
	apply <plan
	[[ $output == done=7:9* ]]
	file INBOX 9
	[[ $FILE == *:2,$letters ]]
	name=$(printf '%0250d' 1)
	script <<-END
		$SELECTED
		on APPEND
		TAG OK [APPENDUID 7 10] x
	END
	new INBOX "$name" "$A" >plan
	apply <plan
	[[ $output == done=7:10* ]]
	file INBOX 10
	[[ $FILE == *:2,S ]]
}

# --- imap-list

# What it says of INBOX, in output and lines, without the pair line and the stream's own ends.
listed() {
	local line said
	{ listing; pair INBOX; ended; } >in
	run imap-list -a test -t "$T" <in
	said=("${lines[@]}") lines=()
	for line in "${said[@]}"; do
		[[ ! $line =~ ^[fme][a-z]*$'\t'[rg] ]] || lines+=("$line")
	done
	printf -v output '%s\n' "${lines[@]}"
	output=${output%$'\n'}
}
# whole FILE: a stream's last record is its end and counts those before it.
whole() {
	local all
	mapfile -t all <"$1"
	[ "${all[-1]}" = $'end\t-\t-\t'$((${#all[@]} - 1)) ]
}
# As if the last run had seen these figures: folder s and folder r lines behind the pair.
heads() {
	r folder s INBOX INBOX count=2 cur=1:1:1:1 gen=3 intents=0 kept=0 kind=head modseq=9 new=1:1:1:1 next=10 rows=2 rules=% validity=7
	r folder r INBOX INBOX "$@"
}

@test "list: a folder is full if it holds what EXISTS says" {
	script <<-'END'
		on EXAMINE "INBOX"
		* 2 EXISTS
		* OK [UIDVALIDITY 7] x
		* OK [UIDNEXT 10] x
		TAG OK [READ-ONLY] x
		on UID FETCH 1:\*
		* 1 FETCH (UID 5 FLAGS (\Seen $Junk) INTERNALDATE " 9-Sep-2001 01:46:40 +0000" RFC822.SIZE 20)
		* 2 FETCH (FLAGS () RFC822.SIZE 30 INTERNALDATE "garbage" UID 9)
		TAG OK x
	END
	listed
	same "$output" "$(r folder r INBOX INBOX count=2 kind=full next=10 validity=7
		r m r 7:5 date=1000000000 flags=S size=20
		r m r 7:9 flags=% size=30
		r end r INBOX 2)"
}

@test "list: fewer than EXISTS, an EXPUNGE, a VANISHED, twice: only what is there is said" {
	local also
	for also in '* 3 EXISTS' '* 2 EXPUNGE' '* VANISHED 7'; do
		script <<-END
			on EXAMINE "INBOX"
			* 2 EXISTS
			* OK [UIDVALIDITY 7] x
			* OK [UIDNEXT 10] x
			TAG OK [READ-ONLY] x
			on UID FETCH 1:\*
			* 1 FETCH (UID 5 FLAGS () INTERNALDATE " 9-Sep-2001 01:46:40 +0000" RFC822.SIZE 20)
			* 1 FETCH (UID 5 FLAGS () INTERNALDATE " 9-Sep-2001 01:46:40 +0000" RFC822.SIZE 20)
			* 2 FETCH (UID 6 FLAGS () INTERNALDATE " 9-Sep-2001 01:46:40 +0000" RFC822.SIZE 20)
			$also
			TAG OK x
		END
		listed
		[[ ${lines[0]} == *kind=presence* && ${lines[0]} != *count=* && ${lines[3]} == $'end\tr\tINBOX\t2' ]]
		matches 2 EXAMINE <log
	done
}

@test "list: unsolicited flags, with a uid or not, list nothing and hide nothing" {
	script <<-'END'
		caps IMAP4rev1 UNSELECT CONDSTORE
		on EXAMINE "INBOX"
		* 2 EXISTS
		* OK [UIDVALIDITY 7] x
		* OK [UIDNEXT 10] x
		* OK [HIGHESTMODSEQ 20] x
		* 2 FETCH (UID 9 FLAGS (\Flagged))
		TAG OK [READ-ONLY] x
		on UID FETCH 1:\*
		* 2 FETCH (FLAGS (\Flagged))
		* 2 FETCH (UID 9 FLAGS (\Flagged))
		* OK [HIGHESTMODSEQ 25] x
		* 1 FETCH (UID 5 FLAGS (\Seen) INTERNALDATE " 9-Sep-2001 01:46:40 +0000" RFC822.SIZE 20)
		* OK [UIDNEXT 12] x
		* 2 FETCH (UID 9 FLAGS (\Flagged) INTERNALDATE " 9-Sep-2001 01:46:40 +0000" RFC822.SIZE 20)
		TAG OK x
	END
	listed
	same "$output" "$(r folder r INBOX INBOX count=2 kind=full modseq=20 next=10 validity=7
		r m r 7:5 date=1000000000 flags=S size=20
		r m r 7:9 date=1000000000 flags=F size=20
		r end r INBOX 2)"
}

@test "list: UIDNEXT that is not above every uid is no head" {
	script <<-'END'
		on EXAMINE "INBOX"
		* 1 EXISTS
		* OK [UIDVALIDITY 7] x
		* OK [UIDNEXT 9] x
		* OK [HIGHESTMODSEQ 20] x
		TAG OK [READ-ONLY] x
		on UID FETCH 1:\*
		* 1 FETCH (UID 9 FLAGS () INTERNALDATE " 9-Sep-2001 01:46:40 +0000" RFC822.SIZE 20)
		TAG OK x
	END
	listed
	[ "${lines[0]}" = "$(r folder r INBOX INBOX count=1 kind=full validity=7)" ]
}

@test "list: n:* answers with the last message though it is below n; it is listed once" {
	script <<-'END'
		on EXAMINE "INBOX"
		* 1 EXISTS
		* OK [UIDVALIDITY 7] x
		* OK [UIDNEXT 10] x
		TAG OK [READ-ONLY] x
		on UID FETCH 1:9 \(UID FLAGS\)
		* 1 FETCH (UID 5 FLAGS (\Seen))
		TAG OK x
		on UID FETCH 10:\*
		* 1 FETCH (UID 5 FLAGS (\Seen) INTERNALDATE " 9-Sep-2001 01:46:40 +0000" RFC822.SIZE 20)
		TAG OK x
	END
	{ listing; pair INBOX; heads count=1 kind=head next=10 validity=7; ended; } >in
	list <in >out
	matches 1 ^m <out
	matches + $'^folder\tr\tINBOX\tINBOX\tcount=1\tkind=full' <out
}

@test "list: nothing is asked of a folder whose figures are the state's; with a probe it is" {
	script </dev/null
	{ listing; pair INBOX; heads count=2 kind=head modseq=9 next=10 validity=7; ended; } >in
	list <in >out
	[ ! -s log ]
	matches + $'^folder\tr\tINBOX\tINBOX\tcount=2\tkind=delta\tmodseq=9' <out
	{ listing; pair INBOX; heads count=2 kind=head modseq=9 next=10 validity=7; r probe remote INBOX INBOX 7:5; ended; } >in
	run -0 imap-list -a test -t "$T" <in
	[[ $output == *kind=failed* ]]
	matches + 'EXAMINE' <log
	# the same, if any figure or rule differs, or modseq is not told
	local other
	for other in 'count=3 kind=head modseq=9 next=10 validity=7' 'count=2 kind=head next=10 validity=7' \
		'count=2 kind=head modseq=8 next=10 validity=7' 'kind=head modseq=9 next=10 validity=7'; do
		: >log
		# shellcheck disable=SC2086
		{ listing; pair INBOX; heads $other; ended; } >in
		run imap-list -a test -t "$T" <in
		matches + EXAMINE <log
	done
}

@test "list: one folder refused between others is its own affair" {
	local no
	for no in 'TAG NO [NOPERM] not yours' 'TAG BAD what' '* 5 EXISTS|TAG OK no validity'; do
		script <<-END
			on EXAMINE "b"
			${no//|/$'\n'}
			on EXAMINE "(a|c)"
			* 1 EXISTS
			* OK [UIDVALIDITY 7] x
			TAG OK x
			once UID FETCH 1:\*
			* 1 FETCH (UID 5 FLAGS () INTERNALDATE " 9-Sep-2001 01:46:40 +0000" RFC822.SIZE 20)
			TAG OK x
			once UID FETCH 1:\*
			* 9 FETCH (UID 99 FLAGS () INTERNALDATE " 9-Sep-2001 01:46:40 +0000" RFC822.SIZE 20)
			TAG BAD no mailbox selected
			once UID FETCH 1:\*
			* 1 FETCH (UID 6 FLAGS () INTERNALDATE " 9-Sep-2001 01:46:40 +0000" RFC822.SIZE 20)
			TAG OK x
		END
		{ listing; pair a; pair b; pair c; ended; } >in
		list <in >out
		matches 2 'kind=full' <out
		matches + $'^folder\tr\tb\t.*kind=failed' <out
		matches 0 7:99 <out
		whole out
	done
}

@test "list: answers out of turn end the session; nothing of one folder is said of another" {
	script <<-'END'
		on EXAMINE "a"
		o3 OK unselected before its time
		* 1 EXISTS
		* OK [UIDVALIDITY 7] x
		TAG OK x
		on UID FETCH
		* 1 FETCH (UID 5 FLAGS () INTERNALDATE " 9-Sep-2001 01:46:40 +0000" RFC822.SIZE 20)
		TAG OK x
	END
	{ listing; pair a; pair b; ended; } >in
	run -75 imap-list -a test -t "$T" <in
	matches 2 kind=failed <<<"$output"
	matches 0 ^m <<<"$output"
}

@test "list: a server that refuses to fetch from an empty folder has an empty folder" {
	script <<-'END'
		on EXAMINE
		* 0 EXISTS
		* OK [UIDVALIDITY 7] x
		* OK [UIDNEXT 1] x
		TAG OK x
		on UID FETCH
		TAG NO nothing to fetch
	END
	listed
	[ "${lines[0]}" = "$(r folder r INBOX INBOX count=0 kind=full next=1 validity=7)" ]
}

@test "list: the server dies at any byte: failed, or all of it" {
	local cut
	for cut in $(cuts 1 57 400); do
		script <<-'END'
			on EXAMINE
			* 1 EXISTS
			* OK [UIDVALIDITY 7] x
			* OK [UIDNEXT 10] x
			TAG OK x
			on UID FETCH
			* 1 FETCH (UID 5 FLAGS () INTERNALDATE " 9-Sep-2001 01:46:40 +0000" RFC822.SIZE 20)
			TAG OK x
		END
		{ listing; pair INBOX; ended; } >in
		imap-list -a test -t "$T $cut" <in >out 2>err || [ $? -eq 75 ]
		whole out
		if [[ $(<out) == *kind=failed* ]]; then
			matches 0 ^m <out
		else
			matches 1 $'^m\tr\t7:5\t' <out
		fi
	done
	[ "$(wc -l <out)" -eq 6 ]
}

@test "list: names in every form that a server may use, and forms that it may not" {
	script <<-'END'
		on LIST
		* LIST (\HasNoChildren) "/" INBOX
		* LIST () "/" inbox
		* LIST () "/" a[b
		* LIST () "/" "with \"quotes\" and \\"
		* LIST () "/" {10}
		%raw lit%"\eral\x0d\x0a
		* LIST () "/" {7}
		%raw nul\x00nul\x0d\x0a
		* LIST () "/" {2}
		%raw a\x0a\x0d\x0a
		* LIST (\Noselect) "/" none
		* LIST (\NonExistent) "/" gone
		* LIST () NIL flat
		* LIST () "/" NIL
		* LIST () "/" "tab	and \x9bcsi"
		* LIST () "/" "../../etc"
		%raw * LIST () "/" "
		%long 2000000
		%raw "\x0d\x0a
		TAG OK x
		on STATUS "(INBOX|NIL)"
		* STATUS \1 (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 3)
		TAG OK x
		on STATUS
		TAG NO no
	END
	{ listing; ended; } >in
	list -H <in >out
	same "$(grep ^folder out | cut -f3)" '../../etc
INBOX
NIL
a%0A
a[b
flat
lit%25"\eral
tab%09and%20%9Bcsi
with%20"quotes"%20and%20\'
	matches + $'^tree\tr\tfull\t9\tsep=/' <out
	matches + $'^folder\tr\tNIL\t-\tcount=1\tkind=head\tnext=2\tvalidity=3' <out
	matches + 'left%20out' <out
}

@test "list: LIST refused, no greeting, an unauthenticated one, BYE: one line that says so" {
	local rule words
	while IFS='|' read -r rule words; do
		printf -v rule %b "$rule"
		script <<<"$rule"
		{ listing; ended; } >in
		run --separate-stderr imap-list -a test -t "$T" -H <in
		echo "$rule: $stderr"
		[ "$status" -ne 0 ] && [[ $stderr == imap-list:*"$words"* && $stderr != *$'\n'* ]]
	done <<-'END'
		on LIST\nTAG NO go away|go away
		on LIST\n* BYE shutting down \\x1b[2J|shutting down \x1b
		on LIST\nTAG BAD what|what
		greet * OK log in first|not authenticated
		greet * BYE not now|not now
		greet garbage|no IMAP response
		on LIST\n* LIST garbage\nTAG OK x|cannot be read
		on LIST\n* LIST (((((((((((((((((((((((((((((((((((((\nTAG OK x|no IMAP response
	END
}

# --- imap-fetch

# The plan line for a message that the server has.
copy() { r copy local INBOX INBOX "7:$1" date=1000000000 flags=% "size=${2-20}"; }

@test "fetch: what comes is spooled, in any order, and what does not is passed on" {
	script <<-'END'
		on EXAMINE "INBOX"
		* OK [UIDVALIDITY 7] x
		TAG OK [READ-ONLY] x
		on UID FETCH 5:9
		* 3 FETCH (UID 7 BODY[] "Subject: quoted" INTERNALDATE " 9-Sep-2001 01:46:40 +0000")
		* 1 FETCH (BODY[] {20}
		%raw Subject: a\x0d\x0a\x0d\x0abody\x0d\x0a
		 UID 5)
		* 2 FETCH (UID 6 BODY[] NIL)
		* 4 FETCH (UID 8 BODY[] {0}
		)
		* 8 FETCH (FLAGS (\Seen))
		* 9 FETCH (UID 77 BODY[] {1}
		x)
		* 5 FETCH (BODY[] {1}
		x)
		TAG OK x
	END
	{ r plan 1 account=test; for uid in 5 6 7 8 9; do copy $uid; done; r end - - 6; } >plan
	run imap-fetch -a test -t "$T" <plan
	same "$(sed 's/\tspool.*//' <<<"$output")" "$(<plan)"
	matches 2 spool <<<"$output"
	[[ ${lines[1]} == *spool=INBOX/tmp/offlineimap-spool.*spoolsize=17 && ${lines[3]} == *spooldate=1000000000*spoolsize=15 ]]
	# nothing lies about but these two
	files 2 "$MAILDIR"
	mkdir "$MAILDIR"/INBOX/{cur,new}
	apply <<<"$output"
	matches 2 '^done' <<<"$output"
	matches 3 '^skip=it%20was%20not%20fetched' <<<"$output"
	file INBOX 5
	[ "$(<"$FILE")" = "${A%$'\n'}" ]
}

@test "fetch: another UIDVALIDITY, a refused folder, a BAD name: nothing is spooled, the rest is" {
	local told
	for told in '* OK [UIDVALIDITY 8] x|TAG OK x' 'TAG OK x' 'TAG NO x'; do
		rm -rf "$MAILDIR"
		script <<-END
			on EXAMINE "INBOX"
			${told//|/$'\n'}
			on EXAMINE "b"
			* OK [UIDVALIDITY 7] x
			TAG OK x
			on UID FETCH
			* 1 FETCH (UID 5 BODY[] {20}
			%raw Subject: a\\x0d\\x0a\\x0d\\x0abody\\x0d\\x0a
			)
			TAG OK x
		END
		run imap-fetch -a test -t "$T" < <(copy 5; r copy local b b 7:5 date=1 flags=% size=20)
		[ "$status" -ne 0 ]
		matches 1 spool= <<<"$output"
		[[ $output == *b/tmp/offlineimap-spool* && $output == *INBOX* ]]
		files 0 "$MAILDIR/INBOX"
	done
}

@test "fetch: lengths that are wrong, or huge, give no message" {
	local body
	for body in '{30}|%raw Subject: a\x0d\x0a\x0d\x0abody|)' '{10}|Subject: and more)' \
		'{999999999999999999}|x)' '{9223372036854775808}|x)' '{99999999999}|x)' '{20}|%close'; do
		script <<-END
			on EXAMINE "INBOX"
			* OK [UIDVALIDITY 7] x
			TAG OK x
			on UID FETCH
			* 1 FETCH (UID 5 BODY[] ${body//|/$'\n'}
			%close
		END
		run --separate-stderr imap-fetch -a test -t "$T" < <(copy 5; copy 6)
		[ "$status" -ne 0 ]
		[ "$output" = "$(copy 5; copy 6)" ]
		[[ $stderr == ?* && $stderr != *$'\n'* ]]
	done
}

@test "fetch: the server dies at any byte: what was whole is spooled, what was not is no file" {
	local cut left
	for cut in $(cuts 60 71 420); do
		rm -rf "$MAILDIR" "$META"
		mkdir -p "$MAILDIR"/INBOX/{cur,new,tmp}
		script <<-'END'
			on EXAMINE "INBOX"
			* OK [UIDVALIDITY 7] x
			TAG OK x
			on UID FETCH
			* 1 FETCH (UID 5 BODY[] {20}
			%raw Subject: a\x0d\x0a\x0d\x0abody\x0d\x0a
			)
			* 2 FETCH (UID 6 BODY[] {20}
			%raw Subject: b\x0d\x0a\x0d\x0abody\x0d\x0a
			)
			TAG OK x
		END
		copy 5 >plan && copy 6 >>plan
		imap-fetch -a test -t "$T $cut" <plan >out 2>err || [ $? -eq 75 ]
		matches 2 . <out
		apply <out
		matches "$(grep -c spool= out)" ^done <<<"$output"
		left=("$MAILDIR"/*/*/offlineimap-spool*)
		[ ! -e "${left[1]:-}" ]
	done
	matches 2 ^done <<<"$output"
}

@test "fetch: spools of a process that had our number are swept, and in nobody's way" {
	mkdir -p "$MAILDIR"/INBOX/{cur,new,tmp}
	script <<-'END'
		on EXAMINE "INBOX"
		* OK [UIDVALIDITY 7] x
		TAG OK x
		on UID FETCH
		* 1 FETCH (UID 5 BODY[] "x")
		TAG OK x
	END
	# a number space of its own: imap-fetch is process 1 there
	unshare -pr --fork --kill-child true 2>/dev/null || skip "no process name spaces here"
	for _ in 1 2 3; do
		copy 5 | unshare -pr --fork --kill-child -- "$BUILD/bin/imap-fetch" -a test -t "$T" >out
		matches + spool= <out
	done
	files 1 "$MAILDIR"
}

@test "spool files that are missing or changed become no message" {
	mkdir -p "$MAILDIR"/INBOX/{cur,new,tmp}
	echo x >"$MAILDIR/INBOX/cur/mine"
	printf 'short' >"$MAILDIR/INBOX/tmp/offlineimap-spool.1.1"
	ln -s ../cur/mine "$MAILDIR/INBOX/tmp/offlineimap-spool.1.2"
	local d=spooldig=0123456789abcdef0123456789abcdef
	apply < <(
		r copy local INBOX INBOX 7:1 flags=% size=20 spool=INBOX/tmp/offlineimap-spool.1.0 $d spoolsize=20
		r copy local INBOX INBOX 7:2 flags=% size=20 spool=INBOX/tmp/offlineimap-spool.1.1 $d spoolsize=20
		r copy local INBOX INBOX 7:3 flags=% size=20 spool=INBOX/tmp/offlineimap-spool.1.2 $d spoolsize=2
		r copy local INBOX INBOX 7:4 flags=% size=20 spool=INBOX/cur/mine $d spoolsize=2
		r copy local INBOX INBOX 7:5 flags=% size=20 spool=../INBOX/cur/mine $d spoolsize=2
		r copy local INBOX INBOX 7:6 flags=% size=20)
	matches 6 ^skip <<<"$output"
	rows INBOX ''
	[ "$(<"$MAILDIR/INBOX/cur/mine")" = x ]
}

# --- old plans, mixed plans, parts of plans

# What the real server has, as "UID FLAGS" lines.
server_has() {
	local uid flags
	imap ls INBOX >there
	while IFS=$'\t' read -r _ uid flags _; do printf '%s %s\n' "$uid" "$flags"; done <there
}
plan() { offlineimap -o --dry-run -u plan; }
carry() { imap-fetch -a test | sync-apply -a test; }
nothing_left() {
	plan >after
	same "$(grep -v -e ^plan -e ^note -e ^end -e ^mark after)" ''
}
server_has_just() {
	imap ls INBOX >there
	matches "$1" . <there
}
twice_in_step() { server_has_just "$1" && files "$1" "$MAILDIR/INBOX"; }
# Three messages on both sides, one of them new on each.
in_step() {
	mkdir -p "$MAILDIR"/INBOX/{cur,new,tmp}
	imap number INBOX 3 '\Seen' 1000000000
	plan | carry >/dev/null
	twice_in_step 3
}

@test "old plan: a deletion, and the file is back; a deletion, and the flags are others" {
	in_step
	file INBOX 2
	mv "$FILE" kept
	plan >old
	matches + $'^delete\tremote' <old
	cp kept "$FILE"
	carry <old >report
	matches + '^skip=the%20file%20is%20back' <report
	twice_in_step 3
	gone INBOX 2
	plan >old
	imap store INBOX 2 +FLAGS '\Flagged'
	carry <old >report
	matches + '^skip=its%20flags%20changed' <report
	[[ $(server_has) == *$'\n2 \\Flagged \\Seen\n'* ]]
}

@test "old plan: all of it again, after the runs that came between; twice in one; shuffled; its parts" {
	in_step
	mail 4
	message 5 >"$MAILDIR/INBOX/new/five"
	reflag INBOX 1 FS
	imap store INBOX 2 +FLAGS '\Answered'
	gone INBOX 3
	plan >old
	imap-fetch -a test <old >fetched
	# its parts, in any order, doubled
	grep -v -e ^plan -e ^end -e ^mark fetched | sort -r >parts
	mapfile -t parts <parts
	printf '%s\n' "${parts[@]:0:2}" "${parts[@]:0:2}" >first
	printf '%s\n' "${parts[@]: -2}" >last
	sync-apply -a test <first >report
	sync-apply -a test <last >>report
	sync
	server_has_just 4
	agree
	# and again, whole, when all has been done
	for _ in 1 2; do
		cat fetched old | sync-apply -a test >report
		carry <old >>report
		matches 0 $'^done(=|\tcopy|\tdelete)' <report
		sync
		agree
		server_has_just 4
	done
	nothing_left
}

@test "old plan: a folder that was made since and has vanished is not made anew: empty, it would be emptied there" {
	imap create F
	mail 1 F
	mail 2 F
	mkdir -p "$MAILDIR"/INBOX/{cur,new,tmp}
	plan >old
	plan | carry >report
	matches + $'^done\tcreate\tlocal\tF\t' <report
	mv "$MAILDIR/F" away
	grep -v ^copy old | carry >report
	matches + $'^skip=[^\t]*\tcreate\tlocal\tF\t' <report
	[ ! -e "$MAILDIR/F" ]
	plan | carry >report
	imap ls F >there
	matches 2 . <there
	mv away "$MAILDIR/F"
	nothing_left
}

@test "old plan: its downloads were put in place, and then the disk was full: they are not fetched twice" {
	in_step
	mail 4
	mail 5
	plan >old
	# this one bears the number of a message that it is not
	message 6 >"$MAILDIR/INBOX/new/x,U=5,FMD5=$(printf INBOX | md5sum | cut -c 1-32)"
	imap-fetch -a test <old >fetched
	export SHIM_FILE=$PWD/count SHIM_ERROR=ENOSPC SHIM_CALL=writev SHIM_FAIL=1
	ASAN_OPTIONS=${ASAN_OPTIONS-}:verify_asan_link_order=0 LD_PRELOAD=$ROOT/build/t/shim.so run sync-apply -a test <fetched
	[ "$status" -ne 0 ]
	file INBOX 4
	state INBOX
	matches 3 . <<<"$ROWS"
	carry <old >report
	matches 2 $'^skip=a%20run%20that%20was%20stopped.*\tcopy' <report
	sync
	twice_in_step 6
	agree
}

@test "old plan: flags that were changed by it, and taken back since, are not changed again" {
	in_step
	reflag INBOX 1 FS
	imap store INBOX 2 +FLAGS '\Flagged'
	plan >old
	matches 2 ^flags <old
	sync
	imap store INBOX 1 -FLAGS '\Flagged'
	reflag INBOX 2 S
	carry <old >report
	matches 2 $'^skip=the%20state%20says%20otherwise\tflags' <report
	sync
	[ "$(server_has)" = $'1 \\Seen\n2 \\Seen\n3 \\Seen' ]
	agree
}

@test "old plan: its mark moves no head" {
	in_step
	sleep 2.1
	plan | carry >/dev/null
	plan >old
	mail 4
	plan >between
	grep -v '^copy' between | carry >/dev/null
	cat old between | grep ^mark | sync-apply -a test >/dev/null
	plan >after
	matches + $'^copy\tlocal' <after
}

@test "old plan: a mark of another generation moves no head" {
	heads() {
		state INBOX && grep ^folder answer
	}
	in_step
	sleep 2.1
	plan | carry >/dev/null
	touch "$MAILDIR/INBOX/cur"
	sleep 2.1
	plan >current
	matches + ^mark <current
	matches 0 '^copy|^flags' <current
	before=$(heads)
	awk '/^mark/ { match($0, /gen=[0-9]+/); g = substr($0, RSTART + 4, RLENGTH - 4)
		sub(/gen=[0-9]+/, "gen=" g - 1) } { print }' current >old
	[ "$(grep -c . old)" -eq "$(grep -c . current)" ]
	sync-apply -a test <old >/dev/null
	same "$(heads)" "$before"
	sync-apply -a test <current >/dev/null
	[ "$(heads)" != "$before" ]
}

@test "two plans at once: for two UIDVALIDITYs, one wins and the other is skipped; nothing is half done" {
	mkdir -p "$MAILDIR"/INBOX/{cur,new,tmp}
	local n d=spooldig=0123456789abcdef0123456789abcdef
	for n in 1 2 3; do printf 'x%s\n' $n >"$MAILDIR/INBOX/tmp/offlineimap-spool.1.$n"; done
	apply < <(for n in 1 2 3; do
		r copy local INBOX INBOX $((7 + n / 2)):$n flags=% size=20 spool=INBOX/tmp/offlineimap-spool.1.$n $d spoolsize=3
	done)
	[[ ${lines[0]} == done* && ${lines[1]} == skip=UIDVALIDITY* && ${lines[2]} == skip=UIDVALIDITY* ]]
	rows INBOX '7:1 flags=% U=1'
	named=("$MAILDIR"/INBOX/*/*",U="*)
	[ ${#named[@]} -eq 1 ] && [ -e "${named[0]}" ]
}

@test "a plan for names that the state pairs otherwise: that folder fails, the others go on" {
	have INBOX 7:5 S "$A"
	have b 7:5 S "$B"
	gone b 5
	script <<-'END'
		on EXAMINE
		* OK [UIDVALIDITY 7] x
		TAG OK x
		on UID FETCH
		TAG OK x
	END
	mkdir -p "$MAILDIR/other"/{cur,new,tmp}
	apply < <(r delete local INBOX other 7:5 was=S; r delete local b b 7:5 was=S; r agree both INBOX other 7:5 flags=S was=S)
	matches 2 ^fail= <<<"$output"
	[[ $output == *done*delete*b* ]]
	rows INBOX '7:5 flags=S U=5'
}

@test "a cut plan: what could lose mail waits for a whole one" {
	have INBOX 7:5 S "$A"
	script <<-'END'
		on EXAMINE
		* OK [UIDVALIDITY 7] x
		TAG OK x
		on UID FETCH
		TAG OK x
	END
	apply < <(r plan 1 account=test; r delete local INBOX INBOX 7:5 was=S)
	[[ $output == skip=*cut* ]]
	file INBOX 5
	# cut within a line: nothing that was not whole is done
	apply < <(r plan 1 account=test; printf 'delete\tlocal\tINBOX\tINBOX\t7:5\twas=S')
	[[ $status -eq 1 && $output == sync-apply:*cut\ off* && $output != *$'\n'* ]]
	file INBOX 5
	# a policy is no cut
	apply delete local INBOX INBOX 7:5 was=S
	[[ $output == done* ]]
}

@test "a keep in front of a change leaves its word in the row" {
	have INBOX 7:5 S "$A"
	apply < <(r keep remote INBOX INBOX 7:5 flags=S why=maxdelete; r agree both INBOX INBOX 7:5 flags=FS was=S)
	rows INBOX '7:5 flags=FS kept=maxdelete U=5'
}

@test "adoption: the server must have the message, the file must be nobody's" {
	have INBOX 7:5 S "$A"
	local name
	file INBOX 5
	name=$BASE
	printf %s "$A" >"$MAILDIR/INBOX/cur/one:2,S"
	script <<-'END'
		on EXAMINE
		* OK [UIDVALIDITY 7] x
		TAG OK x
		on UID FETCH
		* 1 FETCH (UID 6 FLAGS (\Seen))
		* 2 FETCH (UID 7 FLAGS (\Seen))
		TAG OK x
	END
	apply < <(r adopt both INBOX INBOX 7:6 flags=S "name=$name" size=20
		r adopt both INBOX INBOX 7:9 flags=S name=one size=20
		r adopt both INBOX INBOX 7:7 flags=S name=two size=20
		r adopt both INBOX INBOX 7:6 flags=S name=one size=20
		r adopt both INBOX INBOX 7:7 flags=S name=one size=20)
	[[ ${lines[0]} == skip=*paired* && ${lines[1]} == skip=*server* && ${lines[2]} == skip=*gone* ]]
	[[ ${lines[3]} == done* && ${lines[4]} == skip=*gone* ]]
	rows INBOX '7:5 flags=S U=5
7:6 flags=S U=6'
}

@test "a directory that vanishes, a file that may not be renamed: said, and the rest goes on" {
	have INBOX 7:5 S "$A"
	have b 7:5 S "$B"
	rm -r "$MAILDIR/INBOX"
	script </dev/null
	apply < <(r flags local INBOX INBOX 7:5 add=F was=S; r flags local b b 7:5 add=F was=S
		r delete remote INBOX INBOX 7:5 was=S)
	[[ $output == *fail=*flags*INBOX* && $output == *done*flags*b* && $output == *fail=*delete* ]]
	[ ! -s log ]
	rows INBOX '7:5 flags=S U=5'
	# names that cannot be made durable are nothing that a row may rest on
	rm -r "$MAILDIR/b"
	apply < <(r agree both INBOX INBOX 7:5 flags=FS was=S; r forget both b b 7:5)
	[[ $output == *fail=*agree*INBOX* && $output == *fail=*forget*b* ]]
	rows INBOX '7:5 flags=S U=5'
	rows b '7:5 flags=FS U=5'
}

@test "too few descriptors: what does not fit waits, nothing is lost, and it ends" {
	in_step
	local n
	for n in {10..79}; do message "$n" >"$MAILDIR/INBOX/new/n$n"; done
	imap fill INBOX 70
	plan >p
	imap-fetch -a test <p >q
	(ulimit -n 60; sync-apply -a test <q >report)
	matches 140 ^done <report
	twice_in_step 143
	agree
}
