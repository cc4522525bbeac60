/* A hash table over the names that are wanted, and passes until it is known where they are. */
#include "maildir/locate.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "maildir/keyset.h"
#include "maildir/name.h"
#include "maildir/scan.h"

struct look {
	struct md_found	*want;
	size_t		 n;
	uint32_t	*index;		/* into want, plus 1; 0: free */
	size_t		 cap;		/* of index, a power of 2 */
	uint64_t	 seed[2];
	int		 infosep;
	int		 ends;		/* one of them is a stand-in, an end of names */
};

static size_t
start(const struct look *l, const char *base, size_t len)
{
	return (size_t)keyset_hash(l->seed, base, len) & (l->cap - 1);
}

static void
fill(struct look *l)
{
	size_t i, at;

	for (l->cap = 16; l->cap < 2 * l->n; l->cap *= 2)
		continue;
	l->index = mem_alloc(l->cap * sizeof(*l->index));
	arc4random_buf(l->seed, sizeof(l->seed));
	for (i = 0; i < l->n; i++) {
		l->ends |= l->want[i].base[0] == ',';
		at = start(l, l->want[i].base, strlen(l->want[i].base));
		while (l->index[at] != 0)
			at = (at + 1) & (l->cap - 1);
		l->index[at] = (uint32_t)i + 1;
	}
}

static void
met(struct md_found *w, const char *file, int where)
{
	if (w->copies++ != 0 && name_prefer(w->file, w->where, file, where) <= 0)
		return;
	free(w->file);
	w->file = mem_dup(file);
	w->where = where;
}

/* A file whose base name, or what it ends in, is the n bytes at "key". */
static void
meet(struct look *l, const char *key, size_t n, const char *file, int where)
{
	struct md_found *w;
	size_t at;

	for (at = start(l, key, n); l->index[at] != 0; at = (at + 1) & (l->cap - 1)) {
		w = &l->want[l->index[at] - 1];
		if (strncmp(w->base, key, n) == 0 && w->base[n] == '\0')
			met(w, file, where);
	}
}

static int
each(void *arg, const char *file, int where)
{
	struct look *l = arg;
	const char *end;
	struct mdname name;

	if (name_parse(file, l->infosep, NULL, &name) == -1)
		return 0;
	meet(l, file, name.base, file, where);
	if (l->ends && (end = memmem(file, name.base, ",U=", 3)) != NULL && end != file)
		meet(l, end, name.base - (size_t)(end - file), file, where);
	return 0;
}

/* 1 if the last pass saw each of them once: then nothing more is to be learnt. */
static int
all_once(const struct look *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (l->want[i].copies != 1)
			return 0;
	return 1;
}

/* After the last pass: absent is absent, and what only an earlier pass saw is there. */
static void
settle(struct look *l, int proven)
{
	struct md_found *w;

	for (w = l->want; w < l->want + l->n; w++) {
		if (w->copies != 0 || w->file == NULL)
			continue;
		if (proven) {
			free(w->file);
			w->file = NULL;
			w->where = 0;
		} else
			w->copies = 1;
	}
}

int
locate_files(const struct mdfolder *f, int infosep, struct md_found *want, size_t n,
    int *proven, struct err *e)
{
	struct look l = { .want = want, .n = n, .infosep = infosep };
	struct scan s;
	size_t i;
	int r = 0;

	ENSURE(n < UINT32_MAX);
	for (i = 0; i < n; i++) {
		want[i].where = 0;
		want[i].file = NULL;
	}
	fill(&l);
	scan_init(&s, f);
	do {
		for (i = 0; i < n; i++)
			want[i].copies = 0;
		r = scan_pass(&s, each, &l, e);
	} while (r == 0 && !all_once(&l) && scan_again(&s));
	settle(&l, s.proven);
	*proven = r == 0 && s.proven;
	free(l.index);
	return r;
}

/* 1 if there is a file of that name, and it is a message with that base name. */
static int
is_message(int dir, const char *file, int infosep, const char *base)
{
	struct mdname name;
	struct stat st;

	return strchr(file, '/') == NULL && name_parse(file, infosep, NULL, &name) == 0 &&
	    name.base == strlen(base) && fstatat(dir, file, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISREG(st.st_mode);
}

int
locate_guess(const struct mdfolder *f, int infosep, unsigned flags, struct md_found *w)
{
	/* an unread message that no reader has shown yet has no info part, in new */
	static const struct { int where, info; } guess[] = { { 'c', 1 }, { 'n', 0 }, { 'n', 1 } };
	struct buf b;
	size_t i;

	w->file = NULL;
	w->where = 0;
	w->copies = 0;
	buf_init(&b, 4096);
	for (i = 0; i < sizeof(guess) / sizeof(guess[0]) && w->file == NULL; i++) {
		if (!guess[i].info && flags != 0)
			continue;
		buf_clear(&b);
		buf_str(&b, w->base);
		if (guess[i].info)
			name_info(&b, "", infosep, flags, 0);
		if (!is_message(md_where(f, guess[i].where), buf_cstr(&b), infosep, w->base))
			continue;
		w->file = mem_dup(buf_cstr(&b));
		w->where = guess[i].where;
		w->copies = 1 + (guess[i].where == 'c' && is_message(f->new, w->base, infosep, w->base));
	}
	buf_free(&b);
	return w->file != NULL;
}

void
locate_free(struct md_found *want, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		free(want[i].file);
		want[i].file = NULL;
	}
}
