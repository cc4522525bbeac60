/* One message on a SOCK_SEQPACKET socket, with or without a descriptor. */
#ifndef BASE_PACKET_H
#define BASE_PACKET_H

#include <stddef.h>

/* Sends text, and fd unless it is -1, without waiting.  0 or -1 with errno. */
int	 packet_give(int sock, const char *text, int fd);
/*
 * Takes one message that is there: 1 and the text (what does not fit or holds
 * a NUL becomes ""), its descriptor in *fd (close-on-exec, -1 if none); 0 when the
 * other side has gone; -1 if there is none yet.
 */
int	 packet_take(int sock, char *text, size_t size, int *fd);

#endif
