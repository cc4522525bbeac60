/* Reading small files of other programs. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plan/import_folder.h"

#define PIECE	65536

int
import_drain(int fd, struct buf *b)
{
	ssize_t n;
	char *to;

	for (;;) {
		if ((to = buf_room(b, PIECE)) == NULL) {
			errno = EFBIG;
			return -1;
		}
		n = read(fd, to, PIECE);
		if (n == 0)
			return 0;
		if (n > 0)
			b->len += (size_t)n;
		else if (errno != EINTR)
			return -1;
	}
}

int
import_read(int dirfd, const char *name, const char *shown, struct buf *b, struct err *e)
{
	struct stat sb;
	int fd, r;

	/* O_NONBLOCK: a FIFO put there must not stop us */
	fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd == -1)
		return errno == ENOENT ? 0 : err_fail(e, "%s: %s", shown, strerror(errno));
	r = fstat(fd, &sb);
	if (r == 0 && !S_ISREG(sb.st_mode)) {
		close(fd);
		return err_fail(e, "%s: no regular file", shown);
	}
	if (r == 0)
		r = import_drain(fd, b);
	if (r == -1)
		err_fail(e, "%s: %s", shown, strerror(errno));
	close(fd);
	return r == -1 ? -1 : 1;
}
