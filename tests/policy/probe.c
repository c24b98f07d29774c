/* SPDX-License-Identifier: Apache-2.0 */
#undef NDEBUG

/*
 * T74: every attempt of attempts.c, really made, by each kind of process, from its first thread and
 * from one that was started before the filter. One confined process per attempt, since most end it.
 * Run as root it also drops ids; else everything but that is tried.
 */

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "policy/confine.h"
#include "policy/landlock.h"
#include "scene.h"

#define PROBE_UID    61230
#define TIME_LIMIT_S 10

/* Of the confined process; the filter leaves no way to hand it to a thread but memory. */
struct run {
	const struct scene *scene;
	const struct attempt *attempt;
	int report_fd;
	int start_fd;
};

static void report(const struct run *run)
{
	int r = run->attempt->try(run->scene);

	assert(write(run->report_fd, &r, sizeof(r)) == sizeof(r));
}

static void *wait_and_report(void *argument)
{
	const struct run *run = argument;
	char go;

	assert(read(run->start_fd, &go, 1) == 1);
	report(run);
	return NULL;
}

static void confine(struct confine *c, const struct scene *s)
{
	if (getuid() == 0) {
		c->uid = s->uid;
		c->gid = s->gid;
	}
	if (c->process != PROCESS_FRONTEND_PARENT)
		c->directory = s->own;
	assert(confine_drop(c) == 0);
	assert(confine_enclose(c) == 0);
}

static void run_in_first_thread(struct run *run, enum process p)
{
	struct confine c = CONFINE_INIT(p);

	confine(&c, run->scene);
	assert(confine_filter(&c) == 0);
	report(run);
}

static void run_in_other_thread(struct run *run, enum process p)
{
	struct confine c = CONFINE_INIT(p);
	int pipe_fds[2];
	pthread_t t;

	assert(pipe2(pipe_fds, O_CLOEXEC) == 0);
	run->start_fd = pipe_fds[0];
	confine(&c, run->scene);
	assert(pthread_create(&t, NULL, wait_and_report, run) == 0);
	assert(confine_filter(&c) == 0);
	assert(write(pipe_fds[1], "g", 1) == 1);
	assert(pthread_join(t, NULL) == 0);
}

static void run_in_worker(struct run *run, enum process p)
{
	struct confine c = CONFINE_INIT(PROCESS_FRONTEND_PARENT);
	int status;
	pid_t pid;

	confine(&c, run->scene);
	assert(confine_filter(&c) == 0);
	pid = fork();
	assert(pid >= 0);
	if (pid == 0) {
		assert(confine_worker(&c) == 0);
		report(run);
		_exit(0);
	}
	assert(waitpid(pid, &status, 0) == pid);
	_exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
}

typedef void runner(struct run *run, enum process p);

/* A worker's end comes as its parent's exit status. */
static int end_of(int status)
{
	int signal_number = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status) - 128;

	switch (signal_number) {
	case SIGSYS:
		return DIES;
	case SIGABRT:
		return ABORTS;
	default:
		return -ECHILD;
	}
}

/* What the attempt reported, or how it ended. */
static int outcome_of(const struct scene *s, const struct attempt *a, enum process p, runner *go)
{
	struct run run = { .scene = s, .attempt = a };
	int pipe_fds[2], status, result;
	ssize_t n;
	pid_t pid;

	assert(pipe2(pipe_fds, O_CLOEXEC) == 0);
	pid = fork();
	assert(pid >= 0);
	if (pid == 0) {
		alarm(TIME_LIMIT_S);
		run.report_fd = pipe_fds[1];
		go(&run, p);
		_exit(0);
	}
	close(pipe_fds[1]);
	n = read(pipe_fds[0], &result, sizeof(result));
	close(pipe_fds[0]);
	assert(waitpid(pid, &status, 0) == pid);
	if (n == sizeof(result))
		return result;
	return end_of(status);
}

static const char *outcome_name(int r)
{
	if (r == DIES)
		return "dies";
	if (r == ABORTS)
		return "aborts";
	return r == 0 ? "succeeds" : strerrorname_np(-r);
}

static int check(const struct scene *s, enum process p, const char *where, runner *go)
{
	int failed = 0, abi;

	assert(landlock_abi(&abi) == 0);
	for (int i = 0; i < n_attempts; i++) {
		const struct attempt *a = &attempts[i];
		int r;

		if (abi < a->abi) {
			printf("%s: %s: not tried, Landlock ABI %d\n", process_name(p), a->name,
			       abi);
			continue;
		}
		r = outcome_of(s, a, p, go);
		if (r == a->expected[p])
			continue;
		printf("%s, %s: %s: %s, expected: %s\n", process_name(p), where, a->name,
		       outcome_name(r), outcome_name(a->expected[p]));
		failed++;
	}
	return failed;
}

