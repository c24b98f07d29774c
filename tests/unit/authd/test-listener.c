/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/listener.h"

#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "office.h"

#undef NDEBUG
#include <assert.h>

#define STRANGER 65534

static struct office office;

static struct sockaddr_un address_of(const char *name)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	snprintf(a.sun_path, sizeof(a.sun_path), "%s/%s", office.directory, name);
	return a;
}

/* As the launcher makes them: anybody may connect, the acceptor looks who it is. */
static int listen_on(const char *name, int type)
{
	struct sockaddr_un a = address_of(name);
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert(fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0 && listen(fd, 64) == 0);
	assert(chmod(a.sun_path, 0666) == 0);
	return fd;
}

static int dial(const char *name, int type)
{
	struct sockaddr_un a = address_of(name);
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert(fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0);
	return fd;
}

static void expect_let_in(const char *name, int type, bool let_in)
{
	int fd = dial(name, type);

	office_settle(&office);
	if (let_in)
		assert(office_silent(&office, fd));
	else
		assert(office_hung_up(&office, fd));
	close(fd);
	office_settle(&office);
}

static void expect_all(bool frontend, bool stored, bool admin)
{
	expect_let_in("frontend", SOCK_SEQPACKET, frontend);
	expect_let_in("stored", SOCK_SEQPACKET, stored);
	expect_let_in("admin", SOCK_STREAM, admin);
}

static void test_t75_each_socket_lets_its_own_peer_in(void)
{
	uid_t own = geteuid();
	bool root = own == 0;

	expect_all(true, true, true);
	office.options.frontend_uid = STRANGER;
	expect_all(false, true, true);
	office.options.frontend_uid = own;
	office.options.stored_uid = STRANGER;
	expect_all(true, false, true);
	office.options.stored_uid = own;
	office.options.admins.uids[0] = STRANGER;
	expect_all(true, true, root);
	office.options.admins.n_gids = 1;
	office.options.admins.gids[0] = getegid();
	expect_all(true, true, true);
	office.options.admins.n_gids = 0;
	office.options.admins.uids[0] = own;
}

