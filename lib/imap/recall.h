/*
 * Capabilities remembered from an earlier session, for servers that do not name them
 * when they greet.  imap-connect's greeting then names the remembered ones with the word
 * XREMEMBERED, and with XCONNECT=... what it wants to be kept for itself.
 */
#ifndef IMAP_RECALL_H
#define IMAP_RECALL_H

#include "base/buf.h"
#include "imap/session.h"

/*
 * For a session that has just been greeted: asks for the capabilities, if they are only
 * remembered, in one flight with what follows; the answer replaces them.
 */
void	 recall_ask(struct imap *);
/*
 * Compares the capabilities of the greeting with those that are known now: 1 if they should be
 * noted, with the text of "note caps="; 0 if not.
 */
int	 recall_news(const char *greeting, const char *now, struct buf *);

#endif
