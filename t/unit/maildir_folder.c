/* Folders, trees, heads, locating and renaming in a directory of our own. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/flags.h"
#include "maildir/file.h"
#include "maildir/folder.h"
#include "maildir/keyset.h"
#include "maildir/locate.h"
#include "maildir/scan.h"
#include "maildir/tree.h"
#include "unit.h"

static char top[] = "/tmp/maildir_folder.XXXXXX";

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

static void
dir(const char *path)
{
	if (mkdir(path, 0700) == -1)
		die(path);
}

static void
touch(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);

	if (fd == -1 || close(fd) == -1)
		die(path);
}

static void
link_to(const char *path, const char *to)
{
	if (symlink(to, path) == -1)
		die(path);
}

/* A Maildir with the sub-directories named by the letters of "what". */
static void
maildir(const char *path, const char *what)
{
	char sub[200];
	static const char *const names[] = { "cur", "new", "tmp" };
	int i;

	if (strcmp(path, ".") != 0)
		dir(path);
	for (i = 0; i < 3; i++)
		if (strchr(what, names[i][0]) != NULL) {
			snprintf(sub, sizeof(sub), "%s/%s", path, names[i]);
			dir(sub);
		}
}

/* A new empty directory, entered; a descriptor on it. */
static int
fresh(const char *name)
{
	int fd;

	if (chdir(top) == -1)
		die(top);
	dir(name);
	if (chdir(name) == -1 || (fd = open(".", O_RDONLY | O_DIRECTORY)) == -1)
		die(name);
	return fd;
}

static const struct {
	const char *name;
	int dot, slash;		/* with that separator it is a name */
} name_rows[] = {
	{ "", 1, 1 }, { "INBOX", 1, 1 }, { ".Sent", 1, 1 }, { "a.b", 1, 1 }, { "a/b", 0, 1 },
	{ "a/b/c", 0, 1 }, { "...", 1, 1 }, { "a..b", 1, 1 }, { "\x9b\n", 1, 1 }, { " ", 1, 1 },
	{ ".", 0, 0 }, { "..", 0, 0 }, { "/", 0, 0 }, { "/a", 0, 0 }, { "a/", 0, 0 },
	{ "a//b", 0, 0 }, { "a/../b", 0, 0 }, { "a/.", 0, 0 }, { "../a", 0, 0 },
	{ "cur", 0, 0 }, { "new", 0, 0 }, { "tmp", 0, 0 }, { "a/tmp", 0, 0 }, { "cur/a", 0, 0 },
	{ "curx", 1, 1 }, { "Cur", 1, 1 },
};

static void
names(void)
{
	char name[300];
	size_t i;

	for (i = 0; i < sizeof(name_rows) / sizeof(name_rows[0]); i++) {
		unit_row("name \"%s\"", name_rows[i].name);
		CHECK_NUM(md_name_ok(name_rows[i].name, '.'), name_rows[i].dot);
		CHECK_NUM(md_name_ok(name_rows[i].name, '/'), name_rows[i].slash);
	}
	unit_row("long names");
	memset(name, 'x', sizeof(name));
	name[255] = '\0';
	CHECK(md_name_ok(name, '.') && md_name_ok(name, '/'));
	name[255] = 'x';
	name[256] = '\0';
	CHECK(!md_name_ok(name, '.') && !md_name_ok(name, '/'));
	name[100] = '/';
	CHECK(!md_name_ok(name, '.') && md_name_ok(name, '/'));
}

static const struct {
	const char *name, *what;	/* what: sub-directories made; NULL: nothing; "f": a file */
	int want;
} open_rows[] = {
	{ "all", "cnt", MD_OPEN }, { "c", "c", MD_HALF }, { "n", "n", MD_HALF },
	{ "t", "t", MD_HALF }, { "cn", "cn", MD_HALF }, { "nt", "nt", MD_HALF },
	{ "empty", "", MD_NONE }, { "missing", NULL, MD_NONE }, { "file", "f", MD_NONE },
	{ "deep/er", NULL, MD_NONE },
};

