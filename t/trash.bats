# What becomes of deleted messages: trashfolder on either side, and archive.
bats_require_minimum_version 1.5.0
load lib

both_trash() { write_conf 'remote:trashfolder = Trash' 'local:trashfolder = Trash' "$@"; }

# One Dovecot for all tests without MOVE and UIDPLUS: what it shows depends on the address that is spoken to.
setup_file() {
	dovecot_addresses 127.0.0.2=MOVE 127.0.0.3=MOVE,UIDPLUS >"$BATS_FILE_TMPDIR/conf"
	dovecot_start "$BATS_FILE_TMPDIR/server" ca="$T_CADIR" include="$BATS_FILE_TMPDIR/conf" || return 1
	export FILE_PORT=$DOVECOT_PORT
}
teardown_file() { dovecot_stop "$BATS_FILE_TMPDIR/server"; }

# without CAPABILITIES: nothing here and a mailbox of its own there, where these are not shown; "none" shows all.
# The option for write_conf is "$there".
without() {
	case $1 in
	none) there='remote:remotehost = 127.0.0.1' ;;
	MOVE) there='remote:remotehost = 127.0.0.2' ;;
	MOVE,UIDPLUS) there='remote:remotehost = 127.0.0.3' ;;
	esac
	export PORT=$FILE_PORT U=$U-$1
	U=${U//,/-}
	rm -rf "$MAILDIR" "$META"
}

# there FOLDER: the subjects' numbers of the messages that the server has in it, with their flags.
there() { imap numbers "$1"; }

