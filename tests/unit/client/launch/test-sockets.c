/* SPDX-License-Identifier: Apache-2.0 */
#include "client/launch/sockets.h"

#include <sys/un.h>

#include "base/fd.h"
#include "client/launch/listeners.h"
#include "scratch.h"

static int connect_to(const char *path, int type)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	strcpy(address.sun_path, path);
	assert(fd >= 0);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return fd_close(fd);
	return fd;
}

static void test_everyone_may_connect(void)
{
	_cleanup_(fd_closep) int fd = -1, client = -1;
	struct complaint why = { 0 };

	assert(sockets_listen_unix("open.sock", SOCK_SEQPACKET, &fd, &why) == 0);
	assert(scratch_mode("open.sock") == 0666);
	client = connect_to("open.sock", SOCK_SEQPACKET);
	assert(client >= 0);
}

static void test_dead_socket_is_replaced(void)
{
	_cleanup_(fd_closep) int fd = -1;
	struct complaint why = { 0 };

	assert(sockets_listen_unix("dead.sock", SOCK_STREAM, &fd, &why) == 0);
	fd = fd_close(fd);
	assert(connect_to("dead.sock", SOCK_STREAM) < 0);
	assert(sockets_listen_unix("dead.sock", SOCK_STREAM, &fd, &why) == 0);
}

static void test_living_socket_is_not_replaced(void)
{
	_cleanup_(fd_closep) int first = -1, second = -1, client = -1;
	struct complaint why = { 0 };

	assert(sockets_listen_unix("live.sock", SOCK_SEQPACKET, &first, &why) == 0);
	assert(sockets_listen_unix("live.sock", SOCK_SEQPACKET, &second, &why) == -EADDRINUSE);
	assert(strstr(why.error, "live.sock") && second == -1);
	client = connect_to("live.sock", SOCK_SEQPACKET);
	assert(client >= 0);
}

static void test_too_long_a_path_is_explained(void)
{
	struct complaint why = { 0 };
	char path[200];
	int fd = -1;

	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert(sockets_listen_unix(path, SOCK_STREAM, &fd, &why) == -ENAMETOOLONG);
	assert(strstr(why.error, "199 bytes") && strstr(why.hint, "--data"));
}

static void test_port_0_becomes_a_real_one(void)
{
	_cleanup_(fd_closep) int fd = -1, taken = -1;
	struct address any, bound, other;
	struct complaint why = { 0 };

	assert(address_parse("127.0.0.1:0", &any));
	assert(sockets_listen_tcp("--s3", &any, &fd, &bound, &why) == 0);
	assert(bound.v4.sin_port != 0 && bound.len == sizeof(bound.v4));
	assert(sockets_listen_tcp("--rest", &bound, &taken, &other, &why) == -EADDRINUSE);
	assert(taken == -1 && strstr(why.hint, "--rest ADDRESS:PORT"));
}

static void test_listeners_are_all_or_none(void)
{
	_cleanup_(layout_close) struct layout l = LAYOUT_NONE;
	struct id own = { geteuid(), getegid() };
	struct ids ids = { .frontend = own, .authd = own, .stored = own };
	struct options o = { .n_s3 = 2, .n_rest = 1 };
	struct complaint why = { 0 };
	struct listeners s;

	assert(layout_open("d", &l, &why) == 0 && layout_prepare(&l, &ids, &why) == 0);
	assert(address_parse("127.0.0.1:0", &o.s3[0]) && address_parse("127.0.0.1:0", &o.s3[1]));
	assert(address_parse("127.0.0.1:0", &o.rest[0]));
	assert(listeners_open(&l, &o, &s, &why) == 0);
	assert(s.n_s3 == 2 && s.s3_bound[1].v4.sin_port);
	assert(s.n_rest == 1 && s.rest_bound[0].v4.sin_port);
	assert(access("d/" LISTENERS_AUTHD_ADMIN, F_OK) == 0);
	listeners_close(&s, &l);
	assert(access("d/" LISTENERS_AUTHD_ADMIN, F_OK) < 0);

	/* 192.0.2.0/24 is for documentation: no host has an address of it. */
	assert(address_parse("192.0.2.1:1", &o.rest[0]));
	assert(listeners_open(&l, &o, &s, &why) < 0);
	assert(strstr(why.error, "192.0.2.1:1"));
	assert(access("d/" LISTENERS_AUTHD_ADMIN, F_OK) < 0);
}

int main(void)
{
	_cleanup_(scratch_clear) struct scratch s = scratch_make();

	test_everyone_may_connect();
	test_dead_socket_is_replaced();
	test_living_socket_is_not_replaced();
	test_too_long_a_path_is_explained();
	test_port_0_becomes_a_real_one();
	test_listeners_are_all_or_none();
	return 0;
}
