/*
 * Folder names from side to side, the heads stream, and properties of pairing:
 * no two pairs share a side, and what was paired stays paired.
 */
#include "plan/names_pair.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/pct.h"
#include "conf/account.h"
#include "unit.h"

static char none[] = "";

/* Rules of an account with nothing but what is given. */
static void
rules_of(struct name_rules *n, const char *rsep, const char *lsep, const char *rrename,
    const char *lrename)
{
	static char sep[2];
	struct account a = { .name = none, .maxdelete_on = 0 };
	struct err e;

	sep[0] = lsep[0];
	a.local.sep = sep;
	a.local.sync_deletes = a.local.createfolders = 1;
	a.remote.sync_deletes = a.remote.createfolders = a.remote.expunge = 1;
	a.remote.reference = none;
	a.remote.rename = (char *)(uintptr_t)rrename;
	a.local.rename = (char *)(uintptr_t)lrename;
	ENSURE(name_rules_open(n, &a, &e) == 0);
	n->remote.sep = rsep;
}

static const struct {
	const char *rsep, *lsep, *rrename, *lrename;
	const char *remote, *local;
	const char *back;		/* the remote name of "local" */
} maps[] = {
	{ "/", ".", NULL, NULL, "a/b", "a.b", "a/b" },
	{ "/", "/", NULL, NULL, "a/b", "a/b", "a/b" },
	{ ".", "/", NULL, NULL, "a.b", "a/b", "a.b" },
	{ "", ".", NULL, NULL, "a.b/c", "a.b/c", "a.b/c" },
	{ "", "/", NULL, NULL, "a.b/c", "a.b/c", "a.b/c" },
	{ "/", ".", NULL, NULL, "INBOX", "INBOX", "INBOX" },
	{ "/", ".", NULL, NULL, "inbox", "INBOX", "INBOX" },
	{ "/", ".", NULL, NULL, "Inbox/a", "Inbox.a", "Inbox/a" },
	{ "/", ".", "s/^/Work./", "s/^Work\\.//", "a/b", "Work.a.b", "a/b" },
	{ "/", ".", "s,^INBOX$,,", "s,^$,INBOX,", "inbox", "", "INBOX" },
	{ "/", ".", "s,^INBOX$,.,", NULL, "INBOX", "", "" },
	{ "/", "/", "s,^INBOX$,/,", "s,^$,INBOX,", "INBOX", "", "INBOX" },
	{ "/", ".", "s/a/b/", NULL, "a", "b", "b" },
	{ "/", ".", NULL, NULL, "a//b", "a..b", "a//b" },
};

static const struct {
	const char *sep, *reference, *local, *remote;
} below[] = {
	{ "/", "", "a.b", "a/b" },
	{ "/", "Mail", "a.b", "Mail/a/b" },
	{ "/", "Mail/", "a.b", "Mail/a/b" },
	{ ".", "Mail", "a.b", "Mail.a.b" },
	{ "", "Mail-", "a.b", "Mail-a.b" },
	{ "/", "Mail", "Mail.a", "Mail/a" },
	{ "/", "Mail/", "Mail.a", "Mail/a" },
	{ "/", "Mail", "Mail", "Mail/Mail" },
	{ "/", "Mail", "Mailbox", "Mail/Mailbox" },
	{ "/", "Mail", "INBOX", "INBOX" },
	{ "/", "Mail", "", "" },
};

/* What is made on the server is below the reference, once. */
static void
test_reference(void)
{
	struct name_rules n;
	struct buf b;
	size_t i;

	buf_init(&b, 2000);
	for (i = 0; i < sizeof(below) / sizeof(below[0]); i++) {
		unit_row("reference row %zu: %s", i, below[i].local);
		rules_of(&n, below[i].sep, ".", NULL, NULL);
		n.reference = below[i].reference;
		buf_clear(&b);
		name_to_remote(&n, below[i].local, &b);
		CHECK_STR(buf_cstr(&b), below[i].remote);
		name_rules_close(&n);
	}
	buf_free(&b);
}