# here FOLDER: the same of the files.
here() {
	local file line all=()
	for file in "$MAILDIR/$1"/{cur,new}/*; do
		[ -e "$file" ] || continue
		while IFS= read -r line && [[ $line != 'Subject: number '* ]]; do :; done <"$file"
		all+=("${line#Subject: number }:${file##*:2,}")
	done
	[ ${#all[@]} -ne 0 ] || return 0
	printf -v all '%s\n' "${all[@]}"
	mapfile -t all < <(sort <<<"${all%$'\n'}")
	printf '%s ' "${all[@]}"
}

# Runs that have nothing to do: both sides are the same, and stay so.
settled() {
	agree
	frozen "$MAILDIR" >before
	imap ls >>before
	sync
	frozen "$MAILDIR" >after
	imap ls >>after
	same "$(<after)" "$(<before)"
}

start() {
	imap number INBOX 3 '\Seen \Flagged'
	imap create Trash
	sync
}

@test "trash: deleted here, it is moved there, with its flags, and comes back to the local trash" {
	both_trash
	start
	letters 1 FST; sync			# a mark for deletion is not moved along
	rm "$(file_of 1)" "$(file_of 2)"
	run -0 offlineimap -o --dry-run
	[[ $output == *'Moving 2 messages (1:2) in IMAP[INBOX] to Trash'* ]]
	[[ $output == *'2 to move to the remote trash'* ]]
	run -0 offlineimap -o
	[[ $output == *'2 moved to the remote trash'* ]]
	[ "$(there INBOX)" = '3:\Flagged \Seen ' ]
	[ "$(there Trash)" = '1:\Flagged \Seen 2:\Flagged \Seen ' ]
	sync
	[ "$(here Trash)" = '1:FS 2:FS ' ]
	agree
	# what is deleted in the trash is gone
	rm "$(file_of 1 Trash)"
	imap delete Trash 2
	sync
	[ -z "$(there Trash)$(here Trash)" ]
	settled
}

@test "trash: deleted there, its file is moved here, and goes up to the trash there" {
	both_trash
	start
	letters 2 FSP; letters 3 FST
	sync
	imap delete INBOX 2:3
	run -0 offlineimap -o --dry-run
	[[ $output == *'Moving 2 messages (2:3) in Maildir[INBOX] to Trash'* ]]
	sync
	[ "$(here INBOX)" = '1:FS ' ]
	[ "$(here Trash)" = '2:FPS 3:FS ' ]
	# it has no uid there, nor that of its old folder
	[[ $(printf '%s\n' "$MAILDIR"/Trash/cur/*) != *,U=* ]]
	sync
	[ "$(there Trash)" = '2:\Flagged \Seen 3:\Flagged \Seen ' ]
	settled
}

@test "trash: a mail program that moves messages to the trash itself does not make two of one, on either side" {
	local n all
	both_trash
	start
	for n in 4 5 6; do mail $n; done
	sync
	mv "$(file_of 1)" "$MAILDIR/Trash/cur/"
	imap move INBOX 2 Trash
	# on both sides
	mv "$(file_of 3)" "$MAILDIR/Trash/cur/"
	imap move INBOX 3 Trash
	sync
	sync
	all=$(there Trash) all=${all//[!:]}
	[ "$all" = ::: ]
	[ "$(here Trash)" = '1:FS 2:FS 3:FS ' ]
	agree
	# copied first, deleted only after a sync that held the deletions back
	both_trash 'account:maxdelete = 0,0'
	mv "$(file_of 4)" "$MAILDIR/Trash/cur/"
	imap move INBOX 5 Trash
	sync
	all=$(there INBOX) all=${all//[!:]}
	[ "$all" = :: ]
	all=$(here INBOX) all=${all//[!:]}
	[ "$all" = :: ]
	sync --allow-delete
	sync
	[[ $(here Trash) =~ ^1:[^\ ]*\ 2:[^\ ]*\ 3:[^\ ]*\ 4:[^\ ]*\ 5:[^\ ]*\ $ ]]
	settled
}

# twins: both in INBOX on the server: as long, as old, with one start, and different ends.
twins() {
	local n
	for n in 1 2; do
		{
			printf '%s\n' 'From: a@example.org' 'Subject: twin' ''
			printf 'a line of many\n%.0s' {1..700}
			echo "end $n"
		} >twin$n
		imap append INBOX twin$n '' 1700000000 >/dev/null
	done
}

# twin N: its only file.
twin() { grep -lrx "end $1" "$MAILDIR/INBOX/cur" "$MAILDIR/INBOX/new"; }

@test "trash: a message that only starts like one in the trash is not there" {
	local hide sums there user=$U
	for hide in none MOVE; do
		U=$user
		without $hide
		write_conf 'remote:trashfolder = Trash' "$there"
		imap create Trash
		twins
		sync
		rm "$(twin 1)"
		sync; sync
		rm "$(twin 2)"
		sync
		[ -z "$(there INBOX)" ]
		sums=$(sha256sum twin1 twin2 | cut -d ' ' -f 1 | sort)
		same "$(imap ls Trash | cut -f 6 | sort)" "$sums"
		# moved to the trash by a mail program, of which one has a twin there
		imap move Trash 1:2 INBOX
		sync
		[ -z "$(there Trash)" ]
		mv "$(twin 1)" "$MAILDIR/Trash/cur/"
		rm "$(twin 2)"
		sync
		same "$(imap ls Trash | cut -f 6 | sort)" "$sums"
	done
}

@test "trash: what is to be deleted there does not stand for what is to go there, however far apart the lines are" {
	local hide there side v i user=$U
	for hide in none MOVE; do
		for side in remote local; do
			U=$user-$side
			without $hide
			both_trash "$there"
			mail 1 INBOX '\Seen' 1700000000
			imap create Trash
			imap copy INBOX 1 Trash
			sync
			if [ $side = remote ]; then
				rm "$(file_of 1)" "$(file_of 1 Trash)"
			else
				imap delete INBOX 1
				imap delete Trash 1
			fi
			offlineimap --dry-run -u plan >plan
			v=$(imap status INBOX UIDVALIDITY) v=${v//[!0-9]}
			# as many lines in front as make a batch with the first of the two
			{
				for ((i = 1; i < 5000; i++)); do
					printf 'forget\tboth\tINBOX\tINBOX\t%s:%s\n' "$v" $((1000 + i))
				done
				grep -E $'^(move|delete)\t'$side plan
			} >lines
			counted 5001 . lines
			sync-apply -a test <lines >report
			counted 2 $'^done\t(move|delete)' report
			sync
			[ "$(there Trash)" = '1:\Seen ' ]
			[ "$(here Trash)" = '1:S ' ]
			[ -z "$(there INBOX)$(here INBOX)" ]
		done
	done
}

@test "trash: neither does what maxdelete holds there" {
	local hide there side user=$U
	for hide in none MOVE; do
		for side in remote local; do
			U=$user-$side
			without $hide
			both_trash "$there" 'account:maxdelete = 2,50'
			imap number INBOX 10
			imap create Trash
			imap copy INBOX 1:3 Trash
			sync
			if [ $side = remote ]; then
				rm "$(file_of 1)" "$MAILDIR"/Trash/*/*,U=*
			else
				imap delete INBOX 1
				imap delete Trash 1:3
			fi
			run -0 offlineimap -o
			[[ $output == *'3 held by maxdelete'* ]]
			sync --allow-delete
			sync
			[ "$(there Trash)" = '1: ' ]
			[[ $(here Trash) =~ ^1:[^\ ]*\ $ ]]
		done
	done
}

