/*
 * The state as records: every number of rows around the size of a piece, a
 * commit in the middle, a reader of the pipe that stalls.  With arguments it makes states
 * for t/state.bats:
 *	state_stream fill DIR ACCOUNT ROWS	a folder "big" of so many rows
 *	state_stream sample DIR ACCOUNT		a few folders with all that there is
 *	state_stream heads DIR ACCOUNT		some with the disk's heads 1:2:3:4 and 1:5:6:7
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "base/rec.h"
#include "state/stream.h"
#include "unit.h"
#include "state.h"

/* Rows 1 to n of a folder, with names of about so many bytes; commits now and then. */
static void
fill(struct state *st, const char *folder, uint32_t n, int width)
{
	struct state_folder f = { .validity = 1700000000 };
	struct state_msg m = { .flags = FLAG_SEEN, .has_dig = 1, .date = 1700000000 };
	char *name;

	MUST(state_begin(st, 1, &unit_err));
	MUST(state_folder_make(st, folder, folder, &f.id, &unit_err));
	MUST(state_folder_put(st, &f, &unit_err));
	for (m.uid = 1; m.uid <= n; m.uid++) {
		name = mem_printf("1700000000_%0*u.host,U=%u", width, m.uid, m.uid);
		m.name = name;
		m.size = 1000 + m.uid;
		memcpy(m.dig, &m.uid, sizeof(m.uid));
		MUST(state_msg_put(st, f.id, &m, &unit_err));
		free(name);
		if (m.uid % 5000 == 0) {
			MUST(state_commit(st, &unit_err));
			MUST(state_begin(st, 1, &unit_err));
		}
	}
	MUST(state_commit(st, &unit_err));
}

static void
sample(struct state *st)
{
	struct state_folder f = { .validity = 42, .rhead = { 1, 8, 3, 99 },
	    .cur = { 1, 2, 3, 4, 5 }, .new = { 1, 2, 6, 7, 8 }, .rules = (char *)(uintptr_t)"" };
	struct state_msg a = { .uid = 2, .flags = FLAG_SEEN | FLAG_FLAGGED, .size = 10,
	    .date = 1700000000, .has_dig = 1, .name = "100_0.1.h,U=2" };
	struct state_msg b = { .uid = 7, .kept = KEPT_EXPUNGE, .size = 0, .date = -3 };
	struct state_intent it = { .name = "new one", .gen = 1, .validity = 42, .next = 8,
	    .size = 55, .date = 1700000001, .has_dig = 1 };

	MUST(state_begin(st, 1, &unit_err));
	MUST(state_folder_make(st, "INBOX", "", &f.id, &unit_err));
	MUST(state_folder_put(st, &f, &unit_err));
	MUST(state_msg_put(st, f.id, &a, &unit_err));
	MUST(state_msg_put(st, f.id, &b, &unit_err));
	MUST(state_intent_put(st, f.id, &it, &unit_err));
	it.name = "a no";
	it.kept = KEPT_REFUSED;
	it.has_dig = 0;
	MUST(state_intent_put(st, f.id, &it, &unit_err));
	MUST(state_folder_make(st, "A b/\303\244", "A b.\303\244", &f.id, &unit_err));
	f.rhead.modseq = 0;
	f.cur.valid = 0;
	f.rules = (char *)(uintptr_t)"lreadonly,rnodelete";
	MUST(state_folder_put(st, &f, &unit_err));
	MUST(state_folder_make(st, "bare", "bare", &f.id, &unit_err));
	MUST(state_commit(st, &unit_err));
}

/*
 * Folders with heads: "plain", "odd" (every second uid), "kept" (a row without a file is kept apart),
 * "named" (one with a file is), "open" (with an upload), "empty".
 */