static void
test_maps(void)
{
	struct name_rules n;
	struct buf b;
	size_t i;

	buf_init(&b, 2000);
	for (i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
		unit_row("map row %zu: %s", i, maps[i].remote);
		rules_of(&n, maps[i].rsep, maps[i].lsep, maps[i].rrename, maps[i].lrename);
		buf_clear(&b);
		name_to_local(&n, maps[i].remote, &b);
		CHECK_STR(buf_cstr(&b), maps[i].local);
		buf_clear(&b);
		name_to_remote(&n, maps[i].local, &b);
		CHECK_STR(buf_cstr(&b), maps[i].back);
		name_rules_close(&n);
	}
	buf_free(&b);
}

static const struct {
	const char *name;
	const char *remote, *new;	/* word for a remote name, and for one to be created */
	const char *utf8;		/* remote, with utf8foldernames */
	const char *dot, *slash;	/* word for a local name with sep . and / */
} checks[] = {
	{ "a", NULL, NULL, NULL, NULL, NULL },
	{ "a/b", NULL, NULL, NULL, "name-slash", NULL },
	{ "a.b", NULL, NULL, NULL, NULL, NULL },
	{ "", "name-dots", "name-dots", "name-dots", NULL, NULL },
	{ "INBOX", NULL, "name-reserved", NULL, NULL, NULL },
	{ "Inbox", NULL, "name-reserved", NULL, NULL, NULL },
	{ ".", NULL, "name-dots", NULL, "name-dots", "name-dots" },
	{ "..", NULL, "name-dots", NULL, "name-dots", "name-dots" },
	{ "...", NULL, NULL, NULL, NULL, NULL },
	{ ".Sent", NULL, NULL, NULL, NULL, NULL },
	{ "a/..", NULL, "name-dots", NULL, "name-slash", "name-dots" },
	{ "../a", NULL, "name-dots", NULL, "name-slash", "name-dots" },
	{ "a/./b", NULL, "name-dots", NULL, "name-slash", "name-dots" },
	{ "a//b", NULL, "name-dots", NULL, "name-slash", "name-dots" },
	{ "/etc", NULL, "name-dots", NULL, "name-slash", "name-dots" },
	{ "a/", NULL, "name-dots", NULL, "name-slash", "name-dots" },
	{ "cur", NULL, NULL, NULL, "name-reserved", "name-reserved" },
	{ "a/new", NULL, NULL, NULL, "name-slash", "name-reserved" },
	{ "tmp/a", NULL, NULL, NULL, "name-slash", "name-reserved" },
	{ "curx", NULL, NULL, NULL, NULL, NULL },
	{ "New", NULL, NULL, NULL, NULL, NULL },
	{ "a.cur", NULL, NULL, NULL, NULL, NULL },
	{ "a\nb", "name-control", "name-control", "name-control", "name-control", "name-control" },
	{ "a\033[2J", "name-control", "name-control", "name-control", "name-control", "name-control" },
	{ "a\177", "name-control", "name-control", "name-control", "name-control", "name-control" },
	{ "a\233m", "name-control", "name-control", "name-control", "name-control", "name-control" },
	{ "a\302\233m", "name-control", "name-control", "name-control", "name-control", "name-control" },
	{ "\303\200", "name-utf7", "name-utf7", NULL, NULL, NULL },
	{ "\342\202\254", "name-utf7", "name-utf7", NULL, NULL, NULL },
	{ "\342\200", "name-utf7", "name-utf7", "name-utf7", "name-utf7", "name-utf7" },
	{ "Sp\351cial", "name-utf7", "name-utf7", "name-utf7", "name-utf7", "name-utf7" },
	{ "Sp&AOk-", NULL, NULL, NULL, NULL, NULL },
	{ "Sp&AOk", "name-utf7", "name-utf7", NULL, NULL, NULL },
	{ "Tom & J", "name-utf7", "name-utf7", NULL, NULL, NULL },
};

