/* FolderValidity as OfflineIMAP keeps it. */
#include "state/validity.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/rec.h"

/* Far more than a number and its line feed. */
#define FILE_MAX	64

static char *
directory(const char *metadata, const char *repo)
{
	return mem_printf("%s/Repository-%s/FolderValidity", metadata, repo);
}

/* The file's name; NULL if the folder has none that is safe, or one too long to be replaced. */
static char *
file_name(const char *folder)
{
	char *name, *p;

	name = mem_dup(folder);
	for (p = name; *p != '\0'; p++)
		if (*p == '/')
			*p = '.';
	if (*name == '\0' || strcmp(name, ".") == 0) {
		free(name);
		return mem_dup("dot");
	}
	if (io_component(name) && strlen(name) <= IO_REPLACE_MAX)
		return name;
	free(name);
	return NULL;
}

/* The number in an open file; 1 or 0. */
static int
parse(int fd, uint32_t *validity)
{
	char text[FILE_MAX + 1];
	ssize_t n;
	uint64_t v;

	do
		n = read(fd, text, FILE_MAX);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	text[strcspn(text, "\r\n")] = '\0';
	if (rec_number(text, &v) == -1 || v == 0 || v > UINT32_MAX)
		return 0;
	*validity = (uint32_t)v;
	return 1;
}

int
validity_read(const char *metadata, const char *repo, const char *folder, uint32_t *validity)
{
	char *dir, *name, *path;
	int fd, got = 0;

	if ((name = file_name(folder)) == NULL)
		return 0;
	dir = directory(metadata, repo);
	path = mem_printf("%s/%s", dir, name);
	/* O_NONBLOCK: a FIFO put there must not stop us */
	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) != -1) {
		got = parse(fd, validity);
		close(fd);
	}
	free(path);
	free(dir);
	free(name);
	return got;
}

int
validity_write(const char *metadata, const char *repo, const char *folder, uint32_t validity,
    struct err *e)
{
	char *dir, *name, text[16];
	uint32_t old;
	int fd = -1, n, r = -1;

	if (validity_read(metadata, repo, folder, &old) && old == validity)
		return 0;
	/* the state has the number; the file is a help for OfflineIMAP, which cannot write it either */
	if ((name = file_name(folder)) == NULL)
		return 0;
	dir = directory(metadata, repo);
	n = snprintf(text, sizeof(text), "%u\n", validity);
	ENSURE(n > 0 && n < (int)sizeof(text));
	if (io_mkdirs(dir) == 0 &&
	    (fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) != -1)
		r = io_replace(fd, name, text, (size_t)n);
	if (r == -1)
		err_fail(e, "%.200s/%.200s: cannot write: %s", dir, name, strerror(errno));
	if (fd != -1)
		close(fd);
	free(dir);
	free(name);
	return r;
}

int
validity_forget(const char *metadata, const char *repo, const char *folder, struct err *e)
{
	char *dir, *name;
	int fd, r = 0, saved;

	if ((name = file_name(folder)) == NULL)
		return 0;
	dir = directory(metadata, repo);
	if ((fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1 ||
	    unlinkat(fd, name, 0) == -1)
		r = errno == ENOENT ? 0 : -1;
	else
		r = fsync(fd);
	saved = errno;
	if (r == -1)
		err_fail(e, "%.200s/%.200s: cannot remove: %s", dir, name, strerror(saved));
	if (fd != -1)
		close(fd);
	free(dir);
	free(name);
	errno = saved;
	return r;
}