static void
opening(void)
{
	int root = fresh("open"), made;
	struct mdfolder f;
	struct err e;
	size_t i;

	for (i = 0; i < sizeof(open_rows) / sizeof(open_rows[0]); i++) {
		unit_row("open %s", open_rows[i].name);
		made = open_rows[i].what != NULL && strcmp(open_rows[i].what, "f") != 0;
		if (made)
			maildir(open_rows[i].name, open_rows[i].what);
		else if (open_rows[i].what != NULL)
			touch(open_rows[i].name);
		CHECK_NUM(md_open(root, open_rows[i].name, '/', &f, &e), open_rows[i].want);
		CHECK((f.dir != -1) == (open_rows[i].want == MD_OPEN));
		CHECK((f.tmp != -1) == (open_rows[i].want == MD_OPEN));
		md_close(&f);
		CHECK(f.dir == -1 && f.cur == -1 && f.new == -1 && f.tmp == -1);
		/* whatever stood there, made it is whole; but for a file */
		CHECK_NUM(md_create(root, open_rows[i].name, '/', &f, &e),
		    open_rows[i].want == MD_NONE && !made && open_rows[i].what != NULL ? -1 : 0);
		md_close(&f);
	}
	unit_row("bad names");
	CHECK(md_open(root, "../open/all", '/', &f, &e) == -1 && f.dir == -1);
	CHECK(md_create(root, "../evil", '/', &f, &e) == -1);
	CHECK(md_create(root, "tmp", '.', &f, &e) == -1 && access("tmp", F_OK) == -1);
	CHECK(md_create(root, "a/b", '.', &f, &e) == -1 && access("a", F_OK) == -1);
	unit_row("a link to a folder, a link to nothing");
	link_to("link", "all");
	link_to("dangling", "nowhere");
	CHECK(md_open(root, "link", '.', &f, &e) == MD_OPEN);
	md_close(&f);
	CHECK(md_open(root, "dangling", '.', &f, &e) == MD_NONE);
	unit_row("the root itself");
	CHECK(md_open(root, "", '.', &f, &e) == MD_NONE);
	CHECK(md_create(root, "", '.', &f, &e) == 0 && access("cur", F_OK) == 0);
	md_close(&f);
	CHECK(md_open(root, "", '/', &f, &e) == MD_OPEN);
	CHECK(md_where(&f, 'c') == f.cur && md_where(&f, 'n') == f.new);
	md_close(&f);
	close(root);
}

static void
roots(void)
{
	int root = fresh("roots"), fd;
	struct stat st;
	struct err e;

	unit_row("roots");
	CHECK(md_root("Mail", 0, &e) == -1 && errno == ENOENT && e.status == EXIT_AGAIN);
	fd = md_root("deep/Mail", 1, &e);
	CHECK(fd != -1 && stat("deep/Mail", &st) == 0 && (st.st_mode & 0777) == 0700);
	close(fd);
	CHECK((fd = md_root("deep/Mail", 0, &e)) != -1);
	close(fd);
	touch("file");
	CHECK(md_root("file", 1, &e) == -1 && errno == ENOTDIR);
	close(root);
}

static void
heads(void)
{
	const struct timespec old[2] = { { 1000, 0 }, { 1000, 5 } };
	struct timespec restored[2], wait = { 2, 100000000 };
	struct dirhead a, b;
	struct stat st;
	int fd = fresh("heads");

	unit_row("heads");
	CHECK(md_head_get(fd, &a) == 0 && !md_head_old(&a) && !md_head_sure(&a, fd));
	/* an mtime that was set back does not make it old: the ctime is young */
	CHECK(futimens(fd, old) == 0 && md_head_get(fd, &a) == 0);
	CHECK(a.mtime == 1000000000005 && !md_head_old(&a));
	nanosleep(&wait, NULL);
	CHECK(md_head_get(fd, &b) == 0 && dirhead_equal(&a, &b) && md_head_old(&b) &&
	    md_head_sure(&b, fd));
	/* a change whose mtime is then restored (tar, rsync) still shows */
	CHECK(fstat(fd, &st) == 0);
	restored[0] = st.st_atim;
	restored[1] = st.st_mtim;
	touch("x");
	CHECK(futimens(fd, restored) == 0 && md_head_get(fd, &a) == 0);
	CHECK(a.mtime == b.mtime && !dirhead_equal(&a, &b));
	CHECK(md_head_get(-1, &a) == -1 && !a.valid && !md_head_sure(&a, fd));
	close(fd);
}

