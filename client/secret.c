/* SPDX-License-Identifier: Apache-2.0 */
#include "client/secret.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "base/fd.h"
#include "client/input.h"

static int read_line(int fd, char *to, size_t size)
{
	size_t len = 0;
	ssize_t n;
	char c;

	/* Byte by byte, and not through stdio, which would keep a copy. */
	while ((n = TEMP_FAILURE_RETRY(read(fd, &c, 1))) == 1 && c != '\n') {
		if (len + 1 >= size)
			return -EMSGSIZE;
		to[len++] = c;
	}
	if (n < 0)
		return -errno;
	if (len && to[len - 1] == '\r')
		len--;
	to[len] = '\0';
	return len ? 0 : -ENODATA;
}

static int read_terminal(int fd, const char *what, char *to, size_t size)
{
	struct termios shown, hidden;
	int r;

	if (tcgetattr(fd, &shown) < 0)
		return read_line(fd, to, size);
	hidden = shown;
	hidden.c_lflag &= ~(tcflag_t)ECHO;
	/* Before the prompt: TCSAFLUSH throws away what was typed until then. */
	tcsetattr(fd, TCSAFLUSH, &hidden);
	fprintf(stderr, "%s: ", what);
	r = read_line(fd, to, size);
	tcsetattr(fd, TCSAFLUSH, &shown);
	fputc('\n', stderr);
	return r;
}

/* A pipe or a terminal is who it is handed to. */
static int check_file(int fd, const char *path, const char *what, struct complaint *why)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return complain_errno(why, -errno, "cannot look at %s", input_name(path));
	if (!S_ISREG(st.st_mode) || !(st.st_mode & (S_IRWXG | S_IRWXO)))
		return 0;
	complain(why, -EPERM, "%s is not for its owner only: its mode is %04o", input_name(path),
		 st.st_mode & 07777u);
	complaint_hint(why, "close it, and take another %s if others could read it", what);
	return -EPERM;
}

int secret_read(const char *path, const char *what, char *to, size_t size, struct complaint *why)
{
	_cleanup_(fd_closep) int fd = -1;
	int r;

	fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return complain_errno(why, -errno, "cannot read %s", input_name(path));
	r = strcmp(path, "-") == 0 ? 0 : check_file(fd, path, what, why);
	if (r < 0)
		return r;
	r = read_terminal(fd, what, to, size);
	if (r == -EMSGSIZE)
		return complain(why, r, "the %s has more than %zu characters", what, size - 1);
	if (r < 0 && strcmp(path, "-") != 0)
		return complain(why, r, "there is no %s in %s", what, path);
	return r < 0 ? complain(why, r, "no %s came on standard input", what) : 0;
}