static void
test_checks(void)
{
	struct name_rules n;
	char name[1100];
	size_t i;

	for (i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		unit_row("check row %zu", i);
		rules_of(&n, "/", ".", NULL, NULL);
		CHECK_STR(name_bad_remote(&n, checks[i].name, 0), checks[i].remote);
		CHECK_STR(name_bad_remote(&n, checks[i].name, 1), checks[i].new);
		CHECK_STR(name_bad_local(&n, checks[i].name), checks[i].dot);
		n.utf8 = 1;
		CHECK_STR(name_bad_remote(&n, checks[i].name, 0), checks[i].utf8);
		name_rules_close(&n);
		rules_of(&n, "/", "/", NULL, NULL);
		CHECK_STR(name_bad_local(&n, checks[i].name), checks[i].slash);
		name_rules_close(&n);
	}
	unit_row("long names");
	rules_of(&n, "/", "/", NULL, NULL);
	memset(name, 'a', sizeof(name));
	name[255] = '\0';
	CHECK_STR(name_bad_local(&n, name), NULL);
	name[255] = 'a';
	name[256] = '\0';
	CHECK_STR(name_bad_local(&n, name), "name-long");
	CHECK_STR(name_bad_remote(&n, name, 0), NULL);
	for (i = 200; i < sizeof(name); i += 200)
		name[i] = '/';
	name[256] = 'a';
	name[1000] = '\0';
	CHECK_STR(name_bad_local(&n, name), NULL);
	CHECK_STR(name_bad_remote(&n, name, 0), NULL);
	name[1000] = 'a';
	name[1001] = '\0';
	CHECK_STR(name_bad_local(&n, name), "name-long");
	CHECK_STR(name_bad_remote(&n, name, 0), "name-long");
	name_rules_close(&n);
}

/* Text in an unlinked file, to be read from its start. */
static int
file_of(const char *text)
{
	int fd = io_temp();

	ENSURE(fd != -1 && io_write(fd, text, strlen(text)) == 0 && lseek(fd, 0, SEEK_SET) == 0);
	return fd;
}

#define START	"listing\t1\taccount=A\n"
#define STATE	"end\ts\t-\t0\n"
#define REMOTE	"tree\tr\tfull\t1\tsep=/\nfolder\tr\tx\t-\tkind=head\nend\tr\t-\t1\n"
#define LOCAL	"tree\tl\tfull\t0\tsep=.\nend\tl\t-\t0\n"

static const struct {
	const char *text, *why;		/* why it is refused; NULL: it is not */
} streams[] = {
	{ START STATE REMOTE LOCAL "end\t-\t-\t7\n", NULL },
	{ START LOCAL REMOTE STATE "end\t-\t-\t7\n", NULL },
	{ START STATE REMOTE LOCAL "note\t-\ttext=x\nend\t-\t-\t8\n", NULL },
	{ "", "the listing is cut off" },
	{ START STATE REMOTE LOCAL, "the listing is cut off" },
	{ START STATE REMOTE LOCAL "end\t-\t-\t7", "stdin: the last line is cut off (no line feed)" },
	{ START STATE REMOTE LOCAL "end\t-\t-\t8\n",
	    "the listing is cut off: 7 lines before \"end\t-\t-\t8\"" },
	{ START STATE REMOTE LOCAL "end\t-\t-\t7\nend\t-\t-\t8\n",
	    "records behind the end of the listing" },
	{ START REMOTE LOCAL "end\t-\t-\t6\n", "no list of the state's folders (sync-state -H)" },
	{ START STATE LOCAL "end\t-\t-\t4\n", "no list of the remote folders (imap-list -H)" },
	{ START STATE REMOTE "end\t-\t-\t5\n", "no list of the local folders (maildir-scan -H)" },
	{ START STATE REMOTE "tree\tl\tfull\t0\tsep=.\nend\t-\t-\t6\n",
	    "no list of the local folders (maildir-scan -H)" },
	{ START STATE REMOTE "end\tl\t-\t0\nend\t-\t-\t6\n",
	    "no list of the local folders (maildir-scan -H)" },
	{ START STATE REMOTE "tree\tl\tfailed\t0\twhy=no%20such%20directory\n",
	    "A: the local folders could not be listed: no such directory" },
	{ START STATE "tree\tr\tpresence\t1\n",
	    "A: the remote folders could not be listed: no cause given" },
	{ START STATE "tree\tr\tfull\t2\tsep=/\nfolder\tr\tx\t-\tkind=head\nend\tr\t-\t1\n",
	    "the listing is cut off: 1 folders where \"end\tr\t-\t1\" stands" },
	{ START STATE "tree\tr\tfull\t1\tsep=/\nfolder\tr\tx\t-\tkind=head\nend\tr\t-\t2\n",
	    "the listing is cut off: 1 folders where \"end\tr\t-\t2\" stands" },
	{ START "end\ts\t-\t1\n", "the listing is cut off: 0 folders where \"end\ts\t-\t1\" stands" },
	{ START STATE STATE, "unexpected record \"end\ts\t-\t0\"" },
	{ START REMOTE REMOTE, "unexpected record \"tree\tr\tfull\t1\tsep=/\"" },
	{ START START, "unexpected record \"listing\t1\taccount=A\"" },
	{ STATE, "no listing, but \"end\ts\t-\t0\"" },
	{ "listing\t1\taccount=B\n", "the listing is of account \"B\", not \"A\"" },
	{ "listing\t2\taccount=A\n", "unexpected record \"listing\t2\taccount=A\"" },
	{ START "folder\tr\tx\t-\tkind=head\n", "unexpected record \"folder\tr\tx\t-\tkind=head\"" },
	{ START "folder\ts\tx\t-\tkind=head\n", "unexpected record \"folder\ts\tx\t-\tkind=head\"" },
	{ START "folder\tq\tx\tx\tkind=head\n", "unexpected record \"folder\tq\tx\tx\tkind=head\"" },
	{ START "tree\tr\tfull\tx\tsep=/\n", "bad number in \"tree\tr\tfull\tx\tsep=/\"" },
	{ START "pair\tx\tx\trules=%\n", "unexpected record \"pair\tx\tx\trules=%\"" },
};

