/* SPDX-License-Identifier: Apache-2.0 */

/*
 * usage: files DIRECTORY SIZE SECONDS
 *
 * What one writer gets who stores small files durably by the book: write a new file, flush it,
 * rename it to its name, flush the directory; one after another. Prints what `load` prints.
 */

#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/histogram.h"

#define NAMES 1000 /* as many files as a benchmark's bucket has keys, so that both replace */

static void store(int directory_fd, const char *bytes, size_t len, unsigned int n)
{
	char name[32];
	int fd;

	snprintf(name, sizeof(name), "k%06u", n % NAMES);
	fd = openat(directory_fd, "new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		err(1, "open");
	if (write(fd, bytes, len) != (ssize_t)len)
		err(1, "write");
	if (fdatasync(fd) < 0 || close(fd) < 0)
		err(1, "fdatasync");
	if (renameat(directory_fd, "new", directory_fd, name) < 0)
		err(1, "rename");
	if (fsync(directory_fd) < 0)
		err(1, "fsync of the directory");
}

int main(int argc, char **argv)
{
	static struct histogram times;
	uint64_t begin, started, until;
	char *bytes;
	size_t len;
	int fd;

	if (argc != 4)
		errx(2, "usage: files DIRECTORY SIZE SECONDS");
	len = strtoul(argv[2], NULL, 10);
	bytes = calloc(1, len + 1);
	fd = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (!bytes || fd < 0)
		err(1, "%s", argv[1]);
	begin = started = now_ns();
	until = begin + (uint64_t)(strtod(argv[3], NULL) * 1e9);
	for (unsigned int n = 0; started < until; n++) {
		uint64_t ended;

		store(fd, bytes, len, n);
		ended = now_ns();
		histogram_add(&times, ended - started);
		started = ended;
	}
	histogram_print(&times, (double)(started - begin) / 1e9, times.n * len, times.n);
	close(fd);
	free(bytes);
	return 0;
}
