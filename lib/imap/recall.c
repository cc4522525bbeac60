/* Asking again what was only remembered; see recall.h. */
#include "imap/recall.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define REMEMBERED	"XREMEMBERED"
#define OF_CONNECT	"XCONNECT="

/* Without an answer nothing is known but what every server can do. */
static int
asked(struct imap *im, void *arg, const struct imap_resp *r, struct err *e)
{
	(void)arg;
	(void)e;
	if (r->status == IMAP_OK && !imap_has(im, REMEMBERED))
		return 0;
	free(im->caps);
	im->caps = mem_dup(",IMAP4REV1,");
	return 0;
}

void
recall_ask(struct imap *im)
{
	struct imap_done done = { asked, NULL };

	if (!imap_has(im, REMEMBERED))
		return;
	imap_begin(im, done);
	imap_put(im, "CAPABILITY");
	imap_end(im);
}

static int
begins(const char *word, const char *with)
{
	return strncmp(word, with, strlen(with)) == 0;
}

/* 1 for what only concerns the way to a session. */
static int
of_login(const char *word)
{
	return begins(word, "AUTH=") || begins(word, "COMPRESS=") || begins(word, "STARTTLS") ||
	    begins(word, "LOGINDISABLED") || begins(word, "SASL-IR");
}

/* Appends the words of a list that are imap-connect's own, or that are not. */
static void
pick(struct buf *b, const char *list, int own)
{
	char *copy = mem_dup(list), *rest = copy, *word;

	while ((word = strsep(&rest, ",")) != NULL) {
		if (*word == '\0' || begins(word, REMEMBERED) || begins(word, OF_CONNECT) != own ||
		    (!own && of_login(word)))
			continue;
		if (b->len != 0)
			buf_byte(b, ',');
		buf_str(b, word);
	}
	free(copy);
}

int
recall_news(const char *greeting, const char *now, struct buf *b)
{
	struct buf old;
	int news;

	if (strstr(greeting, "," OF_CONNECT) == NULL)
		return 0;
	buf_init(&old, b->max);
	pick(&old, greeting, 0);
	pick(b, now, 0);
	news = strstr(greeting, "," REMEMBERED ",") == NULL ||
	    strcmp(buf_cstr(&old), buf_cstr(b)) != 0;
	buf_free(&old);
	pick(b, greeting, 1);
	return news && !buf_bad(b);
}