static void
test_streams(void)
{
	struct heads hs;
	struct err e;
	size_t i;
	int fd;

	for (i = 0; i < sizeof(streams) / sizeof(streams[0]); i++) {
		unit_row("stream row %zu", i);
		e.text[0] = '\0';
		fd = file_of(streams[i].text);
		CHECK_NUM(heads_read(&hs, fd, "A", &e), streams[i].why != NULL ? -1 : 0);
		CHECK_STR(e.text, streams[i].why != NULL ? streams[i].why : "");
		heads_free(&hs);
		close(fd);
	}
}

static void
test_words(void)
{
	const struct name_word *w;

	unit_row("words");
	for (w = name_words; w->word != NULL; w++) {
		CHECK_STR(name_why(w->word), w->text);
		CHECK(w[1].word == NULL || strcmp(w->word, w[1].word) < 0);
	}
	CHECK(name_why("readonly") == NULL);
	CHECK(strncmp(name_why("loop"), "INFINITE FOLDER CREATION DETECTED!", 34) == 0);
}

/* A world: what each side and the state have.  Names are borrowed from tables. */
#define MANY	64

struct world {
	char	*r[MANY], *l[MANY];
	size_t	 nr, nl;
	char	*sr[MANY], *sl[MANY];	/* the state's pairs */
	size_t	 ns;
};

static int
has(char *const *names, size_t n, const char *name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return 1;
	return 0;
}

static void
put(char **names, size_t *n, const char *name)
{
	if (*n < MANY && !has(names, *n, name))
		names[(*n)++] = mem_dup(name);
}

static void
clear(char **names, size_t *n)
{
	while (*n > 0)
		free(names[--*n]);
}

static const char *
pick(const char *const *from, size_t n)
{
	return from[(size_t)rand() % n];
}

#define PICK(table) pick((table), sizeof(table) / sizeof((table)[0]))

static const char *const parts[] = {
	"a", "b", "c", "INBOX", "inbox", "W", "x.y", "x/y", "x_y", "", "..", "cur", "&AOk-", "&",
	"\303\251", "a\n",
};
static const char *const joins[] = { ".", "/", "_" };
static const char *const renames[] = {
	NULL, NULL, NULL, "s/^/W./", "s/^W\\.//", "s/a/b/", "s/_/./g", "s/INBOX/W/", "s/./&&/",
	"s/^$/INBOX/", "s/^INBOX$//", "s,/,_,g", "s/.*/a/",
};
static const char *const rseps[] = { "/", ".", "" };
static const char *const lseps[] = { "/", "." };

static void
random_name(struct buf *b)
{
	int i, n = rand() % 3;

	buf_clear(b);
	buf_str(b, PICK(parts));
	for (i = 0; i < n; i++) {
		buf_str(b, PICK(joins));
		buf_str(b, PICK(parts));
	}
}

