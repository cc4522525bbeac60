/*
 * One authenticated IMAP session (RFC 3501, 9051): bytes in, responses out,
 * commands pipelined by tag.  It reads whenever it waits to write, so that
 * neither side can fill the other's buffers and hang.
 *
 * A session that failed stays failed: every later call returns -1 with the
 * same error.
 */
#ifndef IMAP_SESSION_H
#define IMAP_SESSION_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "imap/value.h"

#define IMAP_LITERAL_MAX	(1u << 20)	/* bytes of a literal kept in memory */
#define IMAP_MESSAGE_MAX	UINT32_MAX	/* bytes of a literal that goes to a sink (RFC 3501, number) */
#define IMAP_NUMBER_MAX		INT64_MAX	/* a modseq, a size (RFC 7162, section 7; RFC 9051, number64) */
#define IMAP_POLL_MAX		64	/* descriptors that are waited for together */
#define IMAP_RESPONSE_MAX	(16u << 20)	/* bytes of a response, its literals included */

enum imap_status { IMAP_OK, IMAP_NO, IMAP_BAD };

/* One response, valid during the callback. */
struct imap_resp {
	enum imap_status status;	/* tagged, and untagged OK, NO, BAD, PREAUTH (as OK), BYE (as BAD) */
	const char	*name;		/* untagged: "EXISTS", "FETCH", "OK", ... upper case; tagged: NULL */
	uint64_t	 num;		/* untagged "* 5 EXISTS": 5 */
	const struct value *data;	/* what follows the name; NULL for none */
	const struct value *code;	/* of "OK [CODE ...] text": its atoms, or NULL */
	const char	*text;		/* human text of OK, NO, BAD, BYE; "" for none */
	const char	*line;		/* all of it as it came, messages' bytes left out: for an error to quote */
};

/*
 * Where the bytes of a message go.  open is called with a literal's size, then
 * data for each piece, then close; each returns 0, or -1 with the error set.
 */
struct imap_sink {
	int		(*open)(void *, uint64_t size, struct err *);
	int		(*data)(void *, const char *, size_t, struct err *);
	int		(*close)(void *, struct err *);
	void		*arg;
};

/* Reads up to n bytes of a literal that is being sent: the count, 0 at its end, -1 with errno. */
struct imap_source {
	long		(*read)(void *, char *, size_t);
	void		*arg;
};

struct imap;
/* The tagged answer of a command, with the argument it was begun with; 0 or -1. */
struct imap_done {
	int		(*call)(struct imap *, void *arg, const struct imap_resp *, struct err *);
	void		*arg;
};

struct imap {
	int		 fd;		/* owned */
	int		 pid;		/* of the transport this tool started, or 0 */
	int		 timeout;	/* seconds without a byte while an answer is due; 0: none */
	int64_t		 since;		/* its last byte, or the first command since all were answered (io_now) */
	int		 trace;		/* show the dialogue on stderr */
	char		*caps;		/* ",IMAP4REV1,IDLE,...,", upper case */
	char		*enabled;	/* the same form */
	const char	*off;		/* the same: what the user switched off; borrowed, or NULL */
	unsigned	 tag;		/* number of the next command */
	int		 hasty;		/* asked for with IMAP_HASTY */
	int		 greeted;	/* the greeting has been read */
	int		 selected;	/* a folder is, or may be, selected */
	int		 unsure;	/* what should have deselected did not: never to be lent again */

	/* untagged responses; -1 ends the session with the error set */
	int		(*untagged)(struct imap *, void *arg, const struct imap_resp *, struct err *);
	void		*arg;
	struct imap_sink *sink;		/* takes literals behind BODY[...], or NULL */

	struct err	 err;		/* what broke it; status 0 while sound */

	/* private to open.c, session.c, poll.c, wire.c */
	struct buf	 in;		/* bytes read and not yet used, from inat */
	size_t		 inat;
	struct buf	 resp;		/* the response being gathered */
	size_t		 streamed[8];	/* offsets in resp of "{" whose bytes went to the sink */
	size_t		 nstreamed;
	size_t		 linestart;	/* of the current line in resp, behind the last literal */
	uint64_t	 literal;	/* bytes of the current literal still to come */
	int		 streaming;	/* they go to the sink */
	struct arena	*arena;
	struct imap_cmd	*cmds, **cmdtail;	/* in flight, oldest first */
	size_t		 ncmds;
	struct imap_seg	*segs, *seglast;	/* to be sent */
	size_t		 outlen;	/* bytes queued in plain segments */
	int		 plus;		/* continuation requests received and not yet used */
};