@test "trash: without MOVE it is copied, once whatever happens; without UIDPLUS the mark stays" {
	local hide there user=$U
	for hide in MOVE MOVE,UIDPLUS; do
		U=$user
		without $hide
		both_trash "$there"
		start
		# a run was stopped after the copy
		imap copy INBOX 1 Trash
		rm "$(file_of 1)" "$(file_of 2)"
		sync
		[ "$(there Trash)" = '1:\Flagged \Seen 2:\Flagged \Seen ' ]
		sync
		[ "$(here Trash)" = '1:FS 2:FS ' ]
		if [ $hide = MOVE ]; then
			settled
		else
			[ "$(there INBOX)" = '1:\Deleted \Flagged \Seen 2:\Deleted \Flagged \Seen 3:\Flagged \Seen ' ]
			sync
			[ "$(there Trash)" = '1:\Flagged \Seen 2:\Flagged \Seen ' ]
		fi
	done
}

@test "trash: a folder that is not there is made, or nothing is deleted and the exit status says so" {
	local hide there user=$U
	for hide in none MOVE; do
		U=$user
		without $hide
		imap number INBOX 2
		write_conf "$there" 'remote:trashfolder = Bin/old' 'local:trashfolder = Bin.old' \
			'remote:createfolders = no' 'local:createfolders = no'
		mkdir -p "$MAILDIR/INBOX"/{cur,new,tmp}
		sync
		rm "$(file_of 1)"
		imap delete INBOX 2
		run -1 offlineimap -o
		[[ $output == *'to "Bin/old"'* && $output == *Bin.old* ]]
		[ "$(there INBOX)" = '1: ' ]
		[[ $(here INBOX) == 2:* ]]
		write_conf "$there" 'remote:trashfolder = Bin/old' 'local:trashfolder = Bin.old'
		sync
		[ "$(there Bin/old)" = '1: ' ]
		[[ $(here Bin.old) == 2:* ]]
		sync
		[ -z "$(there INBOX)$(here INBOX)" ]
		agree
	done
	settled
}

@test "trash: a local one that vanished is not made anew, for the server's would be emptied" {
	both_trash
	start
	mail 4 Trash
	mail 5 Trash
	sync
	mv "$MAILDIR/Trash" away
	imap delete INBOX 1
	for _ in 1 2; do
		run -1 offlineimap -o
		[[ $output == *'"Trash" was synced before'* ]]
		[ ! -e "$MAILDIR/Trash" ]
		[ "$(there Trash)" = '4: 5: ' ]
		[[ $(here INBOX) == 1:* ]]
	done
	mv away "$MAILDIR/Trash"
	sync; sync
	[ "$(there Trash)" = '4: 5: 1:\Flagged \Seen ' ]
	settled
}