static void
random_world(struct world *w, const struct name_rules *n)
{
	struct buf b;
	int i, many = rand() % 12;

	buf_init(&b, 1000);
	for (i = 0; i < many; i++) {
		random_name(&b);
		put(w->r, &w->nr, buf_cstr(&b));
		random_name(&b);
		/* A scan can only find what a directory tree can hold. */
		if (n->local.sep[0] == '/' || strchr(buf_cstr(&b), '/') == NULL)
			put(w->l, &w->nl, buf_cstr(&b));
	}
	buf_free(&b);
}

static void
put_folder(struct buf *b, const char *side, const char *r, const char *l)
{
	buf_printf(b, "folder\t%s\t", side);
	pct_encode(b, r);
	buf_byte(b, '\t');
	pct_encode(b, l);
	buf_str(b, "\tkind=head\n");
}

/* The world's heads stream. */
static int
stream_of(const struct world *w, const char *rsep)
{
	struct buf b;
	size_t i;
	int fd;

	buf_init(&b, 1 << 20);
	buf_str(&b, START);
	for (i = 0; i < w->ns; i++)
		put_folder(&b, "s", w->sr[i], w->sl[i]);
	buf_printf(&b, "end\ts\t-\t%zu\ntree\tr\tfull\t%zu\tsep=%s\n", w->ns, w->nr,
	    *rsep != '\0' ? rsep : "%");
	for (i = 0; i < w->nr; i++)
		put_folder(&b, "r", w->r[i], NULL);
	buf_printf(&b, "end\tr\t-\t%zu\ntree\tl\tfull\t%zu\n", w->nr, w->nl);
	for (i = 0; i < w->nl; i++)
		put_folder(&b, "l", NULL, w->l[i]);
	buf_printf(&b, "end\tl\t-\t%zu\nend\t-\t-\t%zu\n", w->nl, w->ns + w->nr + w->nl + 6);
	ENSURE(!buf_bad(&b));
	fd = file_of(buf_cstr(&b));
	buf_free(&b);
	return fd;
}

/* No two pairs share a side, and what a pair names is there or gets created. */
static void
check_sides(const struct pairs *ps, const struct world *w)
{
	const struct pairing *p, *q;
	size_t i, j;

	for (i = 0; i < ps->n; i++) {
		p = ps->p[i];
		if (p->what == PAIRING_KEEP)
			CHECK(name_why(p->why) != NULL);
		if (p->what != PAIRING_PAIR)
			continue;
		CHECK(name_bad_remote(ps->rules, p->remote, 0) == NULL);
		CHECK(name_bad_local(ps->rules, p->local) == NULL);
		CHECK(p->side != NULL || (p->r != NULL && p->l != NULL) || p->l != NULL);
		CHECK(has(w->l, w->nl, p->local) == (p->side == NULL || *p->side == 'r'));
		for (j = 0; j < i; j++) {
			q = ps->p[j];
			CHECK(q->what != PAIRING_PAIR || !name_same(p->remote, q->remote));
			CHECK(q->what != PAIRING_PAIR || !name_same(p->local, q->local));
		}
	}
}

/*
 * How a pair of the state fared: never created anew, never with another name;
 * forgotten only if it is gone on both sides.
 */
static void
check_state(const struct pairs *ps, const struct world *w, const char *r, const char *l, int same)
{
	const struct pairing *p;
	size_t i;
	int found = 0;

	for (i = 0; i < ps->n; i++) {
		p = ps->p[i];
		if (p->what == PAIRING_PAIR)
			CHECK(name_same(p->remote, r) == (strcmp(p->local, l) == 0));
		if (p->s == NULL || strcmp(p->remote, r) != 0)
			continue;
		found++;
		CHECK_STR(p->local, l);
		CHECK(p->side == NULL || p->what == PAIRING_KEEP);
		CHECK(p->what != PAIRING_FORGET || (!has(w->l, w->nl, l) && !has(w->r, w->nr, r)));
		CHECK(!same || p->what == PAIRING_PAIR);
	}
	CHECK_NUM(found, 1);
}

static void
forget_all(struct world *w)
{
	while (w->ns > 0) {
		free(w->sr[--w->ns]);
		free(w->sl[w->ns]);
	}
}