/*
 * Gets a session: from the driver's broker (OFFLINEIMAP_BROKER), else by
 * starting the transport: argv (NULL-terminated; imap-connect with its options).
 * Waits for the greeting, which must be PREAUTH.  0 or -1; imap_close either way.
 */
int	 imap_open(struct imap *, char *const argv[], int timeout, struct err *);
/*
 * The same in two steps for a tool that reads its input meanwhile: ask, poll
 * imap_asked() for input, then take, which waits no longer than a greeting.  Several
 * may be asked for before the first is taken.  From the broker an ask is patient: it waits for
 * a session that another tool still has.  imap_ask_for takes
 *	IMAP_MORE	there is work enough for one more login; the broker makes
 *			one unless it has maxconnections already
 *	IMAP_BULK	more than IMAP_BULK_MIN bytes are to pass: with usecompression
 *			the broker has the session compressed, if it pays
 *	IMAP_HASTY	capabilities that are only remembered will do for the first flight:
 *			for who does nothing in it that a server could misread
 * By hand each ask starts a transport; to keep to maxconnections is then up to the caller.
 */
#define IMAP_MORE	1u
#define IMAP_BULK	2u
#define IMAP_HASTY	4u
#define IMAP_BULK_MIN	(300u << 10)
int	 imap_ask(struct imap *, char *const argv[], int timeout, struct err *);
int	 imap_ask_for(struct imap *, char *const argv[], int timeout, unsigned how, struct err *);
int	 imap_asked(const struct imap *);
int	 imap_take(struct imap *, struct err *);
/*
 * Ends the use of a session: hands it back to the broker if it is quiescent,
 * else closes it.  Frees everything; err is kept.
 */
void	 imap_close(struct imap *);

/* A capability, upper case, that the server has and the user has not switched off. */
int	 imap_has(const struct imap *, const char *cap);
int	 imap_off(const struct imap *, const char *cap);	/* 1 if it is switched off */
int	 imap_enabled(const struct imap *, const char *cap);	/* 1 if the server said ENABLED to it */

/*
 * A command: begin (which gives it a tag), any number of puts, end.  Nothing is
 * sent before imap_pump.  imap_literal sends len bytes of the source; sync says
 * whether to wait for the server's "+" ({n}) or not ({n+}).
 */
void	 imap_begin(struct imap *, struct imap_done);
void	 imap_put(struct imap *, const char *);
void	 imap_printf(struct imap *, const char *, ...) __attribute__((format(printf, 2, 3)));
void	 imap_literal(struct imap *, uint64_t len, int sync, struct imap_source);
void	 imap_end(struct imap *);

/*
 * Sends and reads until at most n commands are unanswered and (n > 0) not much
 * is queued; imap_wait(im, 0) is the end of a flight.  0 or -1 (im->err).
 */
int	 imap_wait(struct imap *, size_t n);
/*
 * Waits until the session moved or fd (-1: none) can be read, and does what the session
 * asks for.  1 if fd can be read, 0 if not, -1 if the session broke.  The timeout counts only while
 * an answer is due.
 */
int	 imap_poll(struct imap *, int fd);
/*
 * The same for n sessions and any other descriptors at once (together IMAP_POLL_MAX), for
 * at most so many milliseconds (-1: no limit).  A session that breaks has err set, one that is
 * broken is left alone; revents of the others are poll(2)'s.  0, or -1 with errno.
 */
int	 imap_poll_all(struct imap *const *, size_t n, struct pollfd *, size_t nmore, int ms);

/*
 * Ends the selected state without a message touched: UNSELECT, or an EXAMINE of
 * a name that cannot exist where the server lacks it (hazards: a BAD to a
 * SELECT leaves the old folder selected).  done may be empty.
 */
void	 imap_unselect(struct imap *, struct imap_done);

/* "NO text" and the like for people: "the server said: ...". */
void	 imap_words(const struct imap_resp *, struct buf *);
/* 1 if the response's code is this one (OVERQUOTA, TRYCREATE, ...). */
int	 imap_code(const struct imap_resp *, const char *);

#endif
