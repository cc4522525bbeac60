/*
 * A channel of bytes to the server: a socket in the clear, or TLS above it.
 * Neither read nor write ever blocks; a caller tries, and polls for what the
 * attempt said that it waits for (TLS may have to write in order to read).
 */
#ifndef NET_CHAN_H
#define NET_CHAN_H

#include <stdint.h>
#include <sys/types.h>

struct chan;

struct chan_ops {
	ssize_t	(*read)(struct chan *, void *, size_t);
	ssize_t	(*write)(struct chan *, const void *, size_t);
	void	(*close)(struct chan *);
};

struct chan {
	const struct chan_ops *ops;
	int	 fd;		/* non-blocking; owned */
	short	 rwait;		/* poll events that the last read waits for */
	short	 wwait;		/* the same of the last write */
	int	 more;		/* the last read left bytes that poll does not know of, or may have */
	struct chan *below;	/* that carries this one's bytes, NULL for the wire's own; owned */
	uint64_t up, down;	/* bytes written and read */
	char	 why[160];	/* cause of the last failure; "": see errno */
};

/* Takes the socket over. */
struct chan *chan_plain(int fd);
/* Ends the TLS session in good order, closes the socket and frees; NULL is fine. */
void	 chan_close(struct chan *);
/* The lowest: its figures are those of the wire, TLS itself not counted. */
const struct chan *chan_wire(const struct chan *);
/* Gives the socket back and frees the channel (only for one in the clear). */
int	 chan_release(struct chan *);

/*
 * With "on" closing it, also the kernel's when we are killed, takes back what has not arrived, and resets the
 * connection (socket(7), SO_LINGER): an upload must not reach the server after the next run
 * has looked for it in vain (hazard 25).
 */
void	 chan_abrupt(const struct chan *, int on);
/* Bytes that the kernel still holds for the peer, unacknowledged ones too; -1 if it does not say. */
int	 chan_queued(const struct chan *);

/* > 0, 0 at the end of the stream, -1: errno EAGAIN (see rwait) or an error. */
ssize_t	 chan_read(struct chan *, void *, size_t);
/* > 0, or -1: errno EAGAIN (see wwait) or an error. */
ssize_t	 chan_write(struct chan *, const void *, size_t);

/*
 * The same with waiting until a time of io_now: chan_get reads some, chan_put
 * writes all (0); -1 with errno ETIMEDOUT when the time is over.
 */
ssize_t	 chan_get(struct chan *, void *, size_t, int64_t deadline);
int	 chan_put(struct chan *, const void *, size_t, int64_t deadline);

/* The last failure in words; lives as long as the channel. */
const char *chan_why(const struct chan *);

/* Waits for events on a descriptor: 0, or -1 with errno (ETIMEDOUT). */
int	 chan_wait(int fd, short events, int64_t deadline);

#endif