/* The tree as text: names with "?" behind half-made and "!" behind closed ones. */
static const char *
tree_text(int root, int sep)
{
	static struct buf b;
	struct tree t;
	struct err e = { 0 };
	size_t i;

	buf_free(&b);
	buf_init(&b, 4096);
	if (tree_read(root, sep, &t, &e) == -1)
		buf_str(&b, e.text);
	else
		for (i = 0; i < t.n; i++)
			buf_printf(&b, "[%s%s]", t.entry[i].name, t.entry[i].kind == TREE_HALF ? "?" :
			    t.entry[i].kind == TREE_CLOSED ? "!" : "");
	tree_free(&t);
	return buf_cstr(&b);
}

static void
trees(void)
{
	int root = fresh("trees");
	struct tree t;
	struct err e;

	unit_row("an empty root");
	CHECK_STR(tree_text(root, '.'), "");
	CHECK_STR(tree_text(root, '/'), "");
	unit_row("trees");
	maildir("INBOX", "cnt");
	maildir(".Sent", "cnt");
	maildir("a.b", "cnt");
	maildir("plain", "");
	maildir("plain/deep", "cnt");
	maildir("half", "nt");
	maildir("started", "t");
	maildir("INBOX/below", "cnt");
	maildir("INBOX/cur/no", "cnt");
	touch("file");
	link_to("alias", "INBOX");
	link_to("nowhere", "missing");
	link_to("loop", ".");
	link_to("plain/up", "..");
	link_to("plain/self", "self");
	CHECK_STR(tree_text(root, '.'), "[.Sent][INBOX][a.b][alias][half?]");
	CHECK_STR(tree_text(root, '/'),
	    "[.Sent][INBOX][INBOX/below][a.b][alias][alias/below][half?][plain/deep]");
	unit_row("the root as a folder, and a link to it");
	maildir(".", "cnt");
	CHECK_STR(tree_text(root, '.'), "[][.Sent][INBOX][a.b][alias][half?]");
	unit_row("young heads are not told");
	CHECK(tree_read(root, '.', &t, &e) == 0 && t.n == 6 && !t.entry[0].cur.valid);
	CHECK(t.seen > 10);
	tree_free(&t);
	unit_row("no directory");
	CHECK(tree_read(-1, '.', &t, &e) == -1);
	tree_free(&t);
	close(root);
}

static void
depths(void)
{
	int root = fresh("depths"), i;

	unit_row("too deep");
	for (i = 0; i < TREE_DEPTH; i++) {
		dir("d");
		if (chdir("d") == -1)
			die("d");
	}
	CHECK(strstr(tree_text(root, '/'), "below each other") != NULL);
	CHECK_STR(tree_text(root, '.'), "");
	close(root);
}

static void
renames(void)
{
	int fd = fresh("renames");

	unit_row("rename");
	touch("a");
	touch("b");
	CHECK(md_rename(fd, "a", fd, "b") == -1 && errno == EEXIST);
	CHECK(access("a", F_OK) == 0 && access("b", F_OK) == 0);
	CHECK(md_rename(fd, "a", fd, "c") == 0 && access("a", F_OK) == -1 && access("c", F_OK) == 0);
	CHECK(md_rename(fd, "a", fd, "d") == -1 && errno == ENOENT && access("d", F_OK) == -1);
	CHECK(md_rename(fd, "c", fd, "c") == 0 && access("c", F_OK) == 0);
	close(fd);
}

static void
opened_files(void)
{
	struct md_measured m;
	int fd = fresh("files"), file;

	unit_row("files");
	if (mkfifo("fifo", 0600) == -1)
		die("fifo");
	touch("empty");
	dir("dir");
	link_to("link", "empty");
	CHECK((file = md_file_open(fd, "empty", NULL)) != -1);
	close(file);
	CHECK(md_file_open(fd, "fifo", NULL) == -1 && errno == EINVAL);
	CHECK(md_file_open(fd, "dir", NULL) == -1 && errno == EINVAL);
	CHECK(md_file_open(fd, "link", NULL) == -1 && errno == ELOOP);
	CHECK(md_measure(fd, "missing", &m) == -1);
	CHECK(md_measure(fd, "fifo", &m) == 0);
	CHECK_STR(m.bad, "unreadable");
	CHECK(md_measure(fd, "link", &m) == 0);
	CHECK_STR(m.bad, "unreadable");
	CHECK(md_measure(fd, "empty", &m) == 0);
	CHECK_STR(m.bad, "empty");
	close(fd);
}

