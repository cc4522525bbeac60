/* localstatus: the rows of OfflineIMAP's SQLite LocalStatus as its old plain text. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sqlite3.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"
#include "state/localstatus.h"

static int
failed(const char *path, sqlite3 *db, int rc, struct err *e)
{
	if (rc == SQLITE_BUSY || rc == SQLITE_LOCKED)
		return err_again(e, "%s: another program is at work on it", path);
	return err_fail(e, "%s: %s", path, db != NULL ? sqlite3_errmsg(db) : sqlite3_errstr(rc));
}

/* The version of the tables must be one that is known: 1, or 2 with two columns more. */
static int
check_version(const char *path, sqlite3 *db, struct err *e)
{
	const char *text;
	sqlite3_stmt *q = NULL;
	int rc, r = -1;

	rc = sqlite3_prepare_v2(db, "SELECT value FROM metadata WHERE key = 'db_version'", -1, &q, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(q);
	if (rc == SQLITE_ROW) {
		text = (const char *)sqlite3_column_text(q, 0);
		r = text != NULL && (strcmp(text, "1") == 0 || strcmp(text, "2") == 0) ? 0 :
		    err_fail(e, "%s: its format is %.20s, known are 1 and 2", path,
		    text != NULL ? text : "not said");
	} else if (rc == SQLITE_DONE)
		err_fail(e, "%s: no db_version in it", path);
	else
		failed(path, db, rc, e);
	sqlite3_finalize(q);
	return r;
}

/* Prints one row; -1 if it is none that OfflineIMAP can have written. */
static int
print(sqlite3_stmt *q)
{
	char line[LOCALSTATUS_LINE];
	const char *flags = "";
	int n = 0;

	if (sqlite3_column_type(q, 1) != SQLITE_NULL) {
		flags = (const char *)sqlite3_column_text(q, 1);
		n = sqlite3_column_bytes(q, 1);
	}
	if (flags == NULL || localstatus_line(line, sqlite3_column_int64(q, 0), flags, (size_t)n) == -1)
		return -1;
	fputs(line, stdout);
	return 0;
}

static int
print_all(const char *path, sqlite3 *db, struct err *e)
{
	sqlite3_stmt *q = NULL;
	int rc, r = 0;

	rc = sqlite3_prepare_v2(db, "SELECT id, flags FROM status ORDER BY id", -1, &q, NULL);
	if (rc != SQLITE_OK)
		return failed(path, db, rc, e);
	puts(LOCALSTATUS_MAGIC "2");
	while (r == 0 && (rc = sqlite3_step(q)) == SQLITE_ROW)
		if ((r = print(q)) == -1)
			err_fail(e, "%s: a row that OfflineIMAP did not write: id %lld", path,
			    (long long)sqlite3_column_int64(q, 0));
	if (r == 0 && rc != SQLITE_DONE)
		r = failed(path, db, rc, e);
	sqlite3_finalize(q);
	if (r == 0 && (fflush(stdout) == EOF || ferror(stdout)))
		r = err_fail(e, "standard output: %s", strerror(errno));
	return r;
}

static int
run(const char *path, struct err *e)
{
	sqlite3 *db = NULL;
	int rc, r;

	if (access(path, R_OK) == -1)
		return err_fail(e, "%s: %s", path, strerror(errno));
	/* an OfflineIMAP that was killed leaves a journal: rolling it back takes writing */
	rc = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL);
	if (rc != SQLITE_OK)
		r = failed(path, db, rc, e);
	else if ((r = check_version(path, db, e)) == 0)
		r = print_all(path, db, e);
	sqlite3_close(db);
	return r;
}

int
main(int argc, char *argv[])
{
	struct err e;

	io_std();
	if (argc != 2 || argv[1][0] == '-') {
		fputs("usage: localstatus FILE\n", stderr);
		return EXIT_CONF;
	}
	return run(argv[1], &e) == -1 ? err_print("localstatus", &e) : EXIT_DONE;
}
