/* Where lines, literals and commands end in a session that passes by. */
#include "net/watch.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>


void
watch_init(struct watch *w)
{
	memset(w, 0, sizeof(*w));
}

/* Adds bytes of a line, its end included. */
static void
add(struct watch_line *l, const char *p, size_t n)
{
	size_t room = WATCH_HEAD - 1 - l->nhead, k = n < room ? n : room, keep;

	memcpy(l->head + l->nhead, p, k);
	l->nhead += k;
	l->len += n;
	k = n < WATCH_TAIL ? n : WATCH_TAIL;
	keep = l->ntail < WATCH_TAIL - k ? l->ntail : WATCH_TAIL - k;
	memmove(l->tail, l->tail + l->ntail - keep, keep);
	memcpy(l->tail + keep, p + n - k, k);
	l->ntail = keep + k;
}

/* Forgets the line; what follows begins one, or goes on behind a literal. */
static void
reset(struct watch_line *l, int begun)
{
	l->nhead = l->ntail = l->len = 0;
	l->begun = begun;
}

/* The literal that the line's end announces: 1, its size, and whether it comes unasked. */
static int
announces(const struct watch_line *l, uint64_t *size, int *unasked)
{
	size_t n = l->ntail, i, digits = 0;
	uint64_t v = 0;

	if (n != 0 && l->tail[n - 1] == '\n')
		n--;
	if (n != 0 && l->tail[n - 1] == '\r')
		n--;
	if (n == 0 || l->tail[--n] != '}')
		return 0;
	if ((*unasked = n != 0 && l->tail[n - 1] == '+'))
		n--;
	for (i = n; i != 0 && isdigit((unsigned char)l->tail[i - 1]); i--)
		digits++;
	if (i == 0 || l->tail[i - 1] != '{' || digits == 0 || digits > 19)
		return 0;
	for (; i < n; i++)
		v = v * 10 + (uint64_t)(l->tail[i] - '0');
	*size = v;
	return 1;
}

/* Copies word number i of a line: 1 if there is one and it fits. */
static int
word(const struct watch_line *l, int i, char *to, size_t size)
{
	const char *p = l->head, *end = l->head + l->nhead;
	size_t n;

	for (; i > 0; i--) {
		while (p < end && *p != ' ')
			p++;
		p += p < end;
	}
	for (n = 0; p + n < end && p[n] != ' ' && p[n] != '\r' && p[n] != '\n'; n++)
		continue;
	if (n == 0 || n >= size)
		return 0;
	memcpy(to, p, n);
	to[n] = '\0';
	return 1;
}

/* The first line of a command, or the DONE that ends an IDLE. */
static void
command(struct watch *w)
{
	char name[16];

	if (w->idle != 0 && word(&w->up, 0, name, sizeof(name)) && strcasecmp(name, "DONE") == 0) {
		w->idle = 0;
		return;
	}
	w->open++;
	if (!word(&w->up, 0, w->tag, sizeof(w->tag)))
		w->tag[0] = '\0';
	if (!word(&w->up, 1, name, sizeof(name)))
		return;
	if (strcasecmp(name, "IDLE") == 0)
		w->idle = 1;
	else if (strcasecmp(name, "LOGOUT") == 0)
		w->logout = 1;
}

static void
up_line(struct watch *w)
{
	struct watch_line *l = &w->up;
	uint64_t size;
	int unasked, more = announces(l, &size, &unasked);

	/* An empty line is no command. */
	if (!l->begun && l->len > 2)
		command(w);
	if (more && unasked) {
		l->literal = size;
	} else if (more) {
		w->asking = 1;
		w->asked = size;
	}
	reset(l, more);
}

static void
bye(struct watch *w, const struct watch_line *l)
{
	size_t n = l->nhead;

	while (n != 0 && (l->head[n - 1] == '\n' || l->head[n - 1] == '\r'))
		n--;
	memcpy(w->bye, l->head + 2, n - 2);
	w->bye[n - 2] = '\0';
}

/* A tagged answer, and what follows from it for the literal or the IDLE of its command. */
static void
answered(struct watch *w, const char *tag)
{
	if (w->open != 0)
		w->open--;
	if (strcmp(tag, w->tag) != 0)
		return;
	w->idle = 0;
	/* Refused: the client begins anew. */
	if (w->asking) {
		w->asking = 0;
		reset(&w->up, 0);
	}
}

/* A line of the server that begins a response; 1 if a literal may follow it. */
static int
response(struct watch *w)
{
	char first[64], cond[8];

	if (!word(&w->down, 0, first, sizeof(first)))
		return 0;
	if (strcmp(first, "+") == 0) {
		if (w->asking)
			w->up.literal = w->asked;
		else if (w->idle == 1)
			w->idle = 2;
		w->asking = 0;
		return 0;
	}
	if (strcmp(first, "*") != 0) {
		answered(w, first);
		return 0;
	}
	if (!word(&w->down, 1, cond, sizeof(cond)))
		return 1;
	if (strcasecmp(cond, "BYE") == 0)
		bye(w, &w->down);
	/* Their text is free, and may end like the announcement of a literal. */
	return strcasecmp(cond, "OK") != 0 && strcasecmp(cond, "NO") != 0 &&
	    strcasecmp(cond, "BAD") != 0 && strcasecmp(cond, "BYE") != 0;
}

static void
down_line(struct watch *w)
{
	struct watch_line *l = &w->down;
	int unasked, more = l->begun || response(w);
	uint64_t size;

	more = more && announces(l, &size, &unasked);
	if (more)
		l->literal = size;
	reset(l, more);
}

/* Splits bytes at the ends of lines and literals. */
static void
feed(struct watch *w, struct watch_line *l, void (*line)(struct watch *), const char *p, size_t n)
{
	const char *lf;
	size_t k;

	while (n != 0) {
		if (l->literal != 0) {
			k = l->literal < n ? (size_t)l->literal : n;
			l->literal -= k;
		} else {
			lf = memchr(p, '\n', n);
			k = lf != NULL ? (size_t)(lf - p) + 1 : n;
			add(l, p, k);
			if (lf != NULL)
				line(w);
		}
		p += k;
		n -= k;
	}
}

void
watch_up(struct watch *w, const char *p, size_t n)
{
	feed(w, &w->up, up_line, p, n);
}

void
watch_down(struct watch *w, const char *p, size_t n)
{
	feed(w, &w->down, down_line, p, n);
}

int
watch_up_clean(const struct watch *w)
{
	return w->up.len == 0 && w->up.literal == 0 && !w->up.begun && w->idle == 0;
}

int
watch_down_clean(const struct watch *w)
{
	return w->down.len == 0 && w->down.literal == 0 && !w->down.begun;
}

int
watch_rests(const struct watch *w)
{
	return w->open == 0 && watch_up_clean(w) && watch_down_clean(w);
}

int
watch_waits(const struct watch *w)
{
	/* The command that the client has not sent to its end, or lets run, is its own affair. */
	int mine = w->idle == 2 || (!w->asking && (w->up.begun || w->up.literal != 0));

	return !watch_down_clean(w) || w->idle == 1 || w->open > (uint64_t)mine;
}