static void
locating(void)
{
	struct md_found w[] = {
		{ .base = "one" }, { .base = "two" }, { .base = "three" }, { .base = "twin" },
		{ .base = "one" }, { .base = "on" }, { .base = "" }, { .base = ".hidden" },
		{ .base = "twin3" }, { .base = ",U=7" }, { .base = ",U=7,FMD5=x" },
		{ .base = ",U=9" }, { .base = ",U=8" }
	};
	struct md_found strange[] = {
		{ .base = "three" }, { .base = ".hidden" }, { .base = "on:2," }, { .base = "../cur/one" }
	};
	const size_t n = sizeof(w) / sizeof(w[0]);
	struct mdfolder f;
	struct err e;
	int root = fresh("locate"), proven = 0;
	size_t i;

	unit_row("locate");
	maildir("F", "cnt");
	touch("F/cur/one:2,S");
	touch("F/new/two");
	touch("F/cur/twin:2,");
	touch("F/cur/twin:2,FS");
	touch("F/new/twin3:2,FRS");
	touch("F/cur/twin3:2,");
	touch("F/new/twin3");
	touch("F/cur/.hidden");
	touch("F/cur/one2:2,S");
	dir("F/cur/three");
	/* stand-ins: what a name ends in */
	touch("F/cur/n,U=7:2,S");
	touch("F/cur/m,U=7,FMD5=x:2,F");
	touch("F/new/,U=9");
	touch("F/cur/n,U=88:2,");
	touch("F/cur/n,U=8,W=1:2,");
	CHECK(md_open(root, "F", '.', &f, &e) == MD_OPEN);
	CHECK(locate_files(&f, ':', w, n, &proven, &e) == 0 && proven);
	CHECK(w[0].where == 'c' && w[0].copies == 1);
	CHECK_STR(w[0].file, "one:2,S");
	CHECK(w[1].where == 'n' && w[1].copies == 1);
	CHECK_STR(w[1].file, "two");
	CHECK(w[2].where == 0 && w[2].file == NULL && w[2].copies == 0);
	CHECK(w[3].where == 'c' && w[3].copies == 2);
	CHECK_STR(w[3].file, "twin:2,FS");
	CHECK_STR(w[4].file, "one:2,S");
	CHECK(w[5].file == NULL && w[6].file == NULL && w[7].file == NULL);
	CHECK(w[8].where == 'c' && w[8].copies == 3);
	CHECK_STR(w[8].file, "twin3:2,");
	CHECK_STR(w[9].file, "n,U=7:2,S");
	CHECK_STR(w[10].file, "m,U=7,FMD5=x:2,F");
	CHECK(w[9].copies == 1 && w[10].copies == 1 && w[11].copies == 1);
	CHECK_STR(w[11].file, ",U=9");
	CHECK(w[12].where == 0 && w[12].copies == 0);
	locate_free(w, n);
	unit_row("locate by a guess");
	CHECK(locate_guess(&f, ':', FLAG_SEEN, &w[0]) == 1 && w[0].where == 'c' && w[0].copies == 1);
	CHECK_STR(w[0].file, "one:2,S");
	CHECK(locate_guess(&f, ':', 0, &w[1]) == 1 && w[1].where == 'n');
	CHECK_STR(w[1].file, "two");
	CHECK(locate_guess(&f, ':', FLAG_SEEN | FLAG_FLAGGED, &w[3]) == 1);
	CHECK_STR(w[3].file, "twin:2,FS");
	CHECK(locate_guess(&f, ':', FLAG_ANSWERED | FLAG_FLAGGED | FLAG_SEEN, &w[8]) == 1 && w[8].where == 'n');
	CHECK_STR(w[8].file, "twin3:2,FRS");
	locate_free(w, n);
	unit_row("locate by a guess: other letters");
	CHECK(locate_guess(&f, ':', 0, &w[0]) == 0 && w[0].file == NULL && w[0].where == 0);
	unit_row("locate by a guess: what is no message");
	touch("F/cur/.hidden:2,S");
	touch("F/cur/on:2,:2,S");
	dir("F/cur/three:2,S");
	for (i = 0; i < sizeof(strange) / sizeof(strange[0]); i++)
		CHECK(locate_guess(&f, ':', FLAG_SEEN, &strange[i]) == 0 && strange[i].file == NULL);
	unit_row("locate nothing");
	CHECK(locate_files(&f, ':', NULL, 0, &proven, &e) == 0);
	unit_row("locate where nothing can be read");
	close(f.cur);
	f.cur = open("F/new/two", O_RDONLY);
	CHECK(locate_files(&f, ':', w, n, &proven, &e) == -1 && !proven);
	locate_free(w, n);
	md_close(&f);
	close(root);
}

