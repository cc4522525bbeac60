/* The journal of an mbsync that was stopped (isync 1.4, format 4). */
#include <string.h>

#include "base/flags.h"
#include "state/mbsync.h"

/* Numbers of flags and of status, as isync 1.4 writes them. */
static const unsigned flag_bits[] = {
	FLAG_DRAFT, FLAG_FLAGGED, 0, FLAG_ANSWERED, FLAG_SEEN, FLAG_DELETED
};
static const unsigned status_bits[] = {
	FOREIGN_EXPIRED,	/* is being expired */
	FOREIGN_EXPIRED, FOREIGN_PENDING, FOREIGN_DUMMY, FOREIGN_DUMMY, FOREIGN_SKIPPED
};

/* How many numbers follow each letter; '#' has a mark of 12 letters behind them. */
static const struct {
	char	 letter;
	int	 numbers;
} entries[] = {
	{ 'N', 2 }, { 'F', 2 }, { 'T', 2 }, { '!', 1 }, { '|', 2 },	/* about the folder */
	{ '+', 2 }, { '-', 2 }, { '=', 2 }, { '#', 2 }, { '&', 2 }, { '_', 2 },
	{ '<', 3 }, { '>', 3 }, { '*', 3 }, { '~', 3 }, { '^', 4 },
};

struct entry {
	char		 letter;
	uint32_t	 n[4];
	const char	*rest;		/* behind the numbers: "", or the mark */
};

/* Takes a line apart: 0 or -1. */
static int
take_apart(struct entry *en, const char *line)
{
	const char *p = line + 1;
	size_t i;
	int k;

	memset(en, 0, sizeof(*en));
	for (i = 0; i < sizeof(entries) / sizeof(entries[0]); i++)
		if (*line != '\0' && entries[i].letter == *line)
			break;
	if (i == sizeof(entries) / sizeof(entries[0]))
		return -1;
	en->letter = *line;
	for (k = 0; k < entries[i].numbers; k++)
		if (*p++ != ' ' || foreign_number(&p, &en->n[k]) == -1)
			return -1;
	en->rest = p;
	if (*line != '#')
		return *p == '\0' ? 0 : -1;
	en->rest = p + 1;
	return *p == ' ' && strlen(en->rest) == FOREIGN_TUID ? 0 : -1;
}

/* The message of both uids, from the one spoken of last on; NULL if there is none. */
static struct foreign_msg *
find(struct foreign *f, uint32_t far, uint32_t near)
{
	size_t i, k;

	for (i = 0; i < f->n; i++) {
		k = (f->last + i) % f->n;
		if (f->msg[k].far == far && f->msg[k].near == near &&
		    !(f->msg[k].bits & FOREIGN_DEAD)) {
			f->last = k;
			return &f->msg[k];
		}
	}
	return NULL;
}

/* Bits of ours for a number of theirs; -1 for one that is none. */
static int
translate(uint32_t n, const unsigned *table, size_t size, unsigned *out)
{
	size_t i;

	if (n >> size != 0)
		return -1;
	for (i = 0, *out = 0; i < size; i++)
		if (n & 1u << i)
			*out |= table[i];
	return 0;
}

/* One side has the message now, or no longer. */
static void
assign(struct foreign_msg *m, uint32_t *side, uint32_t *was, uint32_t uid)
{
	if (uid == 0)
		*was = *side;
	*side = uid;
	m->bits &= ~(unsigned)FOREIGN_PENDING;
	m->tuid[0] = '\0';
}

/* After the last line: deletions under way are for us to see, too. */
static void
restore(struct foreign *f)
{
	struct foreign_msg *m;
	size_t i;

	for (i = 0; i < f->n; i++) {
		m = &f->msg[i];
		if (m->far == 0)
			m->far = m->wasfar;
		if (m->near == 0)
			m->near = m->wasnear;
		if (m->far == 0 && m->near == 0)
			m->bits |= FOREIGN_DEAD;
	}
}

/* A change of one message: 0 or -1. */
static int
change(struct foreign_msg *m, const struct entry *en)
{
	switch (en->letter) {
	case '-':
	case '=':
		m->bits |= FOREIGN_DEAD;
		return 0;
	case '#':
		memcpy(m->tuid, en->rest, FOREIGN_TUID + 1);
		return 0;
	case '&':
		m->tuid[0] = '\0';
		return 0;
	case '<':
		assign(m, &m->far, &m->wasfar, en->n[2]);
		return 0;
	case '>':
		assign(m, &m->near, &m->wasnear, en->n[2]);
		return 0;
	case '*':
		return translate(en->n[2], flag_bits, sizeof(flag_bits) / sizeof(flag_bits[0]),
		    &m->flags);
	case '~':
		return translate(en->n[2], status_bits,
		    sizeof(status_bits) / sizeof(status_bits[0]), &m->bits);
	default:
		m->bits = FOREIGN_PENDING | FOREIGN_DUMMY;	/* '_' */
		return 0;
	}
}

/* One line of the journal. */
static int
replay(struct foreign *f, const struct foreign_text *t, const char *line, struct err *e)
{
	struct foreign_msg *m;
	struct entry en;

	if (take_apart(&en, line) == -1)
		return foreign_bad(t, "malformed", e);
	if (en.letter == '^')
		return foreign_bad(t, "mbsync was stopped while it replaced a placeholder; "
		    "run it once more, then import", e);
	if (strchr("NFT!", en.letter) != NULL)
		return 0;
	if (en.letter == '|') {
		f->far = en.n[0];
		f->near = en.n[1];
		return 0;
	}
	if (en.letter == '+') {
		m = foreign_add(f, t->line);
		m->far = en.n[0];
		m->near = en.n[1];
		m->bits = FOREIGN_PENDING;
		f->last = f->n - 1;
		return (m->far == 0) == (m->near == 0) ? foreign_bad(t, "malformed", e) : 0;
	}
	if ((m = find(f, en.n[0], en.n[1])) == NULL)
		return foreign_bad(t, "it speaks of a message that the state does not have", e);
	return change(m, &en) == -1 ? foreign_bad(t, "malformed", e) : 0;
}

int
mbsync_replay(struct foreign *f, const char *name, char *text, size_t len, struct err *e)
{
	struct foreign_text t;
	char *line;
	int got;

	foreign_text(&t, name, text, len);
	if ((got = foreign_line(&t, &line, e)) != 1)
		return got;
	if (strcmp(line, "4") != 0)
		return foreign_bad(&t, "a journal of another isync than 1.4; run mbsync once more, "
		    "which finishes it, then import", e);
	while ((got = foreign_line(&t, &line, e)) == 1)
		if (replay(f, &t, line, e) == -1)
			return -1;
	restore(f);
	return got;
}
