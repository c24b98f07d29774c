/* SPDX-License-Identifier: Apache-2.0 */
#include "client/process.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/span.h"

#define STATUS_MAX (8 * KIB)

bool process_is_confined(const struct process *p)
{
	return p->seccomp == PROCESS_FILTERED && p->no_new_privs && !p->capabilities;
}

bool process_is_held(const struct process *p)
{
	return p->seccomp == PROCESS_FILTERED && p->no_new_privs && !p->has_capabilities;
}

/* As much as there is room for, with a zero byte behind. */
static ssize_t read_file(int dir_fd, const char *name, char *to, size_t size)
{
	_cleanup_(fd_closep) int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n;

	if (fd < 0)
		return -errno;
	while ((n = read(fd, to + len, size - 1 - len)) > 0)
		len += (size_t)n;
	if (n < 0)
		return -errno;
	to[len] = '\0';
	return (ssize_t)len;
}

/* --- /proc/PID ---------------------------------------------------------------------------- */

/* What stands behind "\nNAME:\t"; "" where there is no such line. */
static const char *line_of(const char *status, const char *name)
{
	char start[32];
	const char *at;

	snprintf(start, sizeof(start), "\n%s:\t", name);
	at = strstr(status, start);
	return at ? at + strlen(start) : "";
}

/* More than one value, with tabs between. */
static bool has_more(const char *line)
{
	return line[strcspn(line, "\t\n")] == '\t';
}

static int read_status(int dir_fd, struct process *p)
{
	static const char *const sets[] = { "CapInh", "CapPrm", "CapEff", "CapAmb" };
	char status[STATUS_MAX];
	uint64_t held = 0;
	ssize_t n = read_file(dir_fd, "status", status, sizeof(status));

	if (n < 0)
		return (int)n;
	p->uid = (uid_t)strtoul(line_of(status, "Uid"), NULL, 10);
	p->gid = (gid_t)strtoul(line_of(status, "Gid"), NULL, 10);
	p->seccomp = (unsigned int)strtoul(line_of(status, "Seccomp"), NULL, 10);
	p->no_new_privs = *line_of(status, "NoNewPrivs") == '1';
	p->is_nested = has_more(line_of(status, "NSpid"));
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++)
		held |= strtoull(line_of(status, sets[i]), NULL, 16);
	p->has_capabilities = held != 0;
	p->capabilities = held | strtoull(line_of(status, "CapBnd"), NULL, 16);
	return 0;
}

/* The 22nd field; the second is a name in parentheses, in which there may be anything. */
static int read_start(int dir_fd, uint64_t *ret_ticks)
{
	char stat[STATUS_MAX];
	ssize_t n = read_file(dir_fd, "stat", stat, sizeof(stat));
	const char *at = n < 0 ? NULL : strrchr(stat, ')');

	if (n < 0)
		return (int)n;
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (!at)
		return -EPROTO;
	*ret_ticks = strtoull(at + 1, NULL, 10);
	return 0;
}

static int read_uptime(int proc_fd, int dir_fd, struct process *p)
{
	uint64_t started = 0, hz = (uint64_t)sysconf(_SC_CLK_TCK), up;
	char text[64];
	ssize_t n;
	int r;

	r = read_start(dir_fd, &started);
	if (r < 0)
		return r;
	n = read_file(proc_fd, "uptime", text, sizeof(text));
	if (n < 0)
		return (int)n;
	up = strtoull(text, NULL, 10);
	p->uptime_s = up > started / hz ? up - started / hz : 0;
	return 0;
}

/* Whoever may not know what it was started from does not hear that it is gone. */
static void read_program(int dir_fd, struct process *p)
{
	static const char gone[] = " (deleted)";
	char path[PATH_MAX] = "";
	ssize_t n = readlinkat(dir_fd, "exe", path, sizeof(path) - 1);

	p->is_replaced = n >= (ssize_t)strlen(gone) && strcmp(path + n - strlen(gone), gone) == 0;
}

static int read_in(int proc_fd, pid_t pid, struct process *ret)
{
	struct process p = { .pid = pid };
	_cleanup_(fd_closep) int dir_fd = -1;
	char name[16];
	ssize_t n;
	int r;

	snprintf(name, sizeof(name), "%d", (int)pid);
	dir_fd = openat(proc_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd < 0)
		return errno == ENOENT ? PROCESS_NONE : -errno;
	n = read_file(dir_fd, "cmdline", p.args, sizeof(p.args));
	p.args_len = n < 0 ? 0 : (size_t)n;
	r = n < 0 ? (int)n : read_status(dir_fd, &p);
	if (r >= 0)
		r = read_uptime(proc_fd, dir_fd, &p);
	read_program(dir_fd, &p);
	if (r == -ESRCH || r == -ENOENT)
		return PROCESS_NONE;
	if (r >= 0)
		*ret = p;
	return r;
}

int process_read(const char *proc, pid_t pid, struct process *ret)
{
	_cleanup_(fd_closep) int proc_fd = open(proc, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return proc_fd < 0 ? -errno : read_in(proc_fd, pid, ret);
}

/* --- arguments ---------------------------------------------------------------------------- */

const char *process_argument(const struct process *p, const char *option, const char *after)
{
	const char *end = p->args + p->args_len, *at = after ? after : p->args;

	while (at < end) {
		const char *next = at + strlen(at) + 1;

		if (strcmp(at, option) == 0 && next < end)
			return next;
		at = next;
	}
	return NULL;
}

bool process_is_of(const struct process *p, const char *program)
{
	const char *slash = strrchr(p->args, '/');

	return strcmp(slash ? slash + 1 : p->args, program) == 0;
}

static bool was_started_as(const struct process *p, const char *program, const char *option,
			   const char *value)
{
	const char *given = process_argument(p, option, NULL);

	return process_is_of(p, program) && given && strcmp(given, value) == 0;
}

int process_find(const char *proc, const char *program, const char *option, const char *value,
		 struct process *ret)
{
	DIR *d = opendir(proc);
	const struct dirent *entry;
	int r = PROCESS_NONE;
	uint64_t pid;

	if (!d)
		return -errno;
	while ((entry = readdir(d))) {
		struct process p;

		if (!span_to_u64(span_from_string(entry->d_name), &pid) || pid > INT_MAX ||
		    read_in(dirfd(d), (pid_t)pid, &p) != PROCESS_OK ||
		    !was_started_as(&p, program, option, value))
			continue;
		if (r == PROCESS_OK && (p.uptime_s < ret->uptime_s ||
					(p.uptime_s == ret->uptime_s && p.pid > ret->pid)))
			continue;
		*ret = p;
		r = PROCESS_OK;
	}
	closedir(d);
	return r;
}
