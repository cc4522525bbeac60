/*
 * Goes through a target's seeds without a fuzzer: what it was once taught, and all that it ever
 * found.  As a unit test it takes those of t/fuzz/seeds/NAME, its own name being fuzz_NAME; files as
 * arguments stand in for them.  A property that does not hold aborts.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "fuzz.h"

#define SEED_MAX	(4u << 20)

static void
fail(const char *path)
{
	fprintf(stderr, "%s: %s\n", path, strerror(errno));
	exit(1);
}

static void
replay(const char *path)
{
	struct stat st;
	uint8_t *bytes;
	ssize_t n;
	int fd;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1 || fstat(fd, &st) == -1)
		fail(path);
	/* exactly as long as the seed, so that a sanitizer sees what is read beyond it */
	bytes = malloc(st.st_size != 0 ? (size_t)st.st_size : 1);
	if (bytes == NULL || st.st_size > SEED_MAX || (n = read(fd, bytes, (size_t)st.st_size)) != st.st_size)
		fail(path);
	close(fd);
	/* what was printed last names the culprit, whatever becomes of it */
	printf("%s\n", path);
	fflush(stdout);
	LLVMFuzzerTestOneInput(bytes, (size_t)n);
	free(bytes);
}

/* The seeds of a directory; how many there were. */
static int
replay_all(const char *dir)
{
	struct dirent **list;
	struct buf path;
	int i, n, count = 0;

	if ((n = scandir(dir, &list, NULL, alphasort)) == -1)
		fail(dir);
	buf_init(&path, 1u << 16);
	for (i = 0; i < n; i++) {
		if (list[i]->d_name[0] != '.') {
			buf_clear(&path);
			buf_printf(&path, "%s/%s", dir, list[i]->d_name);
			replay(buf_cstr(&path));
			count++;
		}
		free(list[i]);
	}
	free(list);
	buf_free(&path);
	return count;
}

int
main(int argc, char *argv[])
{
	const char *name = strstr(argv[0], "fuzz_");
	struct buf dir;
	int i, n = argc - 1;

	for (i = 1; i < argc; i++)
		replay(argv[i]);
	if (argc == 1) {
		if (name == NULL) {
			fprintf(stderr, "%s: not named fuzz_TARGET, and no seeds as arguments\n", argv[0]);
			return 2;
		}
		buf_init(&dir, 4096);
		buf_printf(&dir, "t/fuzz/seeds/%s", name + 5);
		n = replay_all(buf_cstr(&dir));
		buf_free(&dir);
	}
	printf("%d seeds\n", n);
	return n != 0 ? 0 : 1;
}
