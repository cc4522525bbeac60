# shellcheck shell=bash
# Servers of other makes on loopback, as whoever runs this, from packages that
# t/unpack.sh unpacked.  Sourced by the tests, behind dovecot.bash.
#
#   others_tree DIR                  sets OTHERS to the unpacked packages; unpacks them, once for all
#   cyrus_start DIR [LINE...]        sets CYRUS_PORT; LINEs go to imapd.conf
#                                    the array CYRUS_SUPPRESS: lists of capabilities, each of which is left out
#                                    on a port of its own, in CYRUS_PORTS
#   courier_start DIR                sets COURIER_PORT
#   other_stop DIR                   returns when it is gone
#
# All in clear text.  The users are u1 to u5, with SOAK=1 to u9 (Courier: any), password "pw".

# Where nobody can go to, too: the tree may lie in root's own.
others_tree() {
	local top
	top=$(cd "${BASH_SOURCE[0]%/*}/.." && pwd) || return 1
	(
		exec 8>>"$top/build/servers.lock"
		flock 8
		"$top/t/unpack.sh" "$top/build/servers"
	) || return 1
	OTHERS=$top/build/servers/tree
	if [ "$(id -u)" -eq 0 ]; then
		OTHERS=$1/tree
		cp -al "$top/build/servers/tree" "$1" 2>/dev/null ||
			cp -a "$top/build/servers/tree" "$1" || return 1
	fi
}

# Cyrus refuses to be root: then all of it is nobody's.
cyrus_who() {
	CYRUS_AS=() CYRUS_IS=$(id -un) CYRUS_IN=$(id -gn)
	if [ "$(id -u)" -eq 0 ]; then
		CYRUS_IS=nobody CYRUS_IN=$(id -gn nobody)
		CYRUS_AS=(setpriv --reuid=nobody --regid="$CYRUS_IN" --clear-groups)
	fi
}

cyrus_env() {
	local lib=$OTHERS/usr/lib/x86_64-linux-gnu
	export LD_LIBRARY_PATH=$lib:$OTHERS/lib/x86_64-linux-gnu CYRUS_USER=$CYRUS_IS SASL_PATH=$lib/sasl2
	"$@"
}

cyrus_conf() {
	local dir=$1
	cat <<-END
		configdirectory: $dir/conf
		partition-default: $dir/spool
		defaultpartition: default
		cyrus_user: $CYRUS_IS
		cyrus_group: $CYRUS_IN
		sasl_pwcheck_method: auxprop
		sasl_auxprop_plugin: sasldb
		sasl_sasldb_path: $dir/sasldb2
		sasl_mech_list: PLAIN LOGIN
		allowplaintext: yes
		unixhierarchysep: yes
		altnamespace: yes
		virtdomains: off
		servername: localhost
		conversations: no
		autocreate_quota: 0
		autocreate_post: yes
		idlesocket: $dir/conf/socket/idle
		lmtpsocket: $dir/conf/socket/lmtp
		notifysocket: $dir/conf/socket/notify
		master_pid_file: $dir/master.pid
	END
}

cyrus_start() {
	local dir=$1 bin=$OTHERS/usr/lib/cyrus/bin i n also='' users=({1..5})
	[ -z "${SOAK:-}" ] || users=({1..9})
	shift
	mkdir -p "$dir/conf/socket" "$dir/conf/proc" "$dir/conf/log" "$dir/conf/db" "$dir/spool" || return 1
	cyrus_who
	read -r CYRUS_PORT _ < <(free_ports) || return 1
	{
		cyrus_conf "$dir"
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} >"$dir/imapd.conf"
	CYRUS_PORTS=()
	for i in "${!CYRUS_SUPPRESS[@]}"; do
		read -r n _ < <(free_ports) || return 1
		CYRUS_PORTS+=("$n")
		{
			cat "$dir/imapd.conf"
			echo "suppress_capabilities: ${CYRUS_SUPPRESS[i]}"
		} >"$dir/imapd$i.conf"
		also+="  imap$i cmd=\"$bin/imapd -C $dir/imapd$i.conf -U 30\" listen=\"127.0.0.1:$n\""$'\n'
	done
	cat >"$dir/cyrus.conf" <<-END
		START {
		  recover cmd="$bin/ctl_cyrusdb -C $dir/imapd.conf -r"
		}
		SERVICES {
		  imap cmd="$bin/imapd -C $dir/imapd.conf -U 30" listen="127.0.0.1:$CYRUS_PORT" prefork=1 maxchild=50
		$also
		}
		EVENTS {
		  checkpoint cmd="$bin/ctl_cyrusdb -C $dir/imapd.conf -c" period=300
		}
	END
	for n in "${users[@]}"; do
		printf pw | (cyrus_env "$OTHERS/usr/sbin/saslpasswd2" -p -c -f "$dir/sasldb2" \
			-u localhost "u$n") || return 1
	done
	[ ${#CYRUS_AS[@]} -eq 0 ] || chown -R "$CYRUS_IS" "$dir" || return 1
	# in a session of its own: it ends its whole process group with it
	cyrus_env exec setsid "${CYRUS_AS[@]:-setpriv}" --pdeathsig TERM "$bin/master" -C "$dir/imapd.conf" \
		-M "$dir/cyrus.conf" -p "$dir/master.pid" -D </dev/null >"$dir/start.log" 2>&1 3>&- 4>&- &
	echo $! >"$dir/pid"
	disown
	for i in {1..500}; do
		if dovecot_answers "$CYRUS_PORT"; then
			export CYRUS_PORT
			return 0
		fi
		kill -0 "$(<"$dir/pid")" 2>/dev/null || break
		nap
	done
	echo "cyrus did not start (look $i):" >&2
	tail -n 20 "$dir/start.log" >&2
	return 1
}

courier_start() {
	local dir=$1 i
	mkdir -p "$dir" || return 1
	setpriv --pdeathsig TERM python3 "${BASH_SOURCE[0]%/*}/courier.py" "$OTHERS" "$dir" \
		</dev/null >"$dir/start.log" 2>&1 3>&- 4>&- &
	echo $! >"$dir/pid"
	disown
	for i in {1..500}; do
		if [ -e "$dir/port" ]; then
			COURIER_PORT=$(<"$dir/port")
			export COURIER_PORT
			return 0
		fi
		kill -0 "$(<"$dir/pid")" 2>/dev/null || break
		nap
	done
	echo "courier did not start (look $i):" >&2
	tail -n 20 "$dir/start.log" >&2
	return 1
}

other_stop() {
	local pid i
	[ -e "$1/pid" ] || return 0
	pid=$(<"$1/pid")
	rm -f "$1/pid"
	kill "$pid" 2>/dev/null || return 0
	for i in {1..500}; do
		kill -0 "$pid" 2>/dev/null || return 0
		[ "$i" -ne 250 ] || kill -KILL "$pid" 2>/dev/null || :
		nap
	done
	echo "$1: $pid does not stop" >&2
	return 1
}