static int listen_at(const struct scene *s, const char *path, size_t first)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	memcpy(address.sun_path + first, path, strlen(path));
	assert(fd >= 0);
	assert(bind(fd, (struct sockaddr *)&address,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + first + strlen(path))) ==
	       0);
	assert(listen(fd, 4096) == 0);
	if (!first)
		assert(chmod(path, 0666) == 0);
	return fd;
}

static pid_t start_victim(const struct scene *s)
{
	pid_t pid = fork();

	assert(pid >= 0);
	if (pid)
		return pid;
	if (getuid() == 0)
		assert(setresgid(s->gid, s->gid, s->gid) == 0 &&
		       setresuid(s->uid, s->uid, s->uid) == 0);
	assert(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
	for (;;)
		pause();
}

static void join_path(char to[static SCENE_PATH_MAX], const char *directory, const char *name)
{
	assert(snprintf(to, SCENE_PATH_MAX, "%s/%s", directory, name) < SCENE_PATH_MAX);
}

static void set_scene(struct scene *s)
{
	bool root = getuid() == 0;

	*s = (struct scene){ .root = "/tmp/cf-probe-XXXXXX",
			     .uid = root ? PROBE_UID : getuid(),
			     .gid = root ? PROBE_UID : getgid() };
	assert(mkdtemp(s->root));
	join_path(s->own, s->root, "own");
	join_path(s->outside, s->root, "outside");
	join_path(s->socket, s->root, "socket");
	snprintf(s->abstract, sizeof(s->abstract), "coffer-probe-%d", (int)getpid());
	assert(mkdir(s->own, 0700) == 0);
	s->passed_fd = open(s->outside, O_RDWR | O_CREAT | O_EXCL, 0700);
	assert(s->passed_fd >= 0 && write(s->passed_fd, "blob", 4) == 4);
	close(s->passed_fd);
	if (root)
		assert(chown(s->own, s->uid, s->gid) == 0 &&
		       chown(s->outside, s->uid, s->gid) == 0 &&
		       chown(s->root, s->uid, s->gid) == 0);
	s->passed_fd = open(s->outside, O_RDONLY | O_CLOEXEC);
	assert(s->passed_fd >= 0);
	listen_at(s, s->socket, 0);
	listen_at(s, s->abstract, 1);
	s->victim = start_victim(s);
}

/* Nothing of what was tried may have happened. */
static int check_unharmed(struct scene *s)
{
	char bytes[8];
	int failed = 0;

	if (waitpid(s->victim, NULL, WNOHANG) != 0) {
		printf("the victim is gone\n");
		failed++;
	} else {
		kill(s->victim, SIGKILL);
		waitpid(s->victim, NULL, 0);
	}
	if (pread(s->passed_fd, bytes, sizeof(bytes), 0) != 4 || memcmp(bytes, "blob", 4) != 0) {
		printf("the passed file changed\n");
		failed++;
	}
	return failed;
}

static void clear_scene(struct scene *s)
{
	char path[SCENE_PATH_MAX];

	join_path(path, s->own, "file");
	unlink(path);
	rmdir(s->own);
	unlink(s->outside);
	unlink(s->socket);
	if (rmdir(s->root) < 0)
		printf("something is left in %s\n", s->root);
}

int main(void)
{
	struct scene s;
	int failed = 0;

	setvbuf(stdout, NULL, _IONBF, 0);
	set_scene(&s);
	failed += check(&s, PROCESS_FRONTEND_WORKER, "its only thread", run_in_worker);
	failed += check(&s, PROCESS_FRONTEND_PARENT, "its only thread", run_in_first_thread);
	failed += check(&s, PROCESS_AUTHD, "first thread", run_in_first_thread);
	failed += check(&s, PROCESS_AUTHD, "other thread", run_in_other_thread);
	failed += check(&s, PROCESS_STORED, "first thread", run_in_first_thread);
	failed += check(&s, PROCESS_STORED, "other thread", run_in_other_thread);
	failed += check_unharmed(&s);
	clear_scene(&s);
	printf("%d attempts in 6 places, %d went wrong\n", n_attempts, failed);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
