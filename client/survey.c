/* SPDX-License-Identifier: Apache-2.0 */
#include "client/survey.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "client/admin.h"
#include "client/config.h"
#include "client/launch/layout.h"

/* --- where things are --------------------------------------------------------------------- */

static const struct {
	const char *folder, *name, *place;
} paths[SURVEY_PATHS] = {
#define PATH(SYMBOL, folder_, name_, place_) [SURVEY_##SYMBOL] = { folder_, name_, place_ },
	SURVEY_PATH_LIST(PATH)
#undef PATH
};

static int complain_of_socket(const char *socket, struct complaint *why)
{
	complain(why, -EINVAL, "%s is not the admin socket of a service", socket);
	complaint_hint(why, "of `coffer up --data DIR`, say --data DIR");
	return -EINVAL;
}

static int find_paths(struct survey *s, const char *data, const char *socket, struct complaint *why)
{
	char name[NAME_MAX + 1] = "", root[PATH_MAX] = "";

	s->is_service = !data;
	if (!data && !config_service_of(socket, name))
		return complain_of_socket(socket, why);
	if (data && !realpath(data, root))
		return complain_errno(why, -errno, "cannot look at %s", data);
	snprintf(s->config, sizeof(s->config), data ? CONFIG_FILE : "/etc/%s/coffer.conf", name);
	for (enum survey_path p = 0; p < SURVEY_PATHS; p++) {
		char *to = s->files[p].path;
		int n = data ? snprintf(to, PATH_MAX, "%s/%s%s", root, paths[p].folder,
					paths[p].name)
			     : snprintf(to, PATH_MAX, "%s/%s/%s", paths[p].place, name,
					paths[p].name);

		if (n >= PATH_MAX)
			return complain_errno(why, -ENAMETOOLONG, "cannot look at %s", root);
	}
	return 0;
}

/* --- files -------------------------------------------------------------------------------- */

/* A line of /proc/net/unix is "…: count protocol flags type state inode path". */
static bool is_listening(const char *line, const char *path)
{
	unsigned long flags;
	int at = 0;

	return sscanf(line, "%*s %*s %*s %lx %*s %*s %*s %n", &flags, &at) == 1 && at &&
	       (flags & 0x10000 /* __SO_ACCEPTCON */) && strcmp(line + at, path) == 0;
}

static void look_for_listeners(struct survey *s)
{
	_cleanup_(fd_fclosep) FILE *f = fopen(PROCESS_PROC "/net/unix", "re");
	char line[PATH_MAX + 128];

	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		for (enum survey_path p = 0; p < SURVEY_PATHS; p++)
			s->files[p].listens |= is_listening(line, s->files[p].path);
	}
}

static void look_at_files(struct survey *s)
{
	for (enum survey_path p = 0; p < SURVEY_PATHS; p++) {
		struct survey_file *f = &s->files[p];
		struct stat st;

		f->error = lstat(f->path, &st) < 0 ? errno : 0;
		if (f->error)
			continue;
		f->mode = st.st_mode;
		f->uid = st.st_uid;
		f->size = st.st_size;
	}
	look_for_listeners(s);
}

/* --- processes ---------------------------------------------------------------------------- */

static void look_at_daemons(struct survey *s)
{
	static const struct {
		const char *option;
		enum survey_path path;
	} told_by[DAEMONS] = {
		[DAEMON_AUTHD] = { "--state", SURVEY_AUTH },
		[DAEMON_STORED] = { "--data", SURVEY_DATA },
		[DAEMON_FRONTEND] = { "--authd", SURVEY_AUTHD_FRONTEND },
	};

	for (enum daemon d = 0; d < DAEMONS; d++)
		s->daemons[d].result =
			process_find(PROCESS_PROC, daemons[d].program, told_by[d].option,
				     s->files[told_by[d].path].path, &s->daemons[d].process);
}

static void ask_authd(struct survey *s)
{
	json_t *request = json_pack("{s:s}", "do", "status"), *answer = NULL;
	struct complaint why = { 0 };
	struct admin a;
	int r;

	r = admin_open(s->files[SURVEY_AUTHD_ADMIN].path, &a, &why);
	if (r >= 0) {
		r = admin_call(&a, request, &answer, &why);
		admin_close(&a);
	}
	json_decref(request);
	json_decref(answer);
	s->admin_error = r == ADMIN_OK ? 0 : r < 0 ? -r : EPROTO;
}

/* --- ports -------------------------------------------------------------------------------- */

#define STATE_LISTEN 0x0a /* TCP_LISTEN of the kernel */
#define INODES_MAX   1024

struct inodes {
	unsigned long v[INODES_MAX];
	size_t n;
};

/* The sockets among a process's descriptors: links to "socket:[INODE]". */
static int read_inodes(pid_t pid, struct inodes *ret)
{
	char path[64], link[64];

	snprintf(path, sizeof(path), PROCESS_PROC "/%d/fd", (int)pid);
	if (access(path, R_OK) < 0)
		return -errno;
	for (int fd = 0; fd < INODES_MAX; fd++) {
		ssize_t n;

		snprintf(path, sizeof(path), PROCESS_PROC "/%d/fd/%d", (int)pid, fd);
		n = readlink(path, link, sizeof(link) - 1);
		if (n < 0)
			continue;
		link[n] = '\0';
		ret->n += sscanf(link, "socket:[%lu]", &ret->v[ret->n]) == 1;
	}
	return 0;
}

