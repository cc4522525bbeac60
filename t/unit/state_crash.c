/*
 * Writers that are killed at any time, two writers, readers beside a writer: a
 * state only ever shows whole transactions, and none that was reported is lost.
 */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "unit.h"
#include "state.h"

#define ROWS	50	/* written by each transaction */

/* One transaction: all rows get its number as size, a log line and an intent go with it. */
static int
commit_one(struct state *st, uint64_t n)
{
	struct state_folder f = { .id = 1, .validity = 1, .written_at = n };
	struct state_msg m = { .size = n, .name = "some name" };
	struct state_intent it = { .name = n % 2 ? "odd" : "even", .gen = n };
	struct err e;
	uint32_t id;

	if (state_begin(st, 1, &e) == -1 || state_folder_make(st, "r", "l", &id, &e) == -1 ||
	    state_folder_put(st, &f, &e) == -1 ||
	    state_intent_put(st, id, &it, &e) == -1 ||
	    state_intent_del(st, id, n % 2 ? "even" : "odd", &e) == -1)
		return -1;
	for (m.uid = 1; m.uid <= ROWS; m.uid++)
		if (state_msg_put(st, id, &m, &e) == -1)
			return -1;
	return state_commit(st, &e);
}

/* Commits until it is killed, telling the number of each commit through the pipe. */
static void
writer(const char *dir, int fd, uint64_t from)
{
	struct state *st;
	struct err e;
	uint64_t n;

	if (state_open(&st, dir, "A", STATE_WRITE, &e) == -1)
		_exit(1);
	for (n = from; commit_one(st, n) == 0; n++)
		if (io_write(fd, &n, sizeof(n)) == -1)
			_exit(2);
	_exit(3);
}

/* The transaction that the state shows; 0 for none.  Checks that it is whole. */
static uint64_t
shown(struct state *st)
{
	struct state_folder f;
	struct state_msg m;
	struct state_intent it;
	uint64_t n, rows = 0;
	uint32_t uid = 0;

	MUST(state_begin(st, 0, &unit_err));
	if (state_folder_find(st, "r", "l", &f, &unit_err) != 1) {
		CHECK_NUM(state_generation(st), 0);
		state_abort(st);
		return 0;
	}
	n = f.written_at;
	CHECK(state_generation(st) == n && f.gen == n);
	while (state_msg_next(st, f.id, uid, &m, &unit_err) == 1) {
		CHECK(m.size == n && m.uid == uid + 1);
		uid = m.uid;
		rows++;
	}
	CHECK(rows == ROWS && f.rows == ROWS && f.intents == 1);
	CHECK(state_intent_get(st, f.id, n % 2 ? "odd" : "even", &it, &unit_err) == 1 &&
	    it.gen == n);
	state_folder_free(&f);
	state_abort(st);
	return n;
}

static void
sleep_us(long us)
{
	struct timespec ts = { 0, us * 1000 };

	nanosleep(&ts, NULL);
}

/* Starts a writer; its pid and, in *fd, the end to read numbers from. */
static pid_t
start(const char *dir, uint64_t from, int *fd)
{
	int p[2];
	pid_t pid;

	if (pipe(p) == -1 || (pid = fork()) == -1) {
		perror("fork");
		exit(1);
	}
	if (pid == 0) {
		close(p[0]);
		writer(dir, p[1], from);
	}
	close(p[1]);
	*fd = p[0];
	return pid;
}

/* Kills writers after a little more time each, watched by a reader meanwhile. */
static void
test_kill(void)
{
	char *dir = state_temp();
	struct state *st, *watch;
	uint64_t told = 0, now, seen = 0, n;
	int round, rounds = getenv("SOAK") != NULL ? 60 : 20, fd, status, commits = 0;
	pid_t pid;

	/* A kill may also leave half of LMDB's first two pages, which is no state: there was none. */
	state_close(state_must_open(dir, STATE_WRITE));
	for (round = 0; round < rounds; round++) {
		unit_row("kill %d", round);
		pid = start(dir, told + 1, &fd);
		watch = round % 2 ? state_must_open(dir, STATE_READ) : NULL;
		/* a machine that has much to do may not come to a commit in that time */
		if (round % 4 != 0 && read(fd, &n, sizeof(n)) == (ssize_t)sizeof(n)) {
			told = n;
			commits++;
		}
		sleep_us(200 + 20000L * round / rounds);
		if (watch != NULL) {
			n = shown(watch);
			CHECK(n >= seen);
		}
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		CHECK(WIFSIGNALED(status));
		state_close(watch);
		while (read(fd, &n, sizeof(n)) == (ssize_t)sizeof(n)) {
			told = n;
			commits++;
		}
		close(fd);
		st = state_must_open(dir, STATE_READ);
		now = shown(st);
		/* what was told is there; at most the one being told may be ahead */
		CHECK(now == told || now == told + 1);
		told = seen = now;
		state_close(st);
	}
	unit_row("kill");
	CHECK(commits >= rounds * 3 / 4);
	/* and it can still be written */
	st = state_must_open(dir, STATE_WRITE);
	CHECK(commit_one(st, told + 1) == 0);
	CHECK_NUM(shown(st), told + 1);
	state_close(st);
	state_untemp(dir);
}