@test "trash: a trash that takes nothing blocks the deletion" {
	local address
	printf 'Trash user=%s lr\n' "$U" "$U-2" >acl
	chmod 644 acl; chmod a+x "$BATS_TEST_TMPDIR" "$HOME"
	imap create Trash
	imap number INBOX 2
	dovecot_addresses 127.0.0.2=MOVE >conf
	server acl="$PWD/acl" include="$PWD/conf"
	cp -a "$T_MAILS/$U" "$MAILS/$U"
	cp -a "$T_MAILS/$U" "$MAILS/$U-2"
	for address in 127.0.0.1 127.0.0.2; do
		[ $address = 127.0.0.1 ] || U+=-2
		rm -rf "$MAILDIR" "$META"
		both_trash "remote:remotehost = $address"
		sync
		rm "$(file_of 1)"
		run -1 offlineimap -o
		[[ $output == *'to "Trash"'* ]]
		[ "$(there INBOX)" = '1: 2: ' ]
	done
}

@test "trash: expunge = no leaves it where it is; a name that no folder can have is refused" {
	mail 1
	write_conf 'remote:trashfolder = Trash' 'remote:expunge = no'
	run -0 offlineimap -o
	[[ $output == *"option 'trashfolder' is not used"* ]]
	rm "$(file_of 1)"
	sync
	[ "$(there INBOX)" = '1:\Deleted ' ]
	[ "$(imap folders)" = INBOX ]
	write_conf 'local:trashfolder = a/../b'
	run -2 offlineimap -o
	[[ $output == *trashfolder* ]]
}

