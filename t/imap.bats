# imap-list, imap-fetch and sync-apply against servers that do what they should not: a scripted
# one (t/scripted.py) for what no real server can be brought to, and the real one.
bats_require_minimum_version 1.5.0
load lib

setup() {
	t_setup
	write_conf
	T="$SERVED scripted.py $HOME/script $HOME/log"
}

# A record: its fields.
r() {
	local IFS=$'\t'
	printf '%s\n' "$*"
}

# The server's script, from standard input; what it gets is in the log.
script() {
	put "$HOME/script"
	: >"$HOME/log"
}

# Plan lines on standard input, carried out; the outcome and what they were, without the stat.
apply() { sync-apply -a test -t "$T" | grep -v -e '^stat' -e '^end'; }
list() { imap-list -a test -t "$T" "$@"; }
fetch() { imap-fetch -a test -t "$T" "$@"; }

# A stream of pairs: the records on standard input, and the end that counts them.
stream() { { r listing 1 account=test; cat; } | awk '{ print } END { printf "end\t-\t-\t%d\n", NR }'; }
pair() { r pair "$1" "${2-$1}" fmd5=x maxdelete=- "rules=${3-%}"; }
# digest TEXT: what records call that, of its first 8192 bytes in wire form; in DIGEST.
declare -gA digests
digest() {
	[ -n "${digests[$1]:-}" ] || read -r -n 32 'digests[$1]' < <(printf %s "$1" | sed 's/$/\r/' |
		head -c 8192 | tr -d '\r' | sha256sum)
	DIGEST=${digests[$1]}
}

