# Much that is gone at once, on either side: a limited view, a disk that is not mounted, many small
# folders emptied.  It is asked a second time or held, said, and never passed on by itself.
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

# --- the server, asked a second time

# The state has 1, 4 and 6.  A server with CAPS that lists none of them: what it answers to who asks
# for them by uid, and what STATUS counts.
gone_from() {	# CAPS SHOWN COUNT
	: >log
	put script <<-END
		caps IMAP4rev1 UNSELECT $1
		on ENABLE
		* ENABLED QRESYNC
		TAG OK x
		on STATUS
		* STATUS INBOX (MESSAGES $3)
		TAG OK x
		on EXAMINE
		* 0 EXISTS
		* OK [UIDVALIDITY 7] x
		* OK [UIDNEXT 10] x
		* OK [HIGHESTMODSEQ 12] x
		$([[ $1 != *QRESYNC* ]] || echo '* VANISHED (EARLIER) 1:9')
		TAG OK x
		on UID SEARCH
		* SEARCH
		TAG OK x
		on UID FETCH 1,4,6 .UID RFC822.SIZE
		${2//|/$'\n'}
		TAG OK x
		on UID FETCH
		TAG OK x
	END
}

# The listing of that folder, with the questions of a plan.
listed() {	# [PLAN]; the plan is in "planned" and in "output", without its first and last line
	local line n=0 probes=()
	if [ $# -ne 0 ]; then
		while IFS= read -r line; do [[ $line != probe* ]] || probes+=("$line"); done <"$1"
	fi
	{
		r listing 1 account=test
		r pair INBOX INBOX fmd5=x maxdelete=50,50 rules=%
		[ ${#probes[@]} -eq 0 ] || printf '%s\n' "${probes[@]}"
		r folder s INBOX INBOX count=3 gen=3 intents=0 kept=0 kind=full modseq=9 next=10 rows=3 rules=% validity=7
		for uid in 1 4 6; do r m s "7:$uid" date=1 flags=S "name=n$uid" size=1; done
		r end s INBOX 3
		r end - - $((7 + ${#probes[@]}))
	} >known
	imap-list -a test -t "$T" <known >list || :
	# the listing of the directory, behind that of the server
	while IFS= read -r line; do
		[[ $line != end$'\t-'* ]] || line=$(r end - - $n)
		printf '%s\n' "$line"
		n=$((n + 1))
		if [[ $line == end$'\tr'* ]]; then
			r folder l INBOX INBOX cur=1:2:3:4 kind=delta new=1:2:3:5
			r end l INBOX 0
			n=$((n + 2))
		fi
	done <list >scan
	sync-plan <scan >whole || :
	sed '1d;$d' whole >planned
	output=$(<planned)
}

@test "mass: what a server lists no more is asked for by uid and counted by STATUS before it is deleted" {
	local caps said shown count text
	for caps in 'ENABLE QRESYNC CONDSTORE' CONDSTORE ''; do
		echo "caps: $caps"
		gone_from "$caps" '' 0
		listed
		mv planned plan
		same "$output" "$(r probe remote INBOX INBOX 7:1,4,6 gone=1)"
		counted 0 'STATUS|\(UID RFC822.SIZE\)' log
		: >log
		listed plan
		same "$(grep -v ^mark planned)" "$(for uid in 1 4 6; do r delete local INBOX INBOX 7:$uid was=S; done)"
		counted 1 '^STATUS "INBOX" \(MESSAGES\)$' log
		counted 1 '^UID FETCH 1,4,6 \(UID RFC822.SIZE\)$' log
		# it shows one of them, or counts them
		for said in '* 1 FETCH (UID 4 RFC822.SIZE 20)=0=shows' '=3=STATUS%20counts'; do
			IFS='=' read -r shown count text <<<"$said"
			gone_from "$caps" "$shown" "$count"
			listed plan
			echo "$output"
			counted 0 '^[^kn]' planned
			counted 1 ^k planned
			counted 1 $'^keep\tremote\tINBOX\tINBOX\t-(\t|$)' planned
			[[ $output == *text=*"$text"*why=presence* ]]
		done
	done
}

@test "mass: a server that shows them again is asked by a lower rung from now on" {
	local all
	all='* 3 EXISTS|* OK [UIDVALIDITY 7] x|* OK [UIDNEXT 10] x|* OK [HIGHESTMODSEQ 12] x'
	gone_from 'ENABLE QRESYNC CONDSTORE' '* 1 FETCH (UID 1 RFC822.SIZE 1)|* 2 FETCH (UID 4 RFC822.SIZE 1)|* 3 FETCH (UID 6 RFC822.SIZE 1)' 3
	listed
	mv planned plan
	sed -i "/^on EXAMINE/,/^TAG/{s/^\* 0 EXISTS/* 3 EXISTS/;/VANISHED/d}" script
	listed plan
	same "$(grep -v ^mark planned)" "$(r note INBOX local=INBOX rung=condstore "text=the%20server's%20QRESYNC%20is%20not%20used%20for%20this%20folder%20from%20now%20on:%20it%20said%20that%20messages%20were%20gone%20which%20are%20there")"
	# a lie of one rung alone is found out by the next
	gone_from 'ENABLE QRESYNC CONDSTORE' '* 1 FETCH (UID 1 RFC822.SIZE 1)' 3
	{
		echo 'caps IMAP4rev1 UNSELECT ENABLE QRESYNC CONDSTORE'
		echo 'on EXAMINE "INBOX" .CONDSTORE'
		tr '|' '\n' <<<"$all"
		echo 'TAG OK x'
		echo 'on UID FETCH 1:9 .UID FLAGS.$'
		for uid in 1 4 6; do echo "* $uid FETCH (UID $uid FLAGS (\\Seen))"; done
		echo 'TAG OK x'
		sed 1d script
	} >script.new
	mv script.new script
	listed plan
	[[ $output == *note*rung=condstore*leaves* ]]
	counted 0 ^delete planned
}

# --- the driver, with a server by script

# Folders that LIST names, each with 3 messages of which STATUS counts and EXAMINE shows so many;
# SHOWN are answered to who asks by uid.
view() {	# COUNTED LISTED FOLDER...
	local counted=$1 listed=$2 i f
	shift 2
	{
		echo 'caps IMAP4rev1 UNSELECT UIDPLUS'
		echo 'on LIST'
		for f; do echo "* LIST () \"/\" $f"; done
		printf '%s\n' 'TAG OK x' 'on STATUS "(\w+)"' "* STATUS \\1 (MESSAGES $counted UIDNEXT 4 UIDVALIDITY 7)" 'TAG OK x'
		printf '%s\n' 'on EXAMINE' "* $listed EXISTS" '* OK [UIDVALIDITY 7] x' '* OK [UIDNEXT 4] x' 'TAG OK x'
		echo 'on UID FETCH .*BODY'
		for i in 1 2 3; do echo "* $i FETCH (UID $i FLAGS () BODY[] \"message $i\")"; done
		printf '%s\n' 'TAG OK x' 'on UID FETCH 1:\*'
		for ((i = 1; i <= listed; i++)); do
			echo "* $i FETCH (UID $i FLAGS () INTERNALDATE \" 9-Sep-2001 01:46:40 +0000\" RFC822.SIZE 9)"
		done
		printf '%s\n' 'TAG OK x' 'on UID FETCH 1:3 .UID FLAGS.$'
		for ((i = 1; i <= listed; i++)); do echo "* $i FETCH (UID $i FLAGS ())"; done
		printf '%s\n' 'TAG OK x' 'on UID FETCH 1:3 .UID RFC822.SIZE'
		for i in ${SHOWN-}; do echo "* $i FETCH (UID $i RFC822.SIZE 9)"; done
		printf '%s\n' 'TAG OK x' 'on UID FETCH' 'TAG OK x'
	} >script
}

# The driver, whose sessions are that.
by_script() {
	if [ ! -d bin ]; then
		mkdir bin
		ln -s "$BUILD"/bin/* bin/
		rm bin/imap-connect
		cp --remove-destination "$BUILD/bin/offlineimap" bin/
		printf '%s\n' '#!/bin/sh' "$T >&0" "printf 'stat\\tdown=0\\tturns=0\\tup=0\\n' >&3" >bin/imap-connect
		chmod +x bin/imap-connect
	fi
	bin/offlineimap -o -1 "$@"
}

files() { find "$MAILDIR" -type f | sort; }

@test "mass: a limited view deletes nothing and is told; what all answers agree on is deleted" {
	local all
	view 3 3 INBOX b
	by_script -u quiet
	all=$(files)
	mapfile -t lines <<<"$all"
	[ ${#lines[@]} -eq 6 ]
	SHOWN='2 3' view 0 0 INBOX b
	run by_script
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *'Skipping folder INBOX'*'leaves out messages'*'Skipping folder b'* ]]
	same "$(files)" "$all"
	view 3 0 INBOX b
	run by_script --dry-run
	[[ $output == *'Skipping folder INBOX'*'STATUS counts more'* ]]
	run by_script
	[[ $output == *'Skipping folder INBOX'*'STATUS counts more'* ]]
	same "$(files)" "$all"
	# as before: nothing has been forgotten
	view 3 3 INBOX b
	[[ $(by_script) == *'nothing changed'* ]]
	same "$(files)" "$all"
	view 0 0 INBOX b
	by_script --dry-run -u plan >plan
	counted 6 $'^delete\tlocal' plan
	by_script -u quiet
	same "$(files)" ''
}

@test "mass: where deletions stay where they are, a limited view forgets nothing that was deleted here, and sends nothing twice" {
	local rule
	for rule in local:archive=yes local:readonly=yes remote:sync_deletes=no; do
		echo "$rule"
		rm -rf "$MAILDIR" "$META"
		write_conf
		view 3 3 INBOX
		by_script -u quiet
		write_conf "${rule/=/ = }"
		by_script -u quiet
		mapfile -t all < <(files)
		rm "${all[0]}"
		# it may be what an upload has brought there that is not shown now
		deliver 4
		SHOWN='2 3' view 0 0 INBOX
		run by_script --dry-run -u plan
		printf '%s\n' "$output" >plan
		counted 0 $'^(forget|copy)\t' plan
		counted 1 'why=presence' plan
		# all answers agree: then it is as it was said
		view 0 0 INBOX
		by_script --dry-run -u plan >plan
		counted 1 $'^forget\t' plan
		counted 2 $'^keep\tlocal\t' plan
		rm "$MAILDIR"/INBOX/new/*.4.elsewhere
		by_script -u quiet
		# what is known to stay is not asked about again
		: >log
		by_script --dry-run -u plan >plan
		counted 0 $'^(forget|copy|delete)\t' plan
		counted + . log
		counted 0 'UID RFC822.SIZE' log
	done
}

@test "mass: folders that LIST does not name, and a STATUS that counts nothing, delete nothing" {
	local all names
	view 3 3 INBOX b
	by_script -u quiet
	all=$(files)
	for names in 2: 1:INBOX 1:b; do
		# shellcheck disable=SC2086	# none or one
		view 3 3 ${names#*:}
		run by_script
		echo "$output"
		printf '%s\n' "$output" >said
		counted "${names%:*}" '^Skipping folder .*gone from the server' said
		same "$(files)" "$all"
	done
	view 0 3 INBOX b
	by_script -u quiet
	same "$(files)" "$all"
}

# --- the disk

@test "mass: a folder whose directory is another one is left alone until it is back, or its deletions are meant" {
	imap create Box
	mail 1; mail 2; mail 3 Box
	sync
	sleep 2.1
	sync
	# the directory is known, how it was is not: it is too young
	mail 4; sync
	mail 5; touch "$MAILDIR/INBOX"/{cur,new}; sync
	mv "$MAILDIR/INBOX" gone
	mkdir -p "$MAILDIR/INBOX"/{cur,new,tmp}
	mail 6
	for _ in 1 2; do
		run offlineimap -o
		echo "$output"
		[[ $status -eq 0 && $output == *'Skipping folder INBOX'*'another directory'*allow-delete* ]]
		holds 5 INBOX
		same "$(find "$MAILDIR/INBOX" -type f)" ''
	done
	rmdir "$MAILDIR/INBOX"/{cur,new,tmp,}
	mv gone "$MAILDIR/INBOX"
	same "$(sync)" ''
	agree_but_times
	mv "$MAILDIR/INBOX" gone
	mkdir -p "$MAILDIR/INBOX"/{cur,new,tmp}
	sync --allow-delete
	holds 0 INBOX
	# a copy of it with all in it is as good
	mv "$MAILDIR/Box" gone2
	cp -r gone2 "$MAILDIR/Box"
	same "$(sync)" ''
	holds 1 Box
	# a root with other things in it: the folders are gone, their messages are not deleted
	mv "$MAILDIR" away
	mkdir -p "$MAILDIR/lost+found"
	run offlineimap -o
	[[ $output == *'gone from the Maildir'* ]]
	holds 1 Box
}

@test "mass: which directory a folder is, is known from its first sync on, however young that is" {
	local folder
	mail 1
	imap create Box
	mail 2 Box
	mkdir -p "$MAILDIR"/{INBOX,Up}/{cur,new,tmp}
	deliver 3 Up
	# that is on both sides, and only paired
	deliver 4 Paired "" 1700000000
	imap create Paired
	mail 4 Paired '' 1700000000
	sync
	holds 4
	for folder in INBOX Box Up Paired; do
		mv "$MAILDIR/$folder" gone
		mkdir -p "$MAILDIR/$folder"/{cur,new,tmp}
		run -0 offlineimap -o
		[[ $output == *"Skipping folder $folder"*'another directory'* ]]
		holds 4
		rmdir "$MAILDIR/$folder"/{cur,new,tmp,}
		mv gone "$MAILDIR/$folder"
	done
	sync
	agree_but_times
	# what is deleted in it is deleted
	rm "$(file_of 2 Box)"
	sync
	holds 3
}

@test "mass: many small folders, emptied at once on either side, are held together" {
	local i
	"$SERVED" turns.py seed "$PORT" "$U" 12 5
	sync
	cp -r "$MAILDIR" kept
	find "$MAILDIR" -type f -delete
	offlineimap --dry-run -u plan >lines
	counted 60 $'^keep\tremote\tf.*why=maxdelete$' lines
	counted 0 $'^delete|^mark\t[a-z]*\tf' lines
	run offlineimap -o
	[[ $output == *'60 held by maxdelete'* ]]
	holds 60
	# whoever wrote the plan; a part of it is none of that
	offlineimap --dry-run --allow-delete -u plan >lines
	counted 60 $'^delete\tremote' lines
	sync-apply <lines >report || :
	counted 60 '^skip=held.*delete' report
	holds 60
	grep -e $'\tf1\t' lines | sync-apply >report
	counted 5 $'^done\tdelete' report
	holds 55
	rm -r "$MAILDIR"
	mv kept "$MAILDIR"
	rm "$MAILDIR"/f1/*/*
	sync
	agree_but_times
	for ((i = 2; i <= 12; i++)); do imap delete f$i 1:5; done
	run offlineimap -o
	[[ $output == *'55 held by maxdelete'* ]]
	files >held
	counted 55 . held
	sync --allow-delete
	same "$(find "$MAILDIR" -type f)" ''
}

@test "mass: whoever wrote the plan, what one folder loses is counted, however large the others are" {
	imap number INBOX 60 '\Seen'
	imap fill Big 300
	sync
	mapfile -t all < <(printf '%s\n' "$MAILDIR"/INBOX/*/*:2,*)
	rm "${all[@]:0:55}"
	offlineimap --dry-run --allow-delete -u plan >lines
	counted 55 $'^delete\tremote\tINBOX' lines
	sync-apply <lines >report || :
	counted 55 '^skip=held.*delete' report
	holds 60 INBOX
	# half of the folder is not more than half of it
	grep -m 30 ^delete lines | sync-apply >report
	counted 30 $'^done\tdelete' report
}
