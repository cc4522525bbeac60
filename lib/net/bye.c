/* "* BYE" (RFC 3501, 7.1.5). */
#include "net/bye.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/pct.h"
#include "net/chan.h"

void
net_bye(int out, const char *text)
{
	struct buf b;

	buf_init(&b, 4096);
	buf_str(&b, "* BYE ");
	pct_show(&b, text);
	buf_str(&b, "\r\n");
	if (send(out, b.data, b.len, MSG_DONTWAIT | MSG_NOSIGNAL) == -1 && errno == ENOTSOCK &&
	    b.len <= PIPE_BUF && chan_wait(out, POLLOUT, 0) == 0)
		(void)!write(out, b.data, b.len);
	buf_free(&b);
}
