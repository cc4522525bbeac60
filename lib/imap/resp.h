/* From the bytes of one response to its parts and to who waits for it. */
#ifndef IMAP_RESP_H
#define IMAP_RESP_H

#include "imap/session.h"

/* The response in im->resp, whole: parsed and handed to its callback.  0 or -1. */
int	 resp_dispatch(struct imap *, struct err *);

#endif