/* Another user for real: he may connect, and hears nothing but the end. */
static void test_t75_a_stranger_is_closed_without_a_word(const char *name, int type)
{
	int line[2], result, status;
	pid_t pid;

	if (geteuid() != 0)
		return;
	assert(pipe(line) == 0);
	assert(chmod(office.directory, 0711) == 0);
	pid = fork();
	assert(pid >= 0);
	if (pid == 0) {
		char byte;
		int fd;

		if (setgroups(0, NULL) || setresgid(STRANGER, STRANGER, STRANGER) ||
		    setresuid(STRANGER, STRANGER, STRANGER))
			_exit(2);
		fd = dial(name, type);
		assert(write(line[1], "x", 1) == 1);
		assert(fcntl(fd, F_SETFL, 0) == 0);
		_exit(recv(fd, &byte, 1, 0) > 0 ? 1 : 0);
	}
	assert(read(line[0], &status, 1) == 1);
	do {
		office_settle(&office);
		result = waitpid(pid, &status, WNOHANG);
	} while (result == 0);
	assert(result == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert(office.authd.sessions.n == 0 && office.authd.storelinks.n == 0);
	assert(office.authd.admin.n == 0);
	close(line[0]);
	close(line[1]);
}

static const char *kept_denials(void)
{
	static char text[1 << 16];
	char path[128];
	ssize_t n;
	int fd;

	for (int i = 0; i < 100 && writer_waiting(office.authd.writer); i++)
		assert(authd_step(&office.authd, 10) == 0);
	snprintf(path, sizeof(path), "%s/denials.1.log", office.directory);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = read(fd, text, sizeof(text) - 1);
	assert(n >= 0);
	text[n] = '\0';
	close(fd);
	return text;
}

static void listen_anew(struct listener *l, const char *name, int type)
{
	listener_close(l);
	assert(unlink(address_of(name).sun_path) == 0);
	assert(listener_open(l, &office.authd.loop, listen_on(name, type)) == 0);
}

/* As if as much had been said as may be. */
static void use_up(struct rate *r)
{
	r->allowance.whole_ns = clock_boottime_ns() + 3600 * NS_PER_S;
}

static void be_refused(int times)
{
	office.options.frontend_uid = STRANGER;
	for (int i = 0; i < times; i++)
		expect_let_in("frontend", SOCK_SEQPACKET, false);
	office.options.frontend_uid = geteuid();
}

static void test_t75_strangers_that_were_not_told_of_are_counted_at_the_end(void)
{
	listen_anew(&office.authd.frontend, "frontend", SOCK_SEQPACKET);
	use_up(&office.authd.frontend.refusals);
	office_log_begin();
	be_refused(7);
	listen_anew(&office.authd.frontend, "frontend", SOCK_SEQPACKET);
	assert(strstr(office_log_end(), "refused-peers-not-told socket=frontend count=7\n"));
	assert(strstr(kept_denials(), "\"event\":\"refused-peers-not-told\""));
	assert(strstr(kept_denials(), "\"socket\":\"frontend\",\"count\":7}"));
}

/* Somebody waits at the socket, and there is no descriptor for him, `times` times. */
static void fail_to_accept(struct listener *l, int times)
{
	struct rlimit limit, none;
	int fd = dial(l->name, SOCK_SEQPACKET);

	assert(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	none = limit;
	none.rlim_cur = 0;
	assert(setrlimit(RLIMIT_NOFILE, &none) == 0);
	while (times--) {
		office_settle(&office);
		assert(l->pause.loop);
		loop_arm(&office.authd.loop, &l->pause, clock_boottime_ns());
	}
	assert(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	office_settle(&office);
	assert(!l->pause.loop && office_silent(&office, fd));
	close(fd);
	office_settle(&office);
}

/* A flood of strangers does not keep it back that nobody can be let in. */
static void test_t75_failures_are_told_beside_strangers(void)
{
	struct listener *l = &office.authd.frontend;
	const char *said;

	listen_anew(l, "frontend", SOCK_SEQPACKET);
	use_up(&l->refusals);
	office_log_begin();
	be_refused(3);
	fail_to_accept(l, 1);
	said = office_log_end();
	assert(strstr(said, "accept-failed socket=frontend error=EMFILE held_back=0\n"));
	assert(!strstr(said, "peer-refused"));
}

static void test_failures_that_were_not_told_of_are_counted_at_the_end(void)
{
	struct listener *l = &office.authd.frontend;
	const char *said;
	char line[80];

	listen_anew(l, "frontend", SOCK_SEQPACKET);
	use_up(&l->failures);
	office_log_begin();
	fail_to_accept(l, 4);
	assert(l->failures.held_back >= 4);
	snprintf(line, sizeof(line), "accept-failures-not-told socket=frontend count=%llu\n",
		 (unsigned long long)l->failures.held_back);
	listen_anew(l, "frontend", SOCK_SEQPACKET);
	said = office_log_end();
	assert(!strstr(said, "accept-failed "));
	assert(strstr(said, line));
}

/* More at once than one turn of the loop accepts: all are seen, those beyond the limit refused. */
static void test_a_crowd_is_let_in_up_to_the_limit(void)
{
	int fds[ADMIN_CONNECTIONS_MAX + 10];
	size_t open = 0;
	char byte;

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		fds[i] = dial("admin", SOCK_STREAM);
	for (int i = 0; i < 4; i++)
		office_settle(&office);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		open += recv(fds[i], &byte, 1, 0) < 0;
		close(fds[i]);
	}
	assert(open == ADMIN_CONNECTIONS_MAX);
	office_settle(&office);
	assert(office.authd.admin.n == 0);
	expect_let_in("admin", SOCK_STREAM, true);
}

int main(void)
{
	static const char *const names[] = { "frontend", "stored", "admin" };

	office_open(&office);
	assert(listener_open(&office.authd.frontend, &office.authd.loop,
			     listen_on("frontend", SOCK_SEQPACKET)) == 0);
	assert(listener_open(&office.authd.stored, &office.authd.loop,
			     listen_on("stored", SOCK_SEQPACKET)) == 0);
	assert(admin_listen(&office.authd.admin, listen_on("admin", SOCK_STREAM)) == 0);
	test_t75_each_socket_lets_its_own_peer_in();
	test_t75_a_stranger_is_closed_without_a_word("frontend", SOCK_SEQPACKET);
	test_t75_a_stranger_is_closed_without_a_word("stored", SOCK_SEQPACKET);
	test_t75_a_stranger_is_closed_without_a_word("admin", SOCK_STREAM);
	test_t75_strangers_that_were_not_told_of_are_counted_at_the_end();
	test_t75_failures_are_told_beside_strangers();
	test_failures_that_were_not_told_of_are_counted_at_the_end();
	test_a_crowd_is_let_in_up_to_the_limit();
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert(unlink(address_of(names[i]).sun_path) == 0);
	office_close(&office);
	return 0;
}