/* Creates what the pairs say and makes them the state. */
static void
apply(struct world *w, const struct pairs *ps)
{
	const struct pairing *p;
	size_t i;

	forget_all(w);
	for (i = 0; i < ps->n && w->ns < MANY; i++) {
		p = ps->p[i];
		if (p->what != PAIRING_PAIR)
			continue;
		if (p->side != NULL && *p->side == 'l')
			put(w->l, &w->nl, p->local);
		if (p->side != NULL && *p->side == 'r')
			put(w->r, &w->nr, p->remote);
		w->sr[w->ns] = mem_dup(p->remote);
		w->sl[w->ns++] = mem_dup(p->local);
	}
}

/* Reads the world and pairs it; the caller frees both. */
static void
pair_world(struct pairs *ps, struct heads *hs, struct name_rules *n, const struct world *w)
{
	struct err e = { .text = "" };
	int fd = stream_of(w, n->remote.sep);

	ENSURE(heads_read(hs, fd, "A", &e) == 0);
	close(fd);
	pairs_make(ps, n, hs);
	check_sides(ps, w);
}

/* What is printed is a stream that its reader takes: counted, in order. */
static void
check_printed(const struct pairs *ps)
{
	struct recout o;
	struct recin in;
	struct rec rec;
	struct err e = { .text = "" };
	uint64_t n = 0, total = 0;
	char last[256] = "";
	int fd = io_temp(), got;

	recout_open(&o, fd);
	pairs_print(ps, "A", 0, PAIRS_CHANGES, &o);
	CHECK_NUM(recout_close(&o), 0);
	ENSURE(lseek(fd, 0, SEEK_SET) == 0);
	recin_open(&in, fd, "pairs");
	while ((got = rec_read(&in, &rec, &e)) == 1) {
		if (rec_is(&rec, "end"))
			CHECK_NUM(rec_number(rec.pos[2], &total), 0);
		else
			n++;
		if (rec_is(&rec, "pair")) {
			CHECK(strcmp(last, rec.pos[0]) <= 0);
			strlcpy(last, rec.pos[0], sizeof(last));
		}
	}
	CHECK_STR(e.text, "");
	CHECK_NUM(n, total);
	recin_close(&in);
	close(fd);
}

static void
random_rules(struct name_rules *n)
{
	rules_of(n, PICK(rseps), PICK(lseps), PICK(renames), PICK(renames));
	n->utf8 = rand() % 4 == 0;
	n->local.create = rand() % 8 != 0;
	n->remote.create = rand() % 8 != 0;
}

/* Removes one folder of a side. */
static void
lose(char **names, size_t *n)
{
	size_t i;

	if (*n == 0)
		return;
	i = (size_t)rand() % *n;
	free(names[i]);
	names[i] = names[--*n];
}

static void
history(int seed)
{
	struct world w = { .nr = 0 };
	struct name_rules n, other;
	struct pairs ps;
	struct heads hs;
	size_t i, before;
	int round;

	srand((unsigned)seed);
	unit_row("seed %d", seed);
	random_rules(&n);
	random_world(&w, &n);
	for (round = 0; round < 3; round++) {
		pair_world(&ps, &hs, &n, &w);
		check_printed(&ps);
		for (i = 0; i < w.ns; i++)
			check_state(&ps, &w, w.sr[i], w.sl[i], 1);
		before = w.nr + w.nl;
		apply(&w, &ps);
		CHECK(round == 0 || before == w.nr + w.nl);
		pairs_free(&ps);
		heads_free(&hs);
	}
	/* Folders vanish, then the rules change as well: nothing is created in their place. */
	lose(w.r, &w.nr);
	lose(w.l, &w.nl);
	pair_world(&ps, &hs, &n, &w);
	for (i = 0; i < w.ns; i++)
		check_state(&ps, &w, w.sr[i], w.sl[i], 0);
	pairs_free(&ps);
	heads_free(&hs);
	random_rules(&other);
	pair_world(&ps, &hs, &other, &w);
	for (i = 0; i < w.ns; i++)
		check_state(&ps, &w, w.sr[i], w.sl[i], 0);
	pairs_free(&ps);
	heads_free(&hs);
	name_rules_close(&other);
	name_rules_close(&n);
	clear(w.r, &w.nr);
	clear(w.l, &w.nl);
	forget_all(&w);
}

int
main(void)
{
	int seed, seeds = getenv("SOAK") != NULL ? 200000 : 1000;

	test_maps();
	test_reference();
	test_checks();
	test_streams();
	test_words();
	for (seed = 1; seed <= seeds; seed++)
		history(seed);
	return unit_end("names");
}