/* Reads a row's number and writes it back plus one, n times. */
static int
count_up(const char *dir, int n)
{
	struct state *st;
	struct state_msg m;
	struct err e;

	if (state_open(&st, dir, "A", STATE_WRITE | STATE_NOSYNC, &e) == -1)
		return 1;
	for (; n > 0; n--) {
		if (state_begin(st, 1, &e) == -1 || state_msg_get(st, 1, 1, &m, &e) != 1)
			return 2;
		m.size++;
		m.name = "n";
		if (state_msg_put(st, 1, &m, &e) == -1 || state_commit(st, &e) == -1)
			return 3;
	}
	state_close(st);
	return 0;
}

static void
test_two_writers(void)
{
	char *dir = state_temp();
	struct state *st = state_must_open(dir, STATE_WRITE);
	struct state_msg m;
	pid_t pid[2];
	int i, status;

	unit_row("two writers");
	CHECK(commit_one(st, 1) == 0);
	state_close(st);
	for (i = 0; i < 2; i++)
		if ((pid[i] = fork()) == 0)
			_exit(count_up(dir, 500));
	for (i = 0; i < 2; i++)
		CHECK(waitpid(pid[i], &status, 0) == pid[i] && status == 0);
	st = state_must_open(dir, STATE_READ);
	MUST(state_begin(st, 0, &unit_err));
	CHECK(state_msg_get(st, 1, 1, &m, &unit_err) == 1);
	CHECK_NUM(m.size, 1001);
	CHECK_NUM(state_generation(st), 1001);
	state_close(st);
	state_untemp(dir);
}

/* A process that has the state open, without a transaction, until it is killed. */
static pid_t
bystander(const char *dir)
{
	int p[2];
	pid_t pid;
	char c = 0;

	if (pipe(p) == -1 || (pid = fork()) == -1) {
		perror("fork");
		exit(1);
	}
	if (pid == 0) {
		state_must_open(dir, STATE_READ);
		if (write(p[1], &c, 1) == 1)
			for (;;)
				pause();
		_exit(1);
	}
	CHECK(read(p[0], &c, 1) == 1);
	close(p[0]);
	close(p[1]);
	return pid;
}

/*
 * Readers that died in a transaction do not make the file grow for ever, also while
 * somebody else has the state open (or LMDB would start its list of readers anew).
 */
static void
test_dead_readers(void)
{
	char *dir = state_temp();
	struct state *st = state_must_open(dir, STATE_WRITE | STATE_NOSYNC);
	struct stat before, after;
	char *path = mem_printf("%s/data.mdb", dir);
	uint64_t n;
	pid_t pid, other;
	int status;

	unit_row("dead reader");
	for (n = 1; n <= 20; n++)
		CHECK(commit_one(st, n) == 0);
	state_close(st);
	CHECK(stat(path, &before) == 0);
	other = bystander(dir);
	if ((pid = fork()) == 0) {
		st = state_must_open(dir, STATE_READ);
		MUST(state_begin(st, 0, &unit_err));
		kill(getpid(), SIGKILL);
	}
	CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
	st = state_must_open(dir, STATE_WRITE | STATE_NOSYNC);
	for (; n <= 400; n++)
		CHECK(commit_one(st, n) == 0);
	state_close(st);
	CHECK(stat(path, &after) == 0);
	kill(other, SIGKILL);
	CHECK(waitpid(other, &status, 0) == other);
	CHECK(after.st_size <= before.st_size + 16 * 4096);
	free(path);
	state_untemp(dir);
}

int
main(void)
{
	test_kill();
	test_two_writers();
	test_dead_readers();
	return unit_end("state_crash");
}
