/* ~/.netrc and its like, read as Python's netrc module does. */
#include "conf/netrc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "conf/text.h"

#define FILE_MAX	(1u << 20)	/* bytes of a netrc file */
#define WORD_MAX	4096		/* bytes of a word in it */

struct lexer {
	const char	*p, *end;
	char		 word[WORD_MAX];
};

struct entry {
	char	*login;
	char	*pass;
	int	 found;
};

static int
blank(int c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The next word: bare or in quotes, a backslash takes the next byte as it is.  0 at the end. */
static int
word(struct lexer *l)
{
	size_t n = 0;
	int quoted;

	while (l->p < l->end && blank(*l->p))
		l->p++;
	if (l->p == l->end)
		return 0;
	if ((quoted = *l->p == '"'))
		l->p++;
	for (; l->p < l->end && (quoted ? *l->p != '"' : !blank(*l->p)); l->p++) {
		if (*l->p == '\\' && l->p + 1 < l->end)
			l->p++;
		if (n < sizeof(l->word) - 1)
			l->word[n++] = *l->p;
	}
	if (quoted && l->p < l->end)
		l->p++;
	l->word[n] = '\0';
	return 1;
}

static int
is(const struct lexer *l, const char *s)
{
	return strcmp(l->word, s) == 0;
}

/* A macro goes up to the next empty line. */
static void
skip_macro(struct lexer *l)
{
	const char *gap = memmem(l->p, (size_t)(l->end - l->p), "\n\n", 2);

	l->p = gap != NULL ? gap + 2 : l->end;
}

/* From the word just read, which began at "from", to the end of its line. */
static void
skip_comment(struct lexer *l, const char *from)
{
	const char *nl;

	while (blank(*from))
		from++;
	nl = memchr(from, '\n', (size_t)(l->end - from));
	l->p = nl != NULL ? nl + 1 : l->end;
}

static void
clear(struct entry *e)
{
	free(e->login);
	text_wipe(e->pass);
	memset(e, 0, sizeof(*e));
}

/*
 * Reads the pairs of an entry; stops before what is none.  Words that mean
 * nothing are passed over.
 */
static void
read_entry(struct lexer *l, struct entry *e)
{
	const char *before;

	for (before = l->p; word(l); before = l->p) {
		if (is(l, "machine") || is(l, "default") || is(l, "macdef")) {
			l->p = before;
			return;
		}
		if (l->word[0] == '#')
			skip_comment(l, before);
		else if ((is(l, "login") || is(l, "user")) && word(l)) {
			free(e->login);
			e->login = mem_dup(l->word);
		} else if (is(l, "password") && word(l)) {
			text_wipe(e->pass);
			e->pass = mem_dup(l->word);
		} else if (is(l, "account"))
			word(l);
	}
}

static int
suits(const struct entry *e, const char *user)
{
	return user == NULL || e->login == NULL || strcmp(e->login, user) == 0;
}

/* Goes through the text; the best entry ends up in *e. */
static void
search(struct lexer *l, const char *host, const char *user, struct entry *e)
{
	struct entry dflt = { 0 }, now = { 0 }, *to;
	const char *before;

	for (before = l->p; word(l); before = l->p) {
		to = NULL;
		if (l->word[0] == '#')
			skip_comment(l, before);
		else if (is(l, "macdef"))
			skip_macro(l);
		else if (is(l, "default"))
			to = &dflt;
		else if (is(l, "machine") && word(l))
			to = strcasecmp(l->word, host) == 0 ? e : &now;
		if (to == NULL)
			continue;
		read_entry(l, &now);
		if (to != &now && suits(&now, user)) {
			clear(to);
			*to = now;
			to->found = 1;
			memset(&now, 0, sizeof(now));
		}
		clear(&now);
	}
	if (!e->found) {
		*e = dflt;
		memset(&dflt, 0, sizeof(dflt));
	}
	clear(&dflt);
}

/* The whole file, in room that is touched as far as it goes; NULL with errno. */
static char *
slurp(int fd, size_t *len)
{
	char *text = mem_grow(NULL, FILE_MAX, 1);
	ssize_t n;

	for (*len = 0; *len < FILE_MAX - 1; *len += (size_t)n) {
		n = read(fd, text + *len, FILE_MAX - 1 - *len);
		if (n == -1 && errno == EINTR)
			n = 0;
		else if (n == 0)
			return text;
		else if (n == -1)
			break;
	}
	if (*len == FILE_MAX - 1)
		errno = EFBIG;
	freezero(text, *len);
	return NULL;
}

int
netrc_find(const char *path, int strict, const char *host, const char *user, char **login,
    struct buf *pass, struct err *err)
{
	struct lexer *l = NULL;
	struct entry e = { 0 };
	struct stat st;
	char *text = NULL;
	size_t len = 0;
	int fd, rc = -1;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1) {
		if (errno == ENOENT || errno == ENOTDIR || (errno == EACCES && !strict))
			return 0;
		return err_conf(err, "%s: %s", path, strerror(errno));
	}
	if (fstat(fd, &st) == -1 || (text = slurp(fd, &len)) == NULL) {
		err_conf(err, "%s: %s", path, strerror(errno));
		goto out;
	}
	l = mem_alloc(sizeof(*l));
	l->p = text;
	l->end = text + len;
	search(l, host, user, &e);
	if (strict && e.pass != NULL && (st.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
		err_conf(err, "%s: others may read the passwords in it; chmod 600 it", path);
		goto out;
	}
	if ((rc = e.found) && login != NULL) {
		*login = e.login;
		e.login = NULL;
	}
	if (rc && pass != NULL && e.pass != NULL)
		buf_str(pass, e.pass);
	else if (pass != NULL)
		rc = 0;
out:
	clear(&e);
	if (l != NULL)
		freezero(l, sizeof(*l));
	if (text != NULL)
		freezero(text, len);
	close(fd);
	return rc;
}
