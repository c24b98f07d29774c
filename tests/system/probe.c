/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What systemd starts in a daemon's place, under the very settings of its unit: what a unit alone
 * allows, before a daemon has given up the rest. test_confinement.py has what must come of it.
 *
 *   probe [HOW:PATH]...    HOW: read, make, stream, seqpacket
 *
 * First prints what the kernel says of it, then a line for each of these and of the attempts below:
 * "NAME done", or the error in place of the word.
 */

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/defs.h"

/* Each returns as the call does that it tries: < 0, and errno. */

static int read_file(const char *path)
{
	return open(path, O_RDONLY | O_CLOEXEC);
}

static int make_file(const char *path)
{
	return open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
}

static int connect_to(const char *path, int type)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return fd;
	strncpy(a.sun_path, path, sizeof(a.sun_path) - 1);
	return connect(fd, (struct sockaddr *)&a, sizeof(a));
}

static int stream(const char *path)
{
	return connect_to(path, SOCK_STREAM);
}

static int seqpacket(const char *path)
{
	return connect_to(path, SOCK_SEQPACKET);
}

static const struct {
	const char *how;
	int (*try)(const char *path);
} on_paths[] = {
	{ "read:", read_file },
	{ "make:", make_file },
	{ "stream:", stream },
	{ "seqpacket:", seqpacket },
};

static int try_ipv4(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static int try_ipv6(void)
{
	return socket(AF_INET6, SOCK_DGRAM, 0);
}

static int try_netlink(void)
{
	return socket(AF_NETLINK, SOCK_RAW, 0);
}

static int try_packet(void)
{
	return socket(AF_PACKET, SOCK_RAW, 0);
}

static int try_vsock(void)
{
	return socket(AF_VSOCK, SOCK_STREAM, 0);
}

static int try_root(void)
{
	return setresuid(0, 0, 0);
}

static int try_root_group(void)
{
	return setresgid(0, 0, 0);
}

static int try_groups(void)
{
	return setgroups(0, NULL);
}

/* Who owns a file may say so of it; /tmp is there for each, and its own. */
static int try_setuid_file(void)
{
	int fd = open("/tmp", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);

	return fd < 0 ? fd : fchmod(fd, S_ISUID | S_IRWXU);
}

static int try_code(void)
{
	const int protection = PROT_READ | PROT_WRITE | PROT_EXEC;
	void *p = mmap(NULL, 1, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? -1 : 0;
}

static int try_user_namespace(void)
{
	return unshare(CLONE_NEWUSER);
}

static int try_mount(void)
{
	return mount("none", "/tmp", "tmpfs", 0, NULL);
}

static int try_trace(void)
{
	return (int)ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
}

static int try_signal(void)
{
	return kill(1, SIGCONT);
}

static int try_personality(void)
{
	return personality(ADDR_NO_RANDOMIZE);
}

static int try_realtime(void)
{
	const struct sched_param p = { .sched_priority = 1 };

	return sched_setscheduler(0, SCHED_FIFO, &p);
}

static int try_bpf(void)
{
	return (int)syscall(SYS_bpf, 0, NULL, 0);
}

static int try_keyring(void)
{
	return (int)syscall(SYS_add_key, "user", "probe", "x", 1, -2);
}

static int try_io_uring(void)
{
	return (int)syscall(SYS_io_uring_setup, 1, NULL);
}

static int try_program(void)
{
	static char name[] = "true";
	static char *const args[] = { name, NULL };

	return execve("/usr/bin/true", args, args + 1);
}

static const struct {
	const char *name;
	int (*try)(void);
} attempts[] = {
	{ "ipv4", try_ipv4 },
	{ "ipv6", try_ipv6 },
	{ "netlink", try_netlink },
	{ "packet", try_packet },
	{ "vsock", try_vsock },
	{ "root", try_root },
	{ "root-group", try_root_group },
	{ "groups", try_groups },
	{ "setuid-file", try_setuid_file },
	{ "code", try_code },
	{ "user-namespace", try_user_namespace },
	{ "mount", try_mount },
	{ "trace", try_trace },
	{ "signal", try_signal },
	{ "personality", try_personality },
	{ "realtime", try_realtime },
	{ "bpf", try_bpf },
	{ "keyring", try_keyring },
	{ "io-uring", try_io_uring },
	{ "program", try_program }, /* the last: what is executed does not come back */
};

static void tell(const char *name, int r)
{
	printf("%s %s\n", name, r < 0 ? strerrorname_np(errno) : "done");
	fflush(stdout);
}

static void try_on_path(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(on_paths); i++) {
		size_t n = strlen(on_paths[i].how);

		if (strncmp(word, on_paths[i].how, n) == 0)
			tell(word, on_paths[i].try(word + n));
	}
}

static void tell_status(void)
{
	char line[1024];
	FILE *f = fopen("/proc/self/status", "re");

	while (f && fgets(line, sizeof(line), f))
		fputs(line, stdout);
	if (f)
		fclose(f);
}

int main(int argc, char **argv)
{
	tell_status();
	for (int i = 1; i < argc; i++)
		try_on_path(argv[i]);
	for (size_t i = 0; i < ARRAY_SIZE(attempts); i++)
		tell(attempts[i].name, attempts[i].try());
	return 0;
}