static void
heads(struct state *st)
{
	static const char *const names[] = { "plain", "odd", "kept", "named", "open", "empty" };
	struct state_folder f = { .validity = 42, .rhead = { 1, 9000, 5, 99 },
	    .cur = { 1, 1, 2, 3, 4 }, .new = { 1, 1, 5, 6, 7 }, .rules = (char *)(uintptr_t)"noexpunge" };
	struct state_intent it = { .name = "new one", .gen = 1, .validity = 42, .next = 8 };
	struct state_msg m;
	char name[32];
	uint32_t i, n;
	size_t k;

	MUST(state_begin(st, 1, &unit_err));
	for (k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
		MUST(state_folder_make(st, names[k], names[k], &f.id, &unit_err));
		MUST(state_folder_put(st, &f, &unit_err));
		n = k == 5 ? 0 : k == 1 ? 2500 : 5;
		for (i = 1; i <= n; i++) {
			memset(&m, 0, sizeof(m));
			snprintf(name, sizeof(name), "n%u", i);
			m.uid = k == 1 ? 2 * i - 1 : i;
			m.flags = i & FLAG_ALL;
			m.name = name;
			if (i == 3 && (k == 2 || k == 3)) {
				m.kept = KEPT_EXPUNGE;
				m.name = k == 2 ? NULL : name;
			}
			MUST(state_msg_put(st, f.id, &m, &unit_err));
		}
		if (k == 4)
			MUST(state_intent_put(st, f.id, &it, &unit_err));
	}
	MUST(state_commit(st, &unit_err));
}

/* In a child: lists the folder to the descriptor; exits with the status. */
static void
lister(const char *dir, const char *folder, int fd)
{
	struct state_source src = { NULL, "A", dir, "R" };
	struct recout out;
	struct recin in;
	struct err e = { 0, "" };
	char *text = mem_printf("listing\t1\taccount=A\npair\t%s\t%s\nend\t-\t-\t2\n", folder, folder);
	int p[2], r;

	MUST(state_open(&src.st, dir, "A", STATE_READ, &unit_err));
	if (pipe(p) == -1 || io_write(p[1], text, strlen(text)) == -1)
		_exit(99);
	close(p[1]);
	free(text);
	recin_open(&in, p[0], "in");
	recout_open(&out, fd);
	r = state_write_rows(&src, &in, &out, &e);
	recout_close(&out);
	recin_close(&in);
	state_close(src.st);
	_exit(r == -1 ? e.status : 0);
}

static pid_t
start(const char *dir, const char *folder, int *fd)
{
	int p[2];
	pid_t pid;

	fflush(stdout);
	if (pipe(p) == -1 || (pid = fork()) == -1) {
		perror("fork");
		exit(1);
	}
	if (pid == 0) {
		close(p[0]);
		lister(dir, folder, p[1]);
	}
	close(p[1]);
	*fd = p[0];
	return pid;
}

/* Reads a listing to its end: rows in order, ends that count them.  The number of rows. */
static uint64_t
check_listing(int fd, int *complete)
{
	struct recin in;
	struct rec rec;
	struct err e;
	uint64_t rows = 0, n;
	uint32_t validity, uid;
	int got;

	*complete = 0;
	recin_open(&in, fd, "out");
	while ((got = rec_read(&in, &rec, &e)) == 1) {
		if (rec_is(&rec, "m")) {
			CHECK(rec_id(rec.pos[1], &validity, &uid, 0) == 0 && uid == ++rows &&
			    validity == 1700000000);
			CHECK(rec_getu(&rec, "size", &n) == 0 && n == 1000 + uid);
			CHECK(strstr(rec_get(&rec, "name"), ",U=") != NULL &&
			    strtoul(strstr(rec_get(&rec, "name"), ",U=") + 3, NULL, 10) == uid);
		} else if (rec_is(&rec, "end") && rec.pos[0] != NULL) {
			CHECK(rec_number(rec.pos[2], &n) == 0 && n == rows);
		} else if (rec_is(&rec, "end")) {
			CHECK(rec_number(rec.pos[2], &n) == 0 && n == in.lineno - 1);
			*complete = 1;
		}
	}
	CHECK(got == 0);
	recin_close(&in);
	return rows;
}