@test "trash: lines by hand: not to the folder itself, not twice, not where the file is back" {
	both_trash
	start
	local v line
	v=$(imap status INBOX UIDVALIDITY) v=${v//[!0-9]}
	for line in $'move\tremote\tINBOX\tINBOX\t'"$v"$':1\tINBOX\t-\twas=FS' \
		$'move\tlocal\tINBOX\tINBOX\t'"$v"$':1\t-\tINBOX\twas=FS' $'move\tlocal\tINBOX\tINBOX\t'"$v"$':1\tTrash\t-\twas=FS'; do
		run -1 sync-apply -a test <<<"$line"
		[[ $output == *'cannot be carried out'* ]]
	done
	line=$'move\tremote\tINBOX\tINBOX\t'$v$':1\tTrash\t-\twas=FS'
	run -0 sync-apply -a test <<<"$line"
	[[ $output == skip=*back* ]]
	mv "$(file_of 1)" kept
	sync-apply -a test <<<"$line"$'\n'"$line" >report
	counted 1+ ^done report
	[ "$(there Trash)" = '1:\Flagged \Seen ' ]
	# a name that leads to the same directory
	ln -s INBOX "$MAILDIR/Other"
	imap delete INBOX 2
	run -1 sync-apply -a test <<<$'move\tlocal\tINBOX\tINBOX\t'"$v"$':2\t-\tOther\twas=FS'
	[[ $output == *'this%20very%20folder'* ]]
	file_of 2
}

@test "archive: what the server lost stays for good, and is never sent again" {
	imap number INBOX 3
	write_conf 'local:archive = yes' 'account:maxdelete = 0,0'
	sync
	imap delete INBOX 1:2
	offlineimap -o --dry-run -u plan >plan
	counted 2 $'^keep\tlocal\tINBOX\t.*why=archive' plan
	run -0 offlineimap -o
	[[ $output == *'gone from the server, kept here for good (archive)'* ]]
	sync
	file_of 1; file_of 2
	[ "$(there INBOX)" = '3: ' ]
	# without the state, the names say that they were there once
	rm -rf "$META/Account-test"
	sync; sync
	[ "$(there INBOX)" = '3: ' ]
	[[ $(sync-state -a test -H) =~ kept=2([^0-9]|$) ]]
	# nor without all that is known
	rm -rf "$META"
	sync
	[ "$(there INBOX)" = '3: ' ]
	file_of 1
	# new mail goes up as always, a copy of what is archived too
	deliver 4
	sync
	[ "$(there INBOX)" = '3: 4: ' ]
	# whoever removes the file ends it
	rm "$(file_of 1)"
	sync
	[ "$(there INBOX)" = '3: 4: ' ]
	imap delete INBOX 1:999
	sync
	[[ $(here INBOX) =~ ^2:[^\ ]*\ 3:[^\ ]*\ 4:[^\ ]*\ $ ]]
}

@test "archive: it stays when the server renumbers the folder, and what that lost meanwhile goes there" {
	imap number INBOX 4 '\Seen'
	write_conf 'local:archive = yes'
	sync
	imap delete INBOX 1:2
	sync
	# the rule has gone, the archive has not
	write_conf
	imap renumber INBOX
	sync
	[ "$(there INBOX)" = '4:\Seen 3:\Seen ' ]
	file_of 1; file_of 2
	[[ $(sync-state -a test -H) =~ intents=2([^0-9]|$) ]]
	status=0
	offlineimap --verify -u plan >plan || status=$?
	[ "$status" -eq 1 ]
	counted 2 $'^differ\t.*why=archive' plan
	# its old numbers are others' now; and again
	mail 5; mail 6
	sync
	imap renumber INBOX
	sync; sync
	[ "$(there INBOX)" = '6: 5: 3:\Seen 4:\Seen ' ]
	file_of 1; file_of 2
	# what is gone from the renumbered folder was deleted there
	write_conf 'local:archive = yes'
	imap delete INBOX 1
	imap renumber INBOX
	sync; sync
	[ "$(there INBOX)" = '4:\Seen 3:\Seen 5: ' ]
	file_of 6
	# whoever removes the files ends it
	rm "$(file_of 1)" "$(file_of 2)" "$(file_of 6)"
	sync
	[[ $(sync-state -a test -H) =~ intents=0([^0-9]|$) ]]
	settled
}

@test "archive: a file that was deleted here, there too, and is put back was not lost by the server" {
	local FILE
	imap number INBOX 4
	write_conf 'local:archive = yes'
	sync
	imap delete INBOX 4
	sync
	for n in 1 3; do
		find_file $n
		mv "$FILE" kept
		sync
		holds 2 INBOX
		mv kept "$FILE"
		sync
		holds 3 INBOX
	done
	[[ $(there INBOX) == '2: 1: 3: ' && $(here INBOX) =~ ^1:[^\ ]*\ 2:[^\ ]*\ 3:[^\ ]*\ 4:[^\ ]*\ $ ]]
	# what has left the archive and comes back is one, too
	find_file 4
	mv "$FILE" kept
	sync
	mv kept "$FILE"
	sync
	[ "$(there INBOX)" = '2: 1: 3: 4: ' ]
	settled
}

@test "archive: what is in it stays when the rule has gone; its file's end is its end" {
	imap number INBOX 3
	write_conf 'local:archive = yes'
	sync
	imap delete INBOX 1:2
	sync
	write_conf 'account:maxdelete = no'
	sync
	file_of 1; file_of 2
	[ "$(there INBOX)" = '3: ' ]
	rm "$(file_of 1)"
	imap delete INBOX 3
	sync
	sync
	[[ $(here INBOX) == 2:* ]]
	[ -z "$(there INBOX)" ]
	[[ $(sync-state -a test -H) =~ kept=1([^0-9]|$) ]]
}

@test "trash: planned as moves, counted by maxdelete as deletions" {
	plan() {
		local lines
		mapfile -t lines
		lines=('listing 1 account=A' "${lines[@]}")
		lines+=("end - - ${#lines[@]}")
		printf '%s\n' "${lines[@]// /$'\t'}" | sync-plan | sed 's/\t/ /g; /^plan/d; /^end/d; /^mark/d'
	}
	local state='folder s F F count=2 fv=9 gen=7 intents=0 kept=0 kind=full modseq=5 next=3 rows=2 rules=% validity=9
m s 9:1 date=1 dig=00000000000000000000000000000001 flags=S name=a,U=1 size=10
m s 9:2 date=1 dig=00000000000000000000000000000002 flags=% name=b,U=2 size=10
end s F 2
folder r F F count=1 kind=full modseq=6 next=3 validity=9
m r 9:1 flags=FS
end r F 1
folder l F F kind=full
m l - dir=cur flags=% name=b,U=2 uid=2
end l F 1'
	same "$(plan <<<"pair F F fmd5=x ltrash=A.T maxdelete=- rtrash=A/T rules=%"$'\n'"$state")" \
		'move remote F F 9:1 A/T - was=FS
move local F F 9:2 - A.T name=b,U=2 was=%'
	same "$(plan <<<"pair F F fmd5=x ltrash=A.T maxdelete=- rules=%"$'\n'"$state")" \
		'delete remote F F 9:1 was=FS
move local F F 9:2 - A.T name=b,U=2 was=%'
	same "$(plan <<<"pair F F fmd5=x ltrash=A.T maxdelete=0,0 rtrash=A/T rules=%"$'\n'"$state")" \
		'keep remote F F 9:1 why=maxdelete
keep local F F 9:2 name=b,U=2 why=maxdelete'
	same "$(plan <<<"pair F F fmd5=x ltrash=A.T maxdelete=- rtrash=A/T rules=archive,lnodelete"$'\n'"$state")" \
		'keep remote F F 9:1 why=sync_deletes
keep local F F 9:2 name=b,U=2 why=archive'
	same "$(plan <<<"pair F F fmd5=x maxdelete=- rules=%"$'\n'"${state/name=b,U=2 size/kept=archive name=b,U=2 size}")" \
		'delete remote F F 9:1 was=FS
keep local F F 9:2 name=b,U=2 why=archive'
	same "$(plan <<<"pair F F fmd5=x ltrash=A.T maxdelete=- rules=rnodelete"$'\n'"$state" | tail -n 1)" \
		'keep local F F 9:2 name=b,U=2 why=sync_deletes'
}

@test "trash: one file that may not be moved holds no other back, in its folder or in another" {
	imap create Other
	imap number INBOX 3 '\Seen'
	imap number Other 2 '\Seen'
	write_conf 'local:trashfolder = Trash'
	mkdir -p "$MAILDIR"/Trash/{cur,new,tmp}
	sync
	imap delete INBOX 1:2
	imap delete Other 1
	offlineimap -o --dry-run -u plan >plan
	counted 3 $'^move\tlocal' plan
	# the mail reader comes first
	letters 1 FS
	imap-fetch -a test <plan | sync-apply -a test >report || :
	counted 1 $'^skip=.*\tmove\tlocal\tINBOX' report
	counted 2 $'^done\tmove\tlocal' report
	[ -n "$(file_of 1)" ] && [ -n "$(file_of 2 Trash)" ] && [ -n "$(file_of 1 Trash)" ]
	[ "$(find "$MAILDIR/Other/cur" "$MAILDIR/Other/new" -type f -printf .)" = . ]
}

rounds() {
	"$SERVED" rounds.py --trash --seed "${SEED:-1}" "$@" "$PORT" "$TLSPORT" "$CA" "$U$SEED" "$HOME/r$PORT$SEED"
}

# rounds with some seeds, more of them with SOAK=1
seeds() {
	local n=1
	[ -z "${SOAK:-}" ] || n=30
	for ((SEED = 1; SEED <= n; SEED++)); do rounds "$@"; done
}

@test "trash: random changes on both sides, some runs killed" {
	seeds --rounds 2 --kill
}

# bats test_tags=soak
@test "trash: the same without MOVE" {
	server hide=MOVE
	seeds --rounds 2 --kill
}

# bats test_tags=soak
@test "trash: and without UIDPLUS" {
	server hide=MOVE,UIDPLUS
	seeds --rounds 2 --kill --no-uidplus
}

@test "trash: other clients go on while a sync runs, with MOVE and without" {
	seeds --rounds 2 --live
	server hide=MOVE
	seeds --rounds 2 --live
}

# bats test_tags=soak
@test "trash: the same without UIDPLUS" {
	server hide=MOVE,UIDPLUS
	seeds --rounds 2 --live --no-uidplus
}