# have FOLDER V:UID FLAGS TEXT: a message that both sides and the state have.
have() {
	local spool=offlineimap-spool.1.$RANDOM oneline=${4//$'\n'}
	[ -d "$MAILDIR/$1" ] || mkdir -p "$MAILDIR/$1"/{cur,new,tmp}
	digest "$4"
	printf '%s' "$4" >"$MAILDIR/$1/tmp/$spool"
	r copy local "$1" "$1" "$2" date=1000000000 "flags=${3:-%}" size=$((2 * ${#4} - ${#oneline})) \
		"spool=$1/tmp/$spool" "spooldig=$DIGEST" "spoolsize=${#4}" |
		sync-apply -a test -t false >/dev/null
}
# The file of a uid, and its base name.
file() {
	local file
	for file in "$MAILDIR/$1"/{cur,new}/*",U=$2,"*; do
		[ ! -e "$file" ] || printf '%s\n' "$file"
	done
}
base() {
	local file
	file=$(file "$@")
	file=${file##*/}
	printf '%s' "${file%:2,*}"
}
# The state's rows of a folder: "V:UID FLAGS KEPT NAME", the name cut to its uid.
rows() {
	{ r listing 1 account=test; pair "$1"; r end - - 2; } | sync-state -a test |
		awk -F '\t' '/^m\ts/ {
			l = $3
			for (i = 4; i <= NF; i++)
				if ($i ~ /^(flags|kept)=/)
					l = l " " $i
				else if ($i ~ /^name=/) {
					sub(/.*,U=/, "U=", $i); sub(/,.*/, "", $i)
					l = l " " $i
				}
			print l
		}'
}

# --- sync-apply: deletions

@test "delete local: gone from the server, so the file goes" {
	have INBOX 7:5 S $'Subject: a\n\nbody\n'
	script <<-'END'
		on EXAMINE "INBOX"
		* 0 EXISTS
		* OK [UIDVALIDITY 7] x
		TAG OK [READ-ONLY] x
		on UID FETCH 5
		TAG OK x
	END
	run apply < <(r delete local INBOX INBOX 7:5 was=S)
	[[ $output == done$'\t'delete* ]]
	[ -z "$(file INBOX 5)" ]
	[ -z "$(rows INBOX)" ]
}

@test "delete local: a FETCH that is refused proves no absence" {
	local answer
	for answer in 'NO [INUSE] x' 'BAD x'; do
		have INBOX 7:5 S $'Subject: a\n\nbody\n'
		script <<-END
			on EXAMINE "INBOX"
			* 1 EXISTS
			* OK [UIDVALIDITY 7] x
			TAG OK [READ-ONLY] x
			on UID FETCH 5
			TAG $answer
		END
		run apply < <(r delete local INBOX INBOX 7:5 was=S)
		[[ $output == fail=* ]]
		[ -n "$(file INBOX 5)" ]
		[ "$(rows INBOX)" = '7:5 flags=S U=5' ]
	done
}

@test "delete local: the server has it, another UIDVALIDITY, none, a refused folder: it stays" {
	local select fetch='TAG OK x'
	have INBOX 7:5 S $'Subject: a\n\nbody\n'
	for select in '* OK [UIDVALIDITY 8] x|TAG OK x' 'TAG OK x' 'TAG NO [NONEXISTENT] x' 'TAG BAD x' \
		'* OK [UIDVALIDITY 7] x|TAG OK x|has'; do
		[[ $select != *has ]] || fetch=$'* 1 FETCH (UID 5 FLAGS (\\Seen))\nTAG OK x'
		{
			echo 'on EXAMINE'
			tr '|' '\n' <<<"${select%|has}"
			printf 'on UID FETCH\n%s\n' "$fetch"
		} | script
		run apply < <(r delete local INBOX INBOX 7:5 was=S)
		[[ $output == fail=*delete* || $output == skip=the*again*delete* ]]
		[ -n "$(file INBOX 5)" ]
		[ "$(rows INBOX)" = '7:5 flags=S U=5' ]
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
	run apply < <(r delete local INBOX INBOX 7:5 was=S)
	[[ $output == fail=*out%20of%20turn*delete* ]]
	[ -n "$(file INBOX 5)" ]
	[ "$(rows INBOX)" = '7:5 flags=S U=5' ]
}

@test "delete local: the server dies at any byte of its answers; then the file is there, or the row is not" {
	local cut n
	for cut in $(cuts 1 37 150); do
		have INBOX 7:5 S $'Subject: a\n\nbody\n'
		script <<-'END'
			on EXAMINE "INBOX"
			* 0 EXISTS
			* OK [UIDVALIDITY 7] x
			TAG OK [READ-ONLY] x
			on UID FETCH 5
			TAG OK x
		END
		run sync-apply -a test -t "$T $cut" < <(r delete local INBOX INBOX 7:5 was=S)
		[[ $output == done* || -n $(file INBOX 5) ]]
		n=$(file INBOX 5 | wc -l)
		[ "$n" -eq "$(rows INBOX | grep -c .)" ]
	done
}

# gone FOLDER UID: what "have" made, without its file; NAME is the base name.
gone() {
	NAME=$(base "$1" "$2")
	rm "$(file "$1" "$2")"
}

@test "delete remote: marked, expunged in a second flight, and nothing of it is left" {
	have INBOX 7:5 S $'Subject: a\n\nbody\n'
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
	run apply < <(r delete remote INBOX INBOX 7:5 "name=$NAME" was=S)
	[[ $output == done$'\t'delete* ]]
	same "$(<log)" 'SELECT "INBOX"
UID FETCH 5 (UID FLAGS)
UID STORE 5 +FLAGS.SILENT (\Deleted)
UNSELECT
SELECT "INBOX"
UID EXPUNGE 5
UNSELECT'
	[ -z "$(rows INBOX)" ]
}

@test "delete remote: a folder made anew loses nothing, and the mark is taken back" {
	local told
	have INBOX 7:5 S $'Subject: a\n\nbody\n'
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
		run apply < <(r delete remote INBOX INBOX 7:5 "name=$NAME" was=S)
		[[ $output == fail=* ]]
		[ "$(grep -c EXPUNGE log)" -eq 0 ]
		[ "$(grep STORE log)" = 'UID STORE 5 +FLAGS.SILENT (\Deleted)
UID STORE 5 -FLAGS.SILENT (\Deleted)' ]
		[ "$(rows INBOX)" = '7:5 flags=S U=5' ]
	done
}

@test "deletions: of what the state does not say that both sides had nothing goes, nor is it marked" {
	local side line why
	have INBOX 7:5 S "$A"
	have other 8:6 S "$B"
	for side in local remote; do
		[ $side = local ] && NAME=$(base INBOX 5) || gone INBOX 5
		while IFS='|' read -r line why; do
			script <<-END
				on (SELECT|EXAMINE) "INBOX"
				* 0 EXISTS
				* OK [UIDVALIDITY ${line%%:*}] x
				TAG OK x
				on UID
				TAG OK x
			END
			run apply < <(r delete $side INBOX INBOX "${line%% *}" "name=${line#* }" was=S)
			echo "$side $line: $output"
			[[ $output == "skip=$why"*delete* ]]
			[ "$(grep -c -e STORE -e EXPUNGE log)" -eq 0 ]
			[ "$(rows INBOX)" = '7:5 flags=S U=5' ]
			[ $side = remote ] || [ -n "$(file INBOX 5)" ]
		done <<-END
			7:6 $NAME|the%20state%20does%20not%20know%20it
			8:5 $NAME|UIDVALIDITY%20is%20not%20the%20state
			7:5 $(base other 6)|the%20state%20names%20another%20file
		END
	done
}

@test "delete remote: a message that was marked before in a folder made anew stays marked" {
	have INBOX 7:5 S $'Subject: a\n\nbody\n'
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
	run apply < <(r delete remote INBOX INBOX 7:5 "name=$NAME" was=S)
	[[ $output == fail=* ]]
	[ "$(grep -c STORE log)" -eq 1 ]
}

@test "delete remote: other flags there now, a refused FETCH, a read-only folder: it stays" {
	local fetched rw store
	have INBOX 7:5 S $'Subject: a\n\nbody\n'
	gone INBOX 5
	for fetched in FLAGS '* 1 FETCH (UID 5 FLAGS (\Seen \Flagged))|TAG OK x|READ-WRITE|TAG OK x' 'TAG NO x|READ-WRITE|TAG OK x' \
		'* 1 FETCH (UID 5 FLAGS (\Seen))|TAG OK x|READ-ONLY|TAG NO x' \
		'* 1 FETCH (UID 5 FLAGS (\Seen))|TAG OK x|READ-WRITE|TAG NO x'; do
		[ "$fetched" != FLAGS ] || continue
		store=${fetched##*|} rw=${fetched%|*} rw=${rw##*|}
		{
			printf 'on SELECT\n* 1 EXISTS\n* OK [UIDVALIDITY 7] x\nTAG OK [%s] x\non UID FETCH\n' "$rw"
			tr '|' '\n' <<<"${fetched%|*|*}"
			printf 'on UID STORE\n%s\non UID EXPUNGE\nTAG OK x\n' "$store"
		} | script
		run apply < <(r delete remote INBOX INBOX 7:5 "name=$NAME" was=S)
		[[ $output != done* ]]
		[[ $rw != READ-ONLY || $output == skip=*read-only* ]]
		[ "$(grep -c EXPUNGE log)" -eq 0 ]
		[ "$(rows INBOX)" = '7:5 flags=S U=5' ]
	done
}

@test "delete remote: the file is back: nothing is even asked" {
	have INBOX 7:5 S $'Subject: a\n\nbody\n'
	NAME=$(base INBOX 5)
	script </dev/null
	run apply < <(r delete remote INBOX INBOX 7:5 "name=$NAME" was=S)
	[[ $output == 'skip=the%20file%20is%20back'* ]]
	[ ! -s log ]
}

@test "delete remote: without UIDPLUS, or with expunge = no, the mark stays and the row says so" {
	have INBOX 7:5 S $'Subject: a\n\nbody\n'
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
	run apply < <(r delete remote INBOX INBOX 7:5 "name=$NAME" was=S)
	[[ $output == done* ]]
	[ "$(tail -n 1 log)" = 'EXAMINE offlineimap-no-such-folder' ]
	[ "$(grep -c EXPUNGE log)" -eq 0 ]
	[ "$(rows INBOX)" = '7:5 flags=ST kept=expunge' ]
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
	have INBOX 7:5 S $'Subject: a\n\nbody\n'
	gone INBOX 5
	trash '* 1 FETCH (UID 5 FLAGS (\Seen \Deleted))' "$v" "$v" "$moved"
	run apply < <(r move remote INBOX INBOX 7:5 Trash - "name=$NAME" was=ST)
	[[ $output == done$'\t'move* ]]
	same "$(<log)" 'SELECT "INBOX"
UID FETCH 5 (UID FLAGS)
UNSELECT
SELECT "INBOX"
UID STORE 5 -FLAGS.SILENT (\Deleted)
UID MOVE 5 "Trash"
UNSELECT'
	[ -z "$(rows INBOX)" ]
	# it is gone already, by an answer that was lost
	have INBOX 7:5 S $'Subject: a\n\nbody\n'
	gone INBOX 5
	trash '' "$v" "$v" "$moved"
	run apply < <(r move remote INBOX INBOX 7:5 Trash - "name=$NAME" was=S)
	[[ $output == done$'\t'move* ]]
	[ "$(grep -c MOVE log)" -eq 0 ]
	[ -z "$(rows INBOX)" ]
}

@test "move remote: a folder made anew between any two of our commands: nothing is moved" {
	local first second
	have INBOX 7:5 S $'Subject: a\n\nbody\n'
	gone INBOX 5
	for first in 8 7; do
		for second in 8 none; do
			trash '* 1 FETCH (UID 5 FLAGS (\Seen))' "* OK [UIDVALIDITY $first] x" "* OK [UIDVALIDITY $second] x" \
				$'on UID MOVE\nTAG OK x'
			run apply < <(r move remote INBOX INBOX 7:5 Trash - "name=$NAME" was=S)
			[[ $output == fail=* ]]
			[ "$(grep -c -e MOVE -e STORE -e EXPUNGE log)" -eq 0 ]
			[ "$(rows INBOX)" = '7:5 flags=S U=5' ]
		done
	done
}

@test "move remote: without MOVE, a folder made anew: nothing is copied, marked or bared" {
	local first
	have INBOX 7:5 S $'Subject: a\n\nbody\n'
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
		run apply < <(r move remote INBOX INBOX 7:5 Trash - "name=$NAME" was=ST)
		[[ $output == fail=*UIDVALIDITY* ]]
		grep -q '^SELECT "INBOX"$' log
		[ "$(grep -c -e COPY -e STORE -e EXPUNGE log)" -eq 0 ]
		[ "$(rows INBOX)" = '7:5 flags=S U=5' ]
	done
}

@test "move remote: a refused MOVE deletes nothing; one that lacks its folder gets it" {
	local v='* OK [UIDVALIDITY 7] x' seen='* 1 FETCH (UID 5 FLAGS (\Seen))'
	have INBOX 7:5 S $'Subject: a\n\nbody\n'
	gone INBOX 5
	trash "$seen" "$v" "$v" $'on UID MOVE\nTAG NO [OVERQUOTA] full'
	run apply < <(r move remote INBOX INBOX 7:5 Trash - "name=$NAME" was=S)
	[[ $output == fail=*Trash*full* ]]
	[ "$(grep -c -e CREATE -e STORE -e EXPUNGE log)" -eq 0 ]
	[ "$(rows INBOX)" = '7:5 flags=S U=5' ]
	trash "$seen" "$v" "$v" $'once UID MOVE\nTAG NO [TRYCREATE] x\non UID MOVE\n* 1 EXPUNGE\nTAG OK x'
	run apply < <(r move remote INBOX INBOX 7:5 'B%20&A%22' - "name=$NAME" was=S)
	[[ $output == done$'\t'move* ]]
	same "$(grep -e CREATE -e MOVE log)" 'UID MOVE 5 "B &A\""
CREATE "B &A\""
UID MOVE 5 "B &A\""'
}

@test "move remote: two folders, no trash, and a server that has no word for what is there: made once" {
	have INBOX 7:5 S $'Subject: a\n\nbody\n'
	have other 7:5 S $'Subject: b\n\nbody\n'
	rm "$(file INBOX 5)" "$(file other 5)"
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
	run apply < <(r move remote INBOX INBOX 7:5 Trash - was=S; r move remote other other 7:5 Trash - was=S)
	[ "$(grep -c $'^done\tmove' <<<"$output")" -eq 2 ]
	[ "$(grep -c CREATE log)" -eq 1 ]
	[ -z "$(rows INBOX)$(rows other)" ]
}

@test "move remote: the server dies at any byte of its answers; then the row is there, or it was moved" {
	local cut v='* OK [UIDVALIDITY 7] x'
	for cut in $(cuts 1 53 380); do
		[ -n "$(rows INBOX)" ] || {
			have INBOX 7:5 S $'Subject: a\n\nbody\n'
			gone INBOX 5
		}
		trash '* 1 FETCH (UID 5 FLAGS (\Seen))' "$v" "$v" $'on UID MOVE\n* 1 EXPUNGE\nTAG OK x'
		run sync-apply -a test -t "$T $cut" < <(r move remote INBOX INBOX 7:5 Trash - "name=$NAME" was=S)
		[[ $output == done* || $(rows INBOX) == '7:5 flags=S U=5' ]]
		# nothing but MOVE may take it away
		[ "$(grep -c -e STORE -e EXPUNGE log)" -eq 0 ]
		[[ $output != done* ]] || grep -q MOVE log
	done
}

@test "move remote: what goes up to the trash in the same plan is enough, if it arrives" {
	local text=$'Subject: a\n\nbody\n' append f
	for append in '* OK x|TAG NO [OVERQUOTA] full' '* OK x|TAG OK [APPENDUID 9 1] x'; do
		[ -n "$(rows INBOX)" ] || have INBOX 7:5 S "$text"
		f=$(file INBOX 5)
		mkdir -p "$MAILDIR/Trash"/{cur,new,tmp}
		[ -z "$f" ] || { NAME=$(base INBOX 5); mv "$f" "$MAILDIR/Trash/cur/x:2,S"; }
		digest "$text"
		{
			printf 'caps IMAP4rev1 UNSELECT UIDPLUS MOVE LITERAL+\n'
			printf 'on (EXAMINE|SELECT) "INBOX"\n* 1 EXISTS\n* OK [UIDVALIDITY 7] x\nTAG OK [READ-WRITE] x\n'
			printf 'on SELECT "Trash"\n* 0 EXISTS\n* OK [UIDVALIDITY 9] x\nTAG OK [READ-WRITE] x\n'
			printf 'on UID FETCH 5 .*BODY\n%%raw * 1 FETCH (UID 5 FLAGS (\\Seen) RFC822.SIZE 20 '
			printf 'INTERNALDATE "09-Sep-2001 01:46:40 +0000" BODY[]<0> {20}\\x0d\\x0a'
			printf 'Subject: a\\x0d\\x0a\\x0d\\x0abody\\x0d\\x0a)\\x0d\\x0a\nTAG OK x\n'
			printf 'on UID FETCH 5\n* 1 FETCH (UID 5 FLAGS (\\Seen))\nTAG OK x\non UID FETCH\nTAG OK x\n'
			printf 'on APPEND\n%s\non UID (STORE|EXPUNGE)\nTAG OK x\n' "${append//|/$'\n'}"
		} | script
		run apply < <(r copy remote Trash Trash - date=1000000000 "dig=$DIGEST" flags=S gen=0 name=x next=9:1 size=20
			r move remote INBOX INBOX 7:5 Trash - "name=$NAME" was=S)
		[ "$(grep -c MOVE log)" -eq 0 ]
		if [[ $append == *full ]]; then
			[[ $output == *'skip=the%20same%20message%20did%20not'*move* ]]
			same "$(grep -e '^UID STORE' -e EXPUNGE log)" 'UID STORE 5 +FLAGS.SILENT (\Deleted)
UID STORE 5 -FLAGS.SILENT (\Deleted)'
			[ "$(rows INBOX)" = '7:5 flags=S U=5' ]
		else
			grep -q 'UID EXPUNGE 5' log
			[ -z "$(rows INBOX)" ]
		fi
	done
}

@test "move remote: a COPY that is refused expunges nothing, and the mark is taken back" {
	have INBOX 7:5 S $'Subject: a\n\nbody\n'
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
	run apply < <(r move remote INBOX INBOX 7:5 Trash - "name=$NAME" was=S)
	[[ $output == fail=*full* ]]
	same "$(grep -e COPY -e STORE -e EXPUNGE log)" 'UID COPY 5 "Trash"
UID STORE 5 +FLAGS.SILENT (\Deleted)
UID STORE 5 -FLAGS.SILENT (\Deleted)'
	[ "$(rows INBOX)" = '7:5 flags=S U=5' ]
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
	run apply < <(r flags remote INBOX INBOX 7:5 add=F "name=$(base INBOX 5)" was=S)
	[[ $output == skip=the%20file*s%20flags%20changed%20meanwhile*flags* ]]
	[ "$(grep -c STORE log)" -eq 0 ]
	[ "$(rows INBOX)" = '7:5 flags=S U=5' ]
}

@test "flags remote: BAD to a SELECT: nothing is done to any other folder, and nothing of it is believed" {
	local caps leave
	for caps in 'IMAP4rev1 UIDPLUS UNSELECT' 'IMAP4rev1 UIDPLUS'; do
		rm -rf "$MAILDIR" "$META"
		have INBOX 7:5 S "$A"
		have later 7:5 S "$B"
		mv "$(file INBOX 5)" "$MAILDIR/INBOX/cur/$(base INBOX 5):2,FS"
		mv "$(file later 5)" "$MAILDIR/later/cur/$(base later 5):2,FS"
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
		run apply < <(r flags remote later later 7:5 add=F "name=$(base later 5)" was=S
			r flags remote INBOX INBOX 7:5 add=F "name=$(base INBOX 5)" was=S)
		echo "$output"
		[[ $output == *fail=*flags*later* && $output == *done*flags*INBOX* ]]
		[ "$(rows later)" = '7:5 flags=S U=5' ]
		[ "$(rows INBOX)" = '7:5 flags=FS U=5' ]
		# whatever was selected is left before the next
		leave=UNSELECT
		[[ $caps == *UNSELECT ]] || leave=EXAMINE
		awk -v leave="$leave" '/^SELECT/ && NR > 1 && prev !~ "^" leave { bad = 1 } { prev = $0 } END { exit bad }' log
	done
}

@test "flags remote: a folder made anew gets its own back" {
	have INBOX 7:5 S $'Subject: a\n\nbody\n'
	have INBOX 7:6 FS $'Subject: b\n\nbody\n'
	have INBOX 7:7 S $'Subject: c\n\nbody\n'
	local f
	f=$(file INBOX 5) && mv "$f" "${f}T"
	f=$(file INBOX 6) && mv "$f" "${f/:2,FS/:2,S}"
	f=$(file INBOX 7) && mv "$f" "${f}T"
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
	run apply < <(r flags remote INBOX INBOX 7:5 add=T was=S; r flags remote INBOX INBOX 7:6 del=F was=FS
		r flags remote INBOX INBOX 7:7 add=T was=S)
	[ "$(grep -c ^fail <<<"$output")" -eq 3 ]
	same "$(grep STORE log)" 'UID STORE 5,7 +FLAGS.SILENT (\Deleted)
UID STORE 6 -FLAGS.SILENT (\Flagged)
UID STORE 6 +FLAGS.SILENT (\Flagged)
UID STORE 5 -FLAGS.SILENT (\Deleted)'
	same "$(rows INBOX)" '7:5 flags=S U=5
7:6 flags=FS U=6
7:7 flags=S U=7'
}

@test "flags remote: a STORE that is refused, and a read-only folder, change no row" {
	local told
	have INBOX 7:5 % $'Subject: a\n\nbody\n'
	have INBOX 7:6 % $'Subject: b\n\nbody\n'
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
		run apply < <(r flags remote INBOX INBOX 7:5 add=F was=%; r flags remote INBOX INBOX 7:6 add=S was=%)
		if [[ $told == *READ-ONLY* ]]; then
			[ "$(grep -c '^skip=the%20folder%20is%20read-only%20' <<<"$output")" -eq 2 ]
		else
			[[ $output == *fail=*7:5* ]]
		fi
		[ "$(rows INBOX | head -n 1)" = '7:5 flags=% U=5' ]
	done
}

@test "flags local: a message that was read moves to cur, other letters stay" {
	have INBOX 7:5 % $'Subject: a\n\nbody\n'
	mv "$(file INBOX 5)" "$MAILDIR/INBOX/new/$(base INBOX 5):2,Pa"
	script </dev/null
	run apply < <(r flags local INBOX INBOX 7:5 add=FS was=%)
	[[ $output == done* ]]
	[[ $(file INBOX 5) == */cur/*:2,FPSa ]]
	[ "$(rows INBOX)" = '7:5 flags=FS U=5' ]
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
# The intents of a folder: "NAME KEPT".
intents() {
	{ r listing 1 account=test; pair "$1"; r end - - 2; } | sync-state -a test | awk -F'\t' '$1 == "intent" {
		l = ""; for (i = 4; i <= NF; i++) if ($i ~ /^(name|kept)=/) l = $i " " l; print l }'
}
A=$'Subject: a\n\nbody\n' B=$'Subject: b\n\nbody\n' C=$'Subject: c\n\nbody\n'
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
	run apply <plan
	[[ ${lines[0]} == done=7:9$'\t'* && ${lines[1]} == done=7:10$'\t'* ]]
	same "$(grep -v '^|' log)" 'SELECT "INBOX"
APPEND "INBOX" (\Seen) "09-Sep-2001 01:46:40 +0000" {20+} (\Seen) "09-Sep-2001 01:46:40 +0000" {20+}
UNSELECT'
	[[ $(file INBOX 9) == */cur/one,U=9,FMD5=*:2,S && $(file INBOX 10) == */cur/two,U=10,* ]]
	same "$(rows INBOX)" '7:9 flags=S U=9
7:10 flags=S U=10'
	[ -z "$(intents INBOX)" ]
}

@test "upload: the same line twice in one plan is one message" {
	script <<-END
		$SELECTED
		on APPEND
		TAG OK [APPENDUID 7 9] x
	END
	new INBOX one "$A" >plan
	run apply < <(cat plan plan)
	[[ ${lines[0]} == done* && ${lines[1]} == skip* ]]
	[ "$(grep -c APPEND log)" -eq 1 ]
	run apply <plan
	[[ $output == skip* ]]
	[ "$(grep -c APPEND log)" -eq 1 ]
	[ "$(find "$MAILDIR/INBOX" -type f | wc -l)" -eq 1 ]
}

@test "upload: from a Maildir that is read only: no name tells that it went; it goes once" {
	write_conf 'local:readonly = yes'
	mkdir -p "$MAILDIR"/INBOX/{cur,new,tmp}
	message 1 >"$MAILDIR/INBOX/new/one"
	plan >old
	[ "$(grep -c $'^copy\tremote' old)" -eq 1 ]
	[ "$(grep ^copy old | cat - <(grep ^copy old) | carry | grep -c $'^done.*\tcopy')" -eq 1 ]
	[ "$(carry <old | grep -c $'^skip=it%20is%20paired%20already\tcopy')" -eq 1 ]
	[ "$(imap ls INBOX | wc -l)" -eq 1 ]
	plan >after
	[ "$(grep -c -v -e ^plan -e ^note -e ^end -e ^mark after)" -eq 0 ]
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
	run apply <plan
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
	[ "$(intents INBOX | sort)" = 'name=one kept=refused 
name=three kept=refused ' ]
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
	run apply <plan
	[ "$(grep -c ^done= <<<"$output")" -eq 2 ]
	[ "$(grep -c ^APPEND log)" -eq 2 ]
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
	run apply <plan
	[[ ${lines[0]} == done=7:9* && ${lines[1]} == fail=*never* && ${lines[2]} == done=7:10* ]]
	[ "$(intents INBOX)" = 'name=two kept=refused ' ]
	[ "$(grep -c '^| Subject: a' log)" -eq 2 ]
	[ "$(rows INBOX)" = '7:9 flags=S U=9
7:10 flags=S U=10' ]
}

@test "upload: refused for now is said once, the rest stays, and the server is asked before a byte goes again" {
	script <<-END
		$SELECTED
		on APPEND
		TAG NO [OVERQUOTA] full
	END
	{ new INBOX one "$A"; new INBOX two "$B$B"; new INBOX three "$C"; new other four "$A"; } >plan
	run apply <plan
	[[ ${lines[0]} == fail=*OVERQUOTA*name=one* && ${lines[1]} == skip=*name=two* &&
		${lines[2]} == skip=*name=three* && ${lines[3]} == fail=*OVERQUOTA*name=four* ]]
	[ "$(grep -c ^APPEND log)" -eq 2 ]
	[ "$(intents INBOX | sort)" = 'name=one kept=later 
name=three kept=later 
name=two kept=later ' ]
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
	{ new INBOX five "$B$B$B" | sed s/gen=0/gen=99/; grep INBOX plan; } >again
	run apply <again
	[[ ${lines[0]} == skip=*name=five* && ${lines[1]} == done=7:9*name=one* &&
		${lines[2]} == fail=*name=two* && ${lines[3]} == done=7:10*name=three* ]]
	same "$(grep -v '^|' log)" 'SELECT "INBOX"
APPEND "INBOX" (\Seen) "09-Sep-2001 01:46:40 +0000" {20}
APPEND "INBOX" (\Seen) "09-Sep-2001 01:46:40 +0000" {20}
APPEND "INBOX" (\Seen) "09-Sep-2001 01:46:40 +0000" {40}
UNSELECT'
	[ "$(grep -c '^| Subject: b' log)" -eq 0 ]
	[ "$(intents INBOX | sort)" = 'name=five kept=later 
name=two kept=later ' ]
}

@test "upload: BAD to a group ends the session; nothing unanswered is believed, nothing is sent twice" {
	have later 7:5 % "$C"
	mv "$(file later 5)" "$MAILDIR/later/cur/$(base later 5):2,F"
	script <<-END
		$SELECTED
		once APPEND "INBOX" .*\{20\+\} .*\{20\+\}
		TAG BAD what
		%close
		on APPEND "INBOX"
		TAG OK [APPENDUID 7 9] x
		on UID STORE
		TAG OK x
		on UID FETCH
		* 1 FETCH (UID 5 FLAGS ())
		TAG OK x
	END
	{ new INBOX one "$A"; new INBOX two "$B"; r flags remote later later 7:5 add=F was=%; new later three "$C"; } >plan
	run apply <plan
	[[ ${lines[0]} == done=7:9*name=one* ]]
	[[ $output == *fail=*flags*later* && $output == *fail=*name=three* ]]
	[ "$(rows later)" = '7:5 flags=% U=5' ]
	# it may be there: what was begun is remembered
	[ "$(intents later)" = 'name=three ' ]
}

@test "upload: a mail reader changes the letters meanwhile: they stay, and the next run sees them" {
	local file=$MAILDIR/INBOX/cur/one
	script <<-END
		$SELECTED
		on APPEND
		%sh mv '$file:2,S' '$file:2,FS'
		TAG OK [APPENDUID 7 9] x
	END
	run apply < <(new INBOX one "$A")
	[[ $output == done=7:9* ]]
	[[ $(file INBOX 9) == *:2,FS ]]
	[ "$(find "$MAILDIR/INBOX" -type f | wc -l)" -eq 1 ]
	[ "$(rows INBOX)" = '7:9 flags=S U=9' ]
}

@test "flags local: a mail reader renames the file in the midst of it: it is left alone, and nothing is made" {
	local five
	have INBOX 7:5 S "$A"
	have INBOX 7:6 S "$B"
	five=$(file INBOX 5)
	mv "$(file INBOX 6)" "$MAILDIR/INBOX/cur/$(base INBOX 6):2,FS"
	script <<-END
		on SELECT
		%sh mv '$five' '$MAILDIR/INBOX/cur/another.name:2,S'
		* 2 EXISTS
		* OK [UIDVALIDITY 7] x
		TAG OK [READ-WRITE] x
		on UID FETCH
		* 2 FETCH (UID 6 FLAGS (\\Seen))
		TAG OK x
		on UID STORE
		TAG OK x
	END
	run apply < <(r flags local INBOX INBOX 7:5 add=F "name=$(base INBOX 5)" was=S
		r flags remote INBOX INBOX 7:6 add=F "name=$(base INBOX 6)" was=S)
	echo "$output"
	[[ $output == *skip=*flags*local*7:5* && $output == *done*flags*remote*7:6* ]]
	[ "$(find "$MAILDIR/INBOX" -type f | wc -l)" -eq 2 ]
	[ -e "$MAILDIR/INBOX/cur/another.name:2,S" ]
	same "$(rows INBOX)" $'7:5 flags=S U=5\n7:6 flags=FS U=6'
}

@test "upload: BAD to a group: the session is left, whatever it still says" {
	have later 7:5 % "$C"
	mv "$(file later 5)" "$MAILDIR/later/cur/$(base later 5):2,F"
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
	T="echo >>$HOME/started; exec $T"
	run apply <plan
	echo "$output"
	[ "$(grep -c . started)" -le 2 ]
	[[ $output == *fail=*flags*later* && $output == *fail=*name=three* ]]
	[ "$(rows later)" = '7:5 flags=% U=5' ]
	[ "$(intents later)" = 'name=three ' ]
}

@test "upload: a folder's name that is none here is not sent" {
	local name
	for name in '%C3%A9' 'a%0AA1%20LOGOUT' 'a%00b'; do
		script <<-END
			$SELECTED
			on APPEND
			TAG OK [APPENDUID 7 9] x
		END
		run apply < <(new INBOX one "$A" | awk -F '\t' -v OFS='\t' -v name="$name" '{ $3 = name; print }')
		echo "$name: $output"
		[[ $output != done* ]]
		[ "$(grep -c -e APPEND -e SELECT -e LOGOUT log)" -eq 0 ]
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
		run apply <plan
		echo "$output"
		[[ ${lines[0]} == fail=*there*$'\t'create*Box* && ${lines[1]} == done$'\t'create*New* ]]
		[[ ${lines[2]} == skip=*$'\t'copy*Box* && ${lines[3]} == done=7:9$'\t'copy*New* ]]
		# nothing is begun before it is known, and all are asked at once
		same "$(grep -v '^|' log | grep -v -e UNSELECT -e FETCH)" 'CREATE "Box"
SUBSCRIBE "Box"
CREATE "New"
SUBSCRIBE "New"
SELECT "New"
APPEND "New" (\Seen) "09-Sep-2001 01:46:40 +0000" {20+}'
		[ -z "$(intents Box)" ]
		rm -rf "$MAILDIR" "$META"
	done
	# a subscription that is refused is told, and the folder is in use
	script <<-'END'
		on CREATE
		TAG OK x
		on SUBSCRIBE
		TAG NO not that one
	END
	run apply < <(r create remote New New)
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
		run apply <plan
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
	run apply <plan
	[[ $output == fail=* ]]
	[[ $(rows INBOX) == '7:9 flags=S U=9' && $(file INBOX 9 | wc -l) -eq 1 ]]
	[ "$(intents INBOX)" = 'name=one ' ]
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
	run apply <plan
	[[ ${lines[0]} == done=7:11* && ${lines[1]} == done=7:13* && ${lines[2]} == fail=*'not%20found'* ]]
	[ "$(intents INBOX)" = 'name=three ' ]
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
	run apply <plan
	[[ $output == fail=* ]]
	[ "$(rows INBOX)" = '7:5 flags=S U=5' ]
	[ "$(intents INBOX)" = 'name=one ' ]
	[ -f "$MAILDIR/INBOX/cur/one:2,S" ] || [ -f "$(file INBOX 1)" ]
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
		outcome=$(rows INBOX)/$(intents INBOX)
		case $output in
		done=7:9*) [ "$outcome" = '7:9 flags=S U=9/' ] ;;
		*) [ "$outcome" = '/name=one ' ] || [ "$outcome" = / ] ;;
		esac
		[ "$(find "$MAILDIR/INBOX" -type f | wc -l)" -eq 1 ]
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
	run apply <plan
	[ "$(grep -c ^skip <<<"$output")" -eq 4 ]
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
		run apply <plan
		[[ $output == fail=* || $output == skip=*changed* ]]
		[ -z "$(rows INBOX)" ]
		[ "$(intents INBOX)" = 'name=one ' ]
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
	run apply <plan
	[[ $output == done=7:9* ]]
	[[ $(file INBOX 9) == *:2,$letters ]]
	name=$(printf '%0250d' 1)
	sed -i 's/7 9/7 10/' script
	new INBOX "$name" "$A" >plan
	run apply <plan
	[[ $output == done=7:10* ]]
	[[ $(file INBOX 10) == *:2,S ]]
}

# --- imap-list

# What it says of one folder, without the pair line and the stream's own ends.
listed() { pair "${1-INBOX}" | stream | list | grep $'^[fme][a-z]*\t[rg]'; }
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
	run listed
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
		run listed
		[[ ${lines[0]} == *kind=presence* && ${lines[0]} != *count=* && ${lines[3]} == $'end\tr\tINBOX\t2' ]]
		[ "$(grep -c EXAMINE log)" -eq 2 ]
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
	run listed
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
	run listed
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
	{ pair INBOX; heads count=1 kind=head next=10 validity=7; } | stream | list >out
	[ "$(grep -c ^m out)" -eq 1 ]
	grep -q $'^folder\tr\tINBOX\tINBOX\tcount=1\tkind=full' out
}

@test "list: nothing is asked of a folder whose figures are the state's; with a probe it is" {
	script </dev/null
	{ pair INBOX; heads count=2 kind=head modseq=9 next=10 validity=7; } | stream | list >out
	[ ! -s log ]
	grep -q $'^folder\tr\tINBOX\tINBOX\tcount=2\tkind=delta\tmodseq=9' out
	{ pair INBOX; heads count=2 kind=head modseq=9 next=10 validity=7; r probe remote INBOX INBOX 7:5; } | stream >in
	run -0 list <in
	[[ $output == *kind=failed* ]]
	grep -q 'EXAMINE' log
	# the same, if any figure or rule differs, or modseq is not told
	local other
	for other in 'count=3 kind=head modseq=9 next=10 validity=7' 'count=2 kind=head next=10 validity=7' \
		'count=2 kind=head modseq=8 next=10 validity=7' 'kind=head modseq=9 next=10 validity=7'; do
		: >log
		# shellcheck disable=SC2086
		{ pair INBOX; heads $other; } | stream >in
		run list <in
		grep -q EXAMINE log
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
		{ pair a; pair b; pair c; } | stream >in
		list <in >out
		[ "$(grep -c 'kind=full' out)" -eq 2 ]
		grep $'^folder\tr\tb' out | grep -q kind=failed
		[ "$(grep -c 7:99 out)" -eq 0 ]
		[ "$(tail -n 1 out)" = "$(r end - - $(($(wc -l <out) - 1)))" ]
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
	{ pair a; pair b; } | stream >in
	run -75 list <in
	[ "$(grep -c kind=failed <<<"$output")" -eq 2 ]
	[ "$(grep -c ^m <<<"$output")" -eq 0 ]
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
	run listed
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
		pair INBOX | stream >in
		imap-list -a test -t "$T $cut" <in >out 2>err || [ $? -eq 75 ]
		[ "$(tail -n 1 out)" = "$(r end - - $(($(wc -l <out) - 1)))" ]
		grep -q kind=failed out || grep -q $'^m\tr\t7:5\t' out
		[[ $(<out) != *kind=failed* || $(grep -c ^m out) -eq 0 ]]
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
		TAG OK x
		on STATUS "(INBOX|NIL)"
		* STATUS \1 (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 3)
		TAG OK x
		on STATUS
		TAG NO no
	END
	python3 - "$HOME/script" <<-'END'
		import sys
		long = 'x' * 2000000
		s = open(sys.argv[1]).read().replace('TAG OK x\n', '* LIST () "/" "%s"\nTAG OK x\n' % long, 1)
		open(sys.argv[1], 'w').write(s)
	END
	r listing 1 account=test | stream | list -H >out
	same "$(grep ^folder out | cut -f3)" '../../etc
INBOX
NIL
a%0A
a[b
flat
lit%25"\eral
tab%09and%20%9Bcsi
with%20"quotes"%20and%20\'
	grep -q $'^tree\tr\tfull\t9\tsep=/' out
	grep -q $'^folder\tr\tNIL\t-\tcount=1\tkind=head\tnext=2\tvalidity=3' out
	grep -q 'left%20out' out
}

@test "list: LIST refused, no greeting, an unauthenticated one, BYE: one line that says so" {
	local rule words
	while IFS='|' read -r rule words; do
		printf '%b' "$rule" | script
		r listing 1 account=test | stream >in
		run --separate-stderr list -H <in
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
	run fetch <plan
	same "$(sed 's/\tspool.*//' <<<"$output")" "$(<plan)"
	[ "$(grep -c spool <<<"$output")" -eq 2 ]
	[[ ${lines[1]} == *spool=INBOX/tmp/offlineimap-spool.*spoolsize=17 && ${lines[3]} == *spooldate=1000000000*spoolsize=15 ]]
	# nothing lies about but these two
	[ "$(find "$MAILDIR" -type f | wc -l)" -eq 2 ]
	mkdir "$MAILDIR"/INBOX/{cur,new}
	apply <<<"$output" >report
	[ "$(grep -c '^done' report)" -eq 2 ]
	[ "$(grep -c '^skip=it%20was%20not%20fetched' report)" -eq 3 ]
	[ "$(cat "$(file INBOX 5)")" = "${A%$'\n'}" ]
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
		run fetch < <(copy 5; r copy local b b 7:5 date=1 flags=% size=20)
		[ "$status" -ne 0 ]
		[ "$(grep -c spool= <<<"$output")" -eq 1 ]
		[[ $output == *b/tmp/offlineimap-spool* && $output == *INBOX* ]]
		[ "$(find "$MAILDIR/INBOX" -type f 2>/dev/null | wc -l)" -eq 0 ]
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
		run --separate-stderr fetch < <(copy 5; copy 6)
		[ "$status" -ne 0 ]
		[ "$output" = "$(copy 5; copy 6)" ]
		[ "$(wc -l <<<"$stderr")" -eq 1 ]
	done
}

@test "fetch: the server dies at any byte: what was whole is spooled, what was not is no file" {
	local cut
	for cut in $(cuts 60 71 420); do
		rm -rf "$MAILDIR"
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
		[ "$(wc -l <out)" -eq 2 ]
		apply <out >report
		[ "$(grep -c ^done report)" -eq "$(grep -c spool= out)" ]
		[ "$(find "$MAILDIR" -type f -name 'offlineimap-spool*' | wc -l)" -le 1 ]
		rm -rf "$META"
	done
	[ "$(grep -c ^done report)" -eq 2 ]
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
		grep -q spool= out
	done
	[ "$(find "$MAILDIR" -type f | wc -l)" -eq 1 ]
}

@test "spool files that are missing or changed become no message" {
	mkdir -p "$MAILDIR"/INBOX/{cur,new,tmp}
	echo x >"$MAILDIR/INBOX/cur/mine"
	printf 'short' >"$MAILDIR/INBOX/tmp/offlineimap-spool.1.1"
	ln -s ../cur/mine "$MAILDIR/INBOX/tmp/offlineimap-spool.1.2"
	local d=spooldig=0123456789abcdef0123456789abcdef
	run apply < <(
		r copy local INBOX INBOX 7:1 flags=% size=20 spool=INBOX/tmp/offlineimap-spool.1.0 $d spoolsize=20
		r copy local INBOX INBOX 7:2 flags=% size=20 spool=INBOX/tmp/offlineimap-spool.1.1 $d spoolsize=20
		r copy local INBOX INBOX 7:3 flags=% size=20 spool=INBOX/tmp/offlineimap-spool.1.2 $d spoolsize=2
		r copy local INBOX INBOX 7:4 flags=% size=20 spool=INBOX/cur/mine $d spoolsize=2
		r copy local INBOX INBOX 7:5 flags=% size=20 spool=../INBOX/cur/mine $d spoolsize=2
		r copy local INBOX INBOX 7:6 flags=% size=20)
	[ "$(grep -c ^skip <<<"$output")" -eq 6 ]
	[ -z "$(rows INBOX)" ]
	[ "$(<"$MAILDIR/INBOX/cur/mine")" = x ]
}

# --- old plans, mixed plans, parts of plans

# What the real server has, as "UID FLAGS" lines, and the files, as "UID LETTERS".
server_has() { imap ls INBOX | awk -F'\t' '{ print $2, $3 }'; }
plan() { offlineimap -o --dry-run -u plan; }
carry() { imap-fetch -a test | sync-apply -a test; }
twice_in_step() { [ "$(imap ls INBOX | wc -l)" -eq "$1" ] && [ "$(find "$MAILDIR/INBOX" -type f | wc -l)" -eq "$1" ]; }
# Three messages on both sides, one of them new on each.
in_step() {
	mkdir -p "$MAILDIR"/INBOX/{cur,new,tmp}
	local n
	for n in 1 2 3; do message $n | imap append INBOX - '\Seen' 1000000000 >/dev/null; done
	plan | carry >/dev/null
	twice_in_step 3
}

@test "old plan: a deletion, and the file is back; a deletion, and the flags are others" {
	in_step
	local f
	f=$(file INBOX 2)
	mv "$f" kept
	plan >old
	grep -q $'^delete\tremote' old
	cp kept "$f"
	carry <old >report
	grep -q '^skip=the%20file%20is%20back' report
	twice_in_step 3
	rm "$(file INBOX 2)"
	plan >old
	imap store INBOX 2 +FLAGS '\Flagged'
	carry <old >report
	grep -q '^skip=its%20flags%20changed' report
	[ "$(server_has | grep '^2 ')" = '2 \Flagged \Seen' ]
}

@test "old plan: all of it again, after the runs that came between; twice in one; shuffled; its parts" {
	in_step
	message 4 | imap append INBOX - >/dev/null
	message 5 >"$MAILDIR/INBOX/new/five"
	mv "$(file INBOX 1)" "$(file INBOX 1)F"
	imap store INBOX 2 +FLAGS '\Answered'
	rm "$(file INBOX 3)"
	plan >old
	imap-fetch -a test <old >fetched
	# its parts, in any order, doubled
	grep -v -e ^plan -e ^end -e ^mark fetched | sort -r >parts
	head -n 2 parts | cat - <(head -n 2 parts) | sync-apply -a test >report
	tail -n 2 parts | sync-apply -a test >>report
	sync
	[ "$(imap ls INBOX | wc -l)" -eq 4 ]
	agree
	# and again, whole, when all has been done
	for _ in 1 2; do
		cat fetched old | sync-apply -a test >report
		carry <old >>report
		[ "$(grep -c -e $'^done\tcopy' -e $'^done=' -e $'^done\tdelete' report)" -eq 0 ]
		sync
		agree
		[ "$(imap ls INBOX | wc -l)" -eq 4 ]
	done
	plan >after
	[ "$(grep -c -v -e ^plan -e ^note -e ^end -e ^mark after)" -eq 0 ]
}

@test "old plan: its downloads were put in place, and then the disk was full: they are not fetched twice" {
	in_step
	local n
	for n in 4 5; do message $n | imap append INBOX - >/dev/null; done
	plan >old
	# this one bears the number of a message that it is not
	message 6 >"$MAILDIR/INBOX/new/x,U=5,FMD5=$(printf INBOX | md5sum | cut -c 1-32)"
	imap-fetch -a test <old >fetched
	export SHIM_FILE=$PWD/count SHIM_ERROR=ENOSPC SHIM_CALL=writev SHIM_FAIL=1
	ASAN_OPTIONS=${ASAN_OPTIONS-}:verify_asan_link_order=0 LD_PRELOAD=$ROOT/build/t/shim.so run sync-apply -a test <fetched
	[ "$status" -ne 0 ]
	find "$MAILDIR/INBOX" -name '*,U=4,*' | grep .
	[ "$(rows INBOX | wc -l)" -eq 3 ]
	carry <old >report
	[ "$(grep -c $'^skip=a%20run%20that%20was%20stopped.*\tcopy' report)" -eq 2 ]
	sync
	twice_in_step 6
	agree
}

@test "old plan: flags that were changed by it, and taken back since, are not changed again" {
	in_step
	mv "$(file INBOX 1)" "$(file INBOX 1)F"
	imap store INBOX 2 +FLAGS '\Flagged'
	plan >old
	[ "$(grep -c ^flags old)" -eq 2 ]
	sync
	imap store INBOX 1 -FLAGS '\Flagged'
	mv "$(file INBOX 2)" "$(file INBOX 2 | sed 's/FS$/S/')"
	carry <old >report
	[ "$(grep -c $'^skip=the%20state%20says%20otherwise\tflags' report)" -eq 2 ]
	sync
	[ "$(server_has)" = $'1 \\Seen\n2 \\Seen\n3 \\Seen' ]
	agree
}

@test "old plan: its mark moves no head" {
	in_step
	sleep 2.1
	plan | carry >/dev/null
	plan >old
	message 4 | imap append INBOX - >/dev/null
	plan >between
	grep -v '^copy' between | carry >/dev/null
	cat old between | grep ^mark | sync-apply -a test >/dev/null
	plan >after
	grep -q $'^copy\tlocal' after
}

@test "old plan: a mark of another generation moves no head" {
	heads() { { r listing 1 account=test; pair INBOX; r end - - 2; } | sync-state -a test | grep ^folder; }
	in_step
	sleep 2.1
	plan | carry >/dev/null
	touch "$MAILDIR/INBOX/cur"
	sleep 2.1
	plan >current
	[ "$(grep -c ^mark current)" -gt 0 ] && [ "$(grep -c -e ^copy -e ^flags current)" -eq 0 ]
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
	run apply < <(for n in 1 2 3; do
		r copy local INBOX INBOX $((7 + n / 2)):$n flags=% size=20 spool=INBOX/tmp/offlineimap-spool.1.$n $d spoolsize=3
	done)
	[[ ${lines[0]} == done* && ${lines[1]} == skip=UIDVALIDITY* && ${lines[2]} == skip=UIDVALIDITY* ]]
	[ "$(rows INBOX)" = '7:1 flags=% U=1' ]
	[ "$(find "$MAILDIR/INBOX" -name '*,U=*' | wc -l)" -eq 1 ]
}

@test "a plan for names that the state pairs otherwise: that folder fails, the others go on" {
	have INBOX 7:5 S "$A"
	have b 7:5 S "$B"
	rm "$(file b 5)"
	script <<-'END'
		on EXAMINE
		* OK [UIDVALIDITY 7] x
		TAG OK x
		on UID FETCH
		TAG OK x
	END
	mkdir -p "$MAILDIR/other"/{cur,new,tmp}
	run --separate-stderr apply < <(r delete local INBOX other 7:5 was=S; r delete local b b 7:5 was=S; r agree both INBOX other 7:5 flags=S was=S)
	[ "$(grep -c ^fail= <<<"$output")" -eq 2 ]
	[[ $output == *done*delete*b* ]]
	[ "$(rows INBOX)" = '7:5 flags=S U=5' ]
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
	run apply < <(r plan 1 account=test; r delete local INBOX INBOX 7:5 was=S)
	[[ $output == skip=*cut* ]]
	[ -n "$(file INBOX 5)" ]
	# cut within a line: nothing that was not whole is done
	run -1 apply < <(r plan 1 account=test; printf 'delete\tlocal\tINBOX\tINBOX\t7:5\twas=S')
	[ -n "$(file INBOX 5)" ]
	# a policy is no cut
	run apply < <(r delete local INBOX INBOX 7:5 was=S)
	[[ $output == done* ]]
}

@test "a keep in front of a change leaves its word in the row" {
	have INBOX 7:5 S "$A"
	run apply < <(r keep remote INBOX INBOX 7:5 flags=S why=maxdelete; r agree both INBOX INBOX 7:5 flags=FS was=S)
	[ "$(rows INBOX)" = '7:5 flags=FS kept=maxdelete U=5' ]
}

@test "adoption: the server must have the message, the file must be nobody's" {
	have INBOX 7:5 S "$A"
	local name
	name=$(base INBOX 5)
	mkdir -p "$MAILDIR/INBOX/cur" && printf %s "$A" >"$MAILDIR/INBOX/cur/one:2,S"
	script <<-'END'
		on EXAMINE
		* OK [UIDVALIDITY 7] x
		TAG OK x
		on UID FETCH
		* 1 FETCH (UID 6 FLAGS (\Seen))
		* 2 FETCH (UID 7 FLAGS (\Seen))
		TAG OK x
	END
	run apply < <(r adopt both INBOX INBOX 7:6 flags=S "name=$name" size=20
		r adopt both INBOX INBOX 7:9 flags=S name=one size=20
		r adopt both INBOX INBOX 7:7 flags=S name=two size=20
		r adopt both INBOX INBOX 7:6 flags=S name=one size=20
		r adopt both INBOX INBOX 7:7 flags=S name=one size=20)
	[[ ${lines[0]} == skip=*paired* && ${lines[1]} == skip=*server* && ${lines[2]} == skip=*gone* ]]
	[[ ${lines[3]} == done* && ${lines[4]} == skip=*gone* ]]
	[ "$(rows INBOX)" = '7:5 flags=S U=5
7:6 flags=S U=6' ]
}

@test "a directory that vanishes, a file that may not be renamed: said, and the rest goes on" {
	have INBOX 7:5 S "$A"
	have b 7:5 S "$B"
	rm -r "$MAILDIR/INBOX"
	script </dev/null
	run apply < <(r flags local INBOX INBOX 7:5 add=F was=S; r flags local b b 7:5 add=F was=S
		r delete remote INBOX INBOX 7:5 was=S)
	[[ $output == *fail=*flags*INBOX* && $output == *done*flags*b* && $output == *fail=*delete* ]]
	[ ! -s log ]
	[ "$(rows INBOX)" = '7:5 flags=S U=5' ]
}

@test "too few descriptors: what does not fit waits, nothing is lost, and it ends" {
	in_step
	local n
	for n in {10..79}; do message "$n" >"$MAILDIR/INBOX/new/n$n"; done
	python3 - "$PORT" "$U" <<-'END'
		import imaplib, sys
		m = imaplib.IMAP4('127.0.0.1', int(sys.argv[1])); m.login(sys.argv[2], 'pw')
		for n in range(200, 270):
		    m.append('INBOX', '', None, b'Subject: %d\r\n\r\nx\r\n' % n)
	END
	plan >p
	imap-fetch -a test <p >q
	(ulimit -n 60; sync-apply -a test <q >report)
	[ "$(grep -c ^done report)" -eq 140 ]
	twice_in_step 143
	agree
}