static void
test_sizes(void)
{
	static const struct {
		uint32_t rows;
		int width;
	} sizes[] = {
		{ 0, 1 }, { 1, 1 }, { 999, 5 }, { 1000, 5 }, { 1001, 5 }, { 2000, 5 }, { 3456, 50 },
		{ 2500, 2000 }, { 20, 60000 },
	};
	char *dir = state_temp(), *name;
	struct state *st = state_must_open(dir, STATE_WRITE | STATE_NOSYNC);
	size_t i;
	pid_t pid;
	int fd, status, complete;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		name = mem_printf("f%zu", i);
		fill(st, name, sizes[i].rows, sizes[i].width);
		free(name);
	}
	state_close(st);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		unit_row("%u rows, names of %d", sizes[i].rows, sizes[i].width);
		name = mem_printf("f%zu", i);
		pid = start(dir, name, &fd);
		CHECK_NUM(check_listing(fd, &complete), sizes[i].rows);
		CHECK(complete);
		close(fd);
		CHECK(waitpid(pid, &status, 0) == pid && status == 0);
		free(name);
	}
	state_untemp(dir);
}

/* Lets a lister run until it has filled the pipe and waits. */
static void
until_stalled(pid_t pid)
{
	char *path = mem_printf("/proc/%d/wchan", (int)pid), text[64];
	FILE *fp;
	int i;

	for (i = 0; i < 500; i++) {
		usleep(10000);
		if ((fp = fopen(path, "r")) == NULL)
			break;
		if (fgets(text, sizeof(text), fp) == NULL)
			text[0] = '\0';
		fclose(fp);
		if (strstr(text, "pipe") != NULL)
			break;
		if (i >= 50 && strcmp(text, "0") == 0)
			break;		/* a kernel that does not tell: it had half a second */
	}
	free(path);
}

/*
 * While a reader of the pipe stalls, another folder is committed to many times: the
 * listing is whole, and it pinned no pages (hazard 31).  Then the folder itself is
 * committed to: the listing ends in an error and without its end (hazard 3).
 */
static void
test_stalled(void)
{
	char *dir = state_temp(), *path = mem_printf("%s/data.mdb", dir);
	struct state *st = state_must_open(dir, STATE_WRITE | STATE_NOSYNC);
	struct stat before, after;
	struct state_msg m = { .uid = 1, .name = "n" };
	int fd, status, complete, i;
	pid_t pid;

	unit_row("stalled");
	fill(st, "a", 20000, 50);
	fill(st, "b", 200, 5);
	for (i = 0; i < 20; i++)
		fill(st, "b", 200, 5);
	CHECK(stat(path, &before) == 0);
	pid = start(dir, "a", &fd);
	until_stalled(pid);
	for (i = 0; i < 300; i++)
		fill(st, "b", 200, 5);
	CHECK(stat(path, &after) == 0);
	CHECK(after.st_size <= before.st_size + 32 * 4096);
	CHECK_NUM(check_listing(fd, &complete), 20000);
	CHECK(complete);
	close(fd);
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);

	unit_row("changed meanwhile");
	pid = start(dir, "a", &fd);
	until_stalled(pid);
	MUST(state_begin(st, 1, &unit_err));
	MUST(state_msg_put(st, 1, &m, &unit_err));
	MUST(state_commit(st, &unit_err));
	CHECK(check_listing(fd, &complete) < 20000);
	CHECK(!complete);
	close(fd);
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	CHECK_NUM(WEXITSTATUS(status), EXIT_AGAIN);
	state_close(st);
	free(path);
	state_untemp(dir);
}

int
main(int argc, char *argv[])
{
	struct state *st;

	if (argc >= 4) {
		MUST(state_open(&st, argv[2], argv[3], STATE_WRITE | STATE_NOSYNC, &unit_err));
		if (strcmp(argv[1], "sample") == 0)
			sample(st);
		else if (strcmp(argv[1], "heads") == 0)
			heads(st);
		else if (argc == 5)
			fill(st, "big", (uint32_t)strtoul(argv[4], NULL, 10), 5);
		state_close(st);
		return 0;
	}
	test_sizes();
	test_stalled();
	return unit_end("state_stream");
}
