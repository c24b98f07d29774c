/* SPDX-License-Identifier: Apache-2.0 */

/* Who comes in by a door, and who does not. */

#include "stored/worker.h"
#include "tests/unit/stored/world.h"

#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct world w;

static int listen_for_workers(struct sockaddr_un *ret)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	snprintf(ret->sun_path, sizeof(ret->sun_path), "%s/door", w.dir);
	assert(fd >= 0 && bind(fd, (struct sockaddr *)ret, sizeof(*ret)) == 0);
	assert(listen(fd, 64) == 0);
	assert(door_open(&w.service.workers, &w.service, &worker_role, fd) == 0);
	return fd;
}

static int knock(const struct sockaddr_un *door)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	assert(fd >= 0 && connect(fd, (const struct sockaddr *)door, sizeof(*door)) == 0);
	return fd;
}

static void be_still(void)
{
	for (int i = 0; i < 20; i++)
		assert(service_step(&w.service, 1) == 0);
}

static void sweep_now(void)
{
	assert(w.service.workers.sweep.expired(&w.service.workers.sweep) == 0);
}

static void test_t75_who_is_not_the_frontend_is_let_go_and_told_of_once(void)
{
	struct sockaddr_un door;
	int fd, client;

	world_begin(&w);
	fd = listen_for_workers(&door);
	w.service.config.frontend_uid = geteuid() + 1;
	for (int i = 0; i < 20; i++) {
		client = knock(&door);
		be_still();
		assert(recv(client, &(char){ 0 }, 1, 0) == 0);
		close(client);
	}
	assert(sessions_count(&w.service.sessions, &worker_role) == 1 &&
	       w.service.workers.n_refused == 20);
	sweep_now();
	assert(w.service.workers.n_refused == 0);
	door_close(&w.service.workers);
	close(fd);
	world_end(&w);
}

static void test_a_connection_that_cannot_be_taken_waits_until_the_sweep(void)
{
	struct rlimit before, none;
	struct sockaddr_un door;
	int fd, client;

	world_begin(&w);
	fd = listen_for_workers(&door);
	w.service.config.frontend_uid = geteuid();
	client = knock(&door);
	assert(getrlimit(RLIMIT_NOFILE, &before) == 0);
	none = (struct rlimit){ 3, before.rlim_max };
	assert(setrlimit(RLIMIT_NOFILE, &none) == 0);
	be_still();
	assert(setrlimit(RLIMIT_NOFILE, &before) == 0);
	assert(sessions_count(&w.service.sessions, &worker_role) == 1 &&
	       w.service.workers.listener.events == 0);
	be_still();
	assert(sessions_count(&w.service.sessions, &worker_role) == 1);
	sweep_now();
	be_still();
	assert(sessions_count(&w.service.sessions, &worker_role) == 2);
	close(client);
	door_close(&w.service.workers);
	close(fd);
	world_end(&w);
}

int main(void)
{
	test_t75_who_is_not_the_frontend_is_let_go_and_told_of_once();
	test_a_connection_that_cannot_be_taken_waits_until_the_sweep();
	return 0;
}
