# What the tools that read a stranger's bytes may do: what is tried in their own process fails.
bats_require_minimum_version 1.5.0
load lib

setup() {
	t_setup
	write_conf
	mkdir -p "$MAILDIR"/INBOX/{cur,new,tmp}
	message 1 >"$MAILDIR/INBOX/cur/a"
	T="exec $SERVED scripted.py $HOME/script $HOME/log"
	export PROBE_LOG=$HOME/probe PROBE_DIR=$MAILDIR/INBOX
	export ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0
}

r() {
	local IFS=$'\t'
	printf '%s\n' "$*"
}

# probed AT TOOL COMMAND...: with the attempts made in that tool.
probed() {
	PROBE_AT=$1 PROBE_TOOL=$2 LD_PRELOAD=$ROOT/build/t/probe.so "${@:3}"
}

# outcome FILES [DONE...]: how each attempt should have ended: FILES is the error for those that
# are about files and directories, those named last are done, and the others are no permission.
# Of a sanitized build only the files are told: it has no seccomp.
outcome() {
	local what files=$1 told
	for what in socket local-socket read read-mail write-mail list make make-in-tmp remove-in-tmp make-dir \
		rename rename-back remove-mail fork exec signal trace code; do
		told=EPERM
		case $what in
		list | make | make-in-tmp | remove-in-tmp | make-dir | remove-mail) told=$files ;;
		esac
		[[ " ${*:2} " != *" $what "* ]] || told="done"
		echo "$what $told"
	done
}

# The same for what has been told.
told() {
	[ -s probe ]
	local files
	[ -z "${SAN:-}" ] || {
		files='^(read|read-mail|list|make|make-in-tmp|remove-in-tmp|make-dir|remove-mail) '
		same "$(grep -E "$files" probe | sed 's/EACCES\|ENOENT/EPERM/')" \
			"$(outcome "$@" | grep -E "$files" | sed 's/EACCES/EPERM/')"
		return
	}
	same "$(<probe)" "$(outcome "$@")"
}

LISTING=$'listing\t1\taccount=test\nend\t-\t-\t1'

@test "a tool that is not shut in can do all of it: so the attempts are real" {
	probed read maildir-scan maildir-scan -a test >out <<<"$LISTING"
	[ "$(grep -c ' done$' probe)" -eq 18 ]
	[ ! -e "$MAILDIR/INBOX/cur/a" ]
}

@test "sync-plan, sync-verify: nothing but their pipes" {
	probed read sync-plan sync-plan >out <<<"$LISTING"
	told EPERM
	same "$(<out)" "$(r plan 1 account=test; r end - - 1)"
	probed read sync-verify sync-verify >out <<<"$LISTING"
	told EPERM
	grep -q '^verify' out
	[ -e "$MAILDIR/INBOX/cur/a" ]
}

@test "imap-list: nothing but its pipes and its session, by hand and by the driver" {
	put script <<-'END'
		on LIST "" "*"
		* LIST () "/" "INBOX"
		TAG OK x
	END
	probed recv imap-list imap-list -H -a test -t "$T" >out <<<"$LISTING"
	grep -q '^folder.r.INBOX' out
	told EPERM
	rm probe
	probed recv imap-list offlineimap -o -u quiet
	told EPERM
}

@test "imap-fetch: new files below the Maildir, and to remove them in tmp" {
	put script <<-'END'
		on EXAMINE "INBOX"
		* OK [UIDVALIDITY 7] x
		TAG OK x
		on UID FETCH
		* 1 FETCH (UID 5 BODY[] "x")
		TAG OK x
	END
	r copy local INBOX INBOX 7:5 date=1000000000 flags=% size=1 >plan
	probed recv imap-fetch imap-fetch -a test -t "$T" <plan >out
	grep -q spool= out
	told EACCES make-in-tmp remove-in-tmp
	[ -e "$MAILDIR/INBOX/cur/a" ] && [ ! -e elsewhere ] && [ ! -e newdir ]
}