static bool has_inode(const struct inodes *all, unsigned long inode)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->v[i] == inode)
			return true;
	return false;
}

/* As the kernel prints it: words in its own byte order. */
static bool read_address(const char *hex, unsigned int port, struct address *ret)
{
	struct address a = { 0 };
	unsigned int words[4];
	int n = sscanf(hex, "%8x%8x%8x%8x", &words[0], &words[1], &words[2], &words[3]);

	if (n == 1) {
		a.v4 = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port) };
		a.v4.sin_addr.s_addr = words[0];
		a.len = sizeof(a.v4);
	} else if (n == 4) {
		a.v6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons(port) };
		memcpy(&a.v6.sin6_addr, words, sizeof(words));
		a.len = sizeof(a.v6);
	} else {
		return false;
	}
	*ret = a;
	return true;
}

static void read_ports(struct survey *s, const char *table, const struct inodes *ours)
{
	_cleanup_(fd_fclosep) FILE *f = fopen(table, "re");
	unsigned int port, state;
	unsigned long inode;
	char line[512], hex[33];

	while (f && fgets(line, sizeof(line), f))
		if (s->n_ports < SURVEY_PORTS_MAX &&
		    sscanf(line, "%*s %32[0-9A-F]:%x %*s %x %*s %*s %*s %*s %*s %lu", hex, &port,
			   &state, &inode) == 4 &&
		    state == STATE_LISTEN && has_inode(ours, inode))
			s->n_ports += read_address(hex, port, &s->ports[s->n_ports]);
}

static void look_at_ports(struct survey *s)
{
	const struct survey_daemon_facts *frontend = &s->daemons[DAEMON_FRONTEND];
	struct inodes ours = { 0 };
	int r;

	if (frontend->result != PROCESS_OK)
		return;
	r = read_inodes(frontend->process.pid, &ours);
	s->ports_error = -r;
	read_ports(s, PROCESS_PROC "/net/tcp", &ours);
	read_ports(s, PROCESS_PROC "/net/tcp6", &ours);
}

/* --- the host ----------------------------------------------------------------------------- */

static void look_at_kernel(struct survey *s)
{
	unsigned int kill = SECCOMP_RET_KILL_PROCESS;
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	s->landlock_abi = abi < 0 ? -errno : (int)abi;
	s->has_seccomp = syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &kill) == 0;
}

static void look_at_clock(struct survey *s)
{
	struct timex t = { 0 };
	int state = adjtimex(&t);

	s->clock_state = state < 0 ? -errno : state;
	s->clock_error_us = t.maxerror;
}

#define FLUSHES	   9
#define FLUSH_SIZE 4096

static int by_size(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int flush_once(int fd, uint64_t offset, uint64_t *ret_ns)
{
	static const char block[FLUSH_SIZE] = "coffer";
	uint64_t started_ns = clock_boottime_ns();

	if (pwrite(fd, block, sizeof(block), (off_t)offset) != sizeof(block) || fdatasync(fd) < 0)
		return -errno;
	*ret_ns = clock_boottime_ns() - started_ns;
	return 0;
}

static int try_flush(const char *directory, uint64_t *ret_ns)
{
	_cleanup_(fd_closep) int fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	uint64_t ns[FLUSHES];

	if (fd < 0)
		return -errno;
	for (size_t i = 0; i < FLUSHES; i++) {
		int r = flush_once(fd, i * FLUSH_SIZE, &ns[i]);

		if (r < 0)
			return r;
	}
	qsort(ns, FLUSHES, sizeof(ns[0]), by_size);
	*ret_ns = ns[FLUSHES / 2];
	return 0;
}

static void look_at_disk(struct survey *s)
{
	const char *data = s->files[SURVEY_DATA].path;
	struct statfs st;

	s->file_system_error = statfs(data, &st) < 0 ? errno : 0;
	s->file_system = s->file_system_error ? 0 : (long)st.f_type;
	s->flush_error = -try_flush(data, &s->flush_ns);
}

/* --- all of it ---------------------------------------------------------------------------- */

int survey_make(const char *data, const char *socket, const char *config, struct survey *ret,
		struct complaint *why)
{
	struct survey *s = ret;
	int r;

	*s = (struct survey){ .owner = data ? geteuid() : 0 };
	r = find_paths(s, data, socket, why);
	if (r < 0)
		return r;
	s->config_result =
		config ? config_read(config, &s->values, &s->config_complaint)
		       : config_read_if_there(s->config, &s->values, &s->config_complaint);
	look_at_files(s);
	look_at_daemons(s);
	ask_authd(s);
	look_at_ports(s);
	look_at_kernel(s);
	look_at_clock(s);
	look_at_disk(s);
	return 0;
}

void survey_clear(struct survey *s)
{
	values_clear(&s->values);
}
