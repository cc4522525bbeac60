/* Passes over a folder that know whether anything moved under them. */
#include "maildir/scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fsys.h"
#include "maildir/keyset.h"

#define NSEC	1000000000
/*
 * Changes closer together than a tick of the file system's clock have equal
 * times; some systems tick in whole seconds, FAT in two.
 */
#define TICK		20000000
#define TICK_SECONDS	2100000000

void
scan_init(struct scan *s, const struct mdfolder *f)
{
	memset(s, 0, sizeof(*s));
	s->f = f;
}

int
scan_again(const struct scan *s)
{
	return !s->proven && s->passes < SCAN_PASSES;
}

static void
nap(int64_t ns)
{
	struct timespec ts = { .tv_sec = ns / NSEC, .tv_nsec = ns % NSEC };

	while (nanosleep(&ts, &ts) == -1 && errno == EINTR)
		continue;
}

/* How many ns until a further change of the directory is sure to show in its head. */
static int64_t
unsettled(const struct dirhead *h)
{
	int64_t now, age, last = h->mtime > h->ctime ? h->mtime : h->ctime;
	int64_t tick = h->mtime % NSEC == 0 && h->ctime % NSEC == 0 ? TICK_SECONDS : TICK;
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	now = (int64_t)ts.tv_sec * NSEC + ts.tv_nsec;
	/* A time in the future is none that a change could repeat now. */
	age = now - last;
	return age >= 0 && age < tick ? tick - age : 0;
}

/* Both heads, waiting once for a tick to end; *settled tells if it had. */
static int
heads(const struct mdfolder *f, struct dirhead *cur, struct dirhead *new, int *settled)
{
	int64_t wait = 0, w;
	int i;

	for (i = 0; i < 2; i++) {
		if (wait != 0)
			nap(wait);
		if (md_head_get(f->cur, cur) == -1 || md_head_get(f->new, new) == -1)
			return -1;
		wait = unsettled(cur);
		if ((w = unsettled(new)) > wait)
			wait = w;
		if (wait == 0)
			break;
	}
	*settled = wait == 0;
	return 0;
}

/* 1 if an entry may be a message: no subdirectory, no leading dot. */
static int
may_be_message(int fd, const struct dirent *de)
{
	struct stat st;

	if (de->d_name[0] == '.' || de->d_type == DT_DIR)
		return 0;
	return de->d_type != DT_UNKNOWN ||
	    fstatat(fd, de->d_name, &st, AT_SYMLINK_NOFOLLOW) == -1 || !S_ISDIR(st.st_mode);
}

/* All names of one directory; 0, or -1 with errno (0: "each" ended it). */
static int
read_names(struct scan *s, int fd, int where, int add_up,
    int (*each)(void *, const char *, int), void *arg)
{
	static const uint64_t seed[2] = { 1, 2 };
	struct dirent *de;
	int own, saved = 0;
	DIR *d;

	if ((own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		return -1;
	if ((d = fdopendir(own)) == NULL) {
		close(own);
		return -1;
	}
	for (;;) {
		errno = 0;
		if ((de = readdir(d)) == NULL) {
			saved = errno;
			break;
		}
		if (!may_be_message(fd, de))
			continue;
		if (add_up)
			s->sum += keyset_hash(seed, de->d_name, strlen(de->d_name)) ^
			    (uint64_t)where;
		if (each(arg, de->d_name, where) != 0) {
			closedir(d);
			errno = 0;
			return -1;
		}
	}
	closedir(d);
	errno = saved;
	return saved != 0 ? -1 : 0;
}

int
scan_pass(struct scan *s, int (*each)(void *, const char *, int), void *arg, struct err *e)
{
	static const int pause_ms[] = { 0, 3, 10, 40, 150, 400 };
	const size_t npause = sizeof(pause_ms) / sizeof(pause_ms[0]);
	struct dirhead cur, new, cur2, new2;
	int settled, remote = fsys_remote(s->f->cur) != NULL;

	nap((int64_t)pause_ms[s->passes < npause ? s->passes : npause - 1] * 1000000);
	s->lastsum = s->sum;
	s->sum = 0;
	s->proven = 0;
	if (heads(s->f, &cur, &new, &settled) == -1)
		goto failed;
	s->cur = cur;
	s->new = new;
	s->cur.valid = md_head_sure(&cur, s->f->cur);
	s->new.valid = md_head_sure(&new, s->f->new);
	if (read_names(s, s->f->new, 'n', remote, each, arg) == -1 ||
	    read_names(s, s->f->cur, 'c', remote, each, arg) == -1 ||
	    md_head_get(s->f->cur, &cur2) == -1 || md_head_get(s->f->new, &new2) == -1)
		goto failed;
	s->proven = settled && dirhead_equal(&cur, &cur2) && dirhead_equal(&new, &new2);
	/* Where times come late or from a cache, two passes must also agree. */
	if (remote && (s->passes == 0 || s->sum != s->lastsum))
		s->proven = 0;
	s->passes++;
	return 0;
failed:
	if (errno != 0)
		err_again(e, "%s", strerror(errno));
	return -1;
}