@test "imap-fetch: folders that are links out of the Maildir, and new ones" {
	mkdir -p far/{cur,new,tmp} deep/er/{cur,new,tmp}
	ln -s "$HOME/far" "$MAILDIR/away"
	write_conf 'local:sep = /'
	ln -s "$HOME/deep" "$MAILDIR/deep"
	local folder
	for folder in away deep deep/er fresh; do
		[ "$folder" = deep ] || imap create "$folder"
		[ "$folder" = deep ] || mail 2 "$folder"
	done
	rm -r "$MAILDIR/INBOX"
	sync
	[ "$(find far/new deep/er/new "$MAILDIR/fresh/new" -type f | wc -l)" -eq 3 ]
}

@test "imap-fetch: what nobody wants goes from a folder that was there, and from a new one the next time" {
	local folder
	for folder in INBOX fresh; do
		cat <<-END
			on EXAMINE "$folder"
			* OK [UIDVALIDITY 7] x
			TAG OK x
			on UID FETCH
			* 1 FETCH (UID 6 BODY[] "x")
			TAG OK x
		END
	done >script
	for folder in INBOX fresh; do
		r copy local "$folder" "$folder" 7:5 date=1000000000 flags=% size=1
	done >plan
	imap-fetch -a test -t "$T" <plan >out
	same "$(<out)" "$(<plan)"
	[ "$(find "$MAILDIR" -name 'offlineimap-spool.*' -printf '%P\n' | grep -c '^fresh/tmp/')" -eq 1 ]
	[ "$(find "$MAILDIR/INBOX" -type f | wc -l)" -eq 1 ]
	mkdir "$MAILDIR"/fresh/{cur,new}
	imap-fetch -a test -t "$T" <plan >out
	[ "$(find "$MAILDIR" -type f | wc -l)" -eq 1 ]
}

@test "a kernel without Landlock and seccomp: it syncs, and says so if asked" {
	mail 2
	local tool
	unset PROBE_LOG
	rm -r "$MAILDIR"
	for tool in imap-list imap-fetch sync-plan; do
		PROBE_KERNEL=old PROBE_TOOL=$tool LD_PRELOAD=$ROOT/build/t/probe.so \
			offlineimap -o -d imap >out 2>&1
		grep "confine.*$tool: no Landlock, it goes without: Function not implemented" out
		[ -n "${SAN:-}" ] || grep "confine.*$tool: no seccomp, it goes without: Function not implemented" out
		mail "$tool"
	done
	offlineimap -o -d imap >out 2>&1
	agree
	grep 'confine.*imap-list: Landlock is in force' out
	[ -n "${SAN:-}" ] || grep 'confine.*imap-list: seccomp is in force' out
}

# Each waits for the first byte of its configuration; sync-plan, which has none, for its input.
@test "what reads the configuration is no other program's to look into, from before its first byte" {
	put look <<-'END'
		hidden() {
			local comm stat
			read -r comm <"/proc/$1/comm" && [ "$comm" = "$2" ] && ! : <"/proc/$1/environ" &&
				read -r stat <"/proc/$1/stat" && [[ $stat == *') S '* ]]
		} 2>/dev/null
		mkfifo conf
		sync-plan <conf >/dev/null 2>&1 &
		pids=$! wrong=
		for tool in imap-connect imap-fetch imap-list maildir-scan offlineimap sync-apply sync-pair sync-state; do
			"$tool" -c conf </dev/null >/dev/null 2>&1 &
			pids+=" $!"
			for i in {1..200}; do
				! hidden $! "$tool" || continue 2
				sleep 0.01
			done
			wrong=$tool
			break
		done
		: <"/proc/${pids%% *}/environ" || wrong=all
		kill $pids
		echo "${wrong:-none}"
	END
	run -0 unprivileged bash look
	same "$output" none
}
