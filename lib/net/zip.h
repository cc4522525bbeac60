/* Raw deflate in both directions above a channel (RFC 4978). */
#ifndef NET_ZIP_H
#define NET_ZIP_H

#include <stddef.h>

#include "net/chan.h"

#define ZIP_FIRST	(32u << 10)	/* bytes that may have come already */

/*
 * Takes the channel over; "first" (at most ZIP_FIRST bytes) is what has already come of
 * the compressed stream.  Each write is flushed, memory is bounded whatever the peer
 * sends (300 kB), and no read gives more than was asked for.
 */
struct chan *zip_open(struct chan *, const char *first, size_t n);

#endif
