/*
 * The dialogue with a server up to the end of the login (RFC 3501, sections 3.1
 * and 6.1 to 6.2): one command at a time.
 */
#ifndef NET_TALK_H
#define NET_TALK_H

#include <stdint.h>

#include "base/err.h"
#include "net/chan.h"
#include "net/line.h"
#include "net/server.h"

#define TALK_SECRETS	4

enum talk_reply {
	TALK_ERROR = -1,	/* the error is set */
	TALK_OK,		/* a greeting or tagged answer */
	TALK_NO,
	TALK_BAD,
	TALK_PREAUTH,		/* a greeting only */
	TALK_CONT		/* "+": the text is what follows it */
};

struct talk {
	const struct net_server *srv;	/* borrowed */
	struct chan	*chan;		/* owned */
	struct line	 line;
	unsigned	 tag;		/* number of the last command */
	char		*caps;		/* the newest capabilities, NULL if not known */
	int64_t		 sent;		/* when an answer began to be due, 0 when it has begun */
	int		 turn;		/* milliseconds of the quickest answer, -1: none was measured */
	char		*offered;	/* those by which the login was done */
	unsigned	 asked;		/* how often they had to be asked for in this channel */
	int		 guessed;	/* they are remembered ones */
	unsigned	 capsseen;	/* how often the server named them */
	char		 text[256];	/* what the server said, cut and with secrets hidden */
	char		 code[32];	/* its response code in upper case, "" if none */
	char		*raw;		/* the text of a TALK_CONT in full; lives until the next read */
	char		*secret[TALK_SECRETS];	/* never to be shown */
	void		(*trace)(const char *);	/* each line as it may be shown, or NULL */
};

/* Takes the channel over. */
void	 talk_init(struct talk *, const struct net_server *, struct chan *,
	    void (*trace)(const char *));
/* Closes the channel unless talk_chan was called, and wipes the secrets. */
void	 talk_free(struct talk *);
/* Gives the channel back. */
struct chan *talk_chan(struct talk *);

/* Reads the greeting: TALK_OK, TALK_PREAUTH or TALK_ERROR (a BYE is exit status 75). */
enum talk_reply talk_greeting(struct talk *, struct err *);

/* Sends "TAG COMMAND", with what is shown of it in the trace.  0 or -1. */
int	 talk_send(struct talk *, const char *command, const char *shown, struct err *);
/* Sends bytes (a line of an answer, or a literal) as they are, shown as "***". */
int	 talk_answer(struct talk *, const char *, struct err *);
/* Reads until the command is answered or wants to be continued. */
enum talk_reply talk_reply(struct talk *, struct err *);
/* Both in one for a command that is never continued. */
enum talk_reply talk_command(struct talk *, const char *, struct err *);

/* Makes sure that the capabilities are known. */
int	 talk_caps(struct talk *, struct err *);
/* Forgets them. */
void	 talk_nocaps(struct talk *);

/* Remembers a string (taken over) that must never be shown, nor survive talk_free. */
void	 talk_hide(struct talk *, char *);

#endif