/* A directory that is never at rest while it is read: each file makes another move. */
static int
stir(void *arg, const char *file, int where)
{
	char from[20], to[20];
	int *n = arg;

	(void)file;
	(void)where;
	snprintf(from, sizeof(from), "F/tmp/%d", *n);
	snprintf(to, sizeof(to), "F/cur/.%d", *n);
	++*n;
	touch(from);
	if (rename(from, to) == -1)
		die(to);
	return 0;
}

static int
count(void *arg, const char *file, int where)
{
	(void)file;
	(void)where;
	++*(int *)arg;
	return 0;
}

static int
stop(void *arg, const char *file, int where)
{
	(void)file;
	(void)where;
	return err_fail(arg, "enough");
}

static void
proofs(void)
{
	struct mdfolder f;
	struct scan s;
	struct err e;
	int root = fresh("proofs"), n = 0, seen = 0;

	unit_row("proofs");
	maildir("F", "cnt");
	touch("F/cur/a");
	touch("F/new/b");
	CHECK(md_open(root, "F", '.', &f, &e) == MD_OPEN);
	scan_init(&s, &f);
	CHECK(scan_pass(&s, count, &seen, &e) == 0 && s.proven && seen == 2 && !scan_again(&s));
	CHECK(!s.cur.valid && !s.new.valid);	/* true now, but too young to be kept */
	scan_init(&s, &f);
	while (s.passes == 0 || scan_again(&s))
		if (!CHECK(scan_pass(&s, stir, &n, &e) == 0))
			break;
	CHECK(!s.proven && s.passes == SCAN_PASSES);
	scan_init(&s, &f);
	CHECK(scan_pass(&s, stop, &e, &e) == -1 && !s.proven);
	CHECK_STR(e.text, "enough");
	md_close(&f);
	close(root);
}

static void
keys(void)
{
	static const uint64_t seed[2] = { 0x0706050403020100, 0x0f0e0d0c0b0a0908 };
	struct keyset s;
	char name[20];
	uint64_t *slot;
	int i, n;

	unit_row("keys");
	CHECK(keyset_hash(seed, "", 0) == 0xabac0158050fc4dc);	/* the reference's first vector */
	keyset_init(&s);
	for (i = 0; i < 5000; i++) {
		n = snprintf(name, sizeof(name), "name%d", i);
		slot = keyset_add(&s, name, (size_t)n);
		if (!CHECK((*slot & KEYSET_MARKS) == 0))
			break;
		*slot |= (uint64_t)i & KEYSET_MARKS;
	}
	CHECK(s.n == 5000);
	for (i = 0; i < 5000; i++) {
		n = snprintf(name, sizeof(name), "name%d", i);
		CHECK_NUM(*keyset_add(&s, name, (size_t)n) & KEYSET_MARKS, i & KEYSET_MARKS);
	}
	CHECK(s.n == 5000);
	keyset_unmark(&s, 3);
	CHECK_NUM(*keyset_add(&s, "name7", 5) & KEYSET_MARKS, 4);
	keyset_clear(&s);
	CHECK(s.n == 0 && (*keyset_add(&s, "name7", 5) & KEYSET_MARKS) == 0);
	keyset_free(&s);
}

int
main(void)
{
	char cmd[100];

	if (mkdtemp(top) == NULL)
		die(top);
	names();
	opening();
	roots();
	heads();
	trees();
	depths();
	renames();
	opened_files();
	locating();
	proofs();
	keys();
	snprintf(cmd, sizeof(cmd), "rm -rf %s", top);
	if (chdir("/") == -1 || system(cmd) != 0)
		die(cmd);
	return unit_end("maildir_folder");
}
